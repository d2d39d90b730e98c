import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { decide } from './decide.ts';

const step = 'decide-configuration';

/** Whether the restore that was planned may go ahead, and what to ask a person if it may not by itself. */
export async function handler(input: Input): Promise<Output> {
  const { ledgerBucket, limits, always, approvalSeconds } = settings<Settings>();
  const decision = decide(input, limits, always);
  await recordChecks(
    openLedger(ledgerBucket),
    input.incident,
    step,
    `${decision.decision}: ${decision.reason}`,
    [
      {
        name: 'decide/the restore is within its limits',
        held: decision.decision === 'go',
        evidence: decision.reason,
      },
    ],
  );
  return { ...decision, approvalSeconds };
}
