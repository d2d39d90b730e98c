import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { decidePromotion } from './decide.ts';

/** The gate before a promotion, on the record before anything is promoted. */
export async function handler({ incident, losses }: Input): Promise<Output> {
  const { ledgerBucket, databases, approval, approvalSeconds } = settings<Settings>();
  const { severity, rpoSeconds, mode } = incident;
  const output = decidePromotion({
    losses: losses.databases,
    databases,
    severity,
    rpoSeconds,
    approval: approval[severity],
    approvalSeconds,
    mode,
  });
  await recordChecks(
    openLedger(ledgerBucket),
    incident,
    'decide-promotion',
    `${output.decision}: ${output.reason}`,
    output.checks,
  );
  return output;
}
