import { openLedger } from '../incident/ledger.ts';
import { readLock } from '../incident/lock.ts';
import { recordChecks } from '../incident/record.ts';
import { readSwitch } from '../incident/switch.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { decideFailover } from './decide.ts';

/** The gate: go or stop, and why, on the record before anything moves. */
export async function handler({ incident, assessment, standby }: Input): Promise<Output> {
  const { ledgerBucket, cooldownSeconds } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const [lock, { site }] = await Promise.all([readLock(ledger), readSwitch(ledger)]);
  const output = decideFailover({
    assessment,
    standby,
    startedBy: incident.startedBy,
    lastRecoveryAt: lock?.lastRecoveryAt ?? null,
    cooldownSeconds,
    trafficOn: site,
    now: Date.now(),
    mode: incident.mode,
  });
  await recordChecks(
    ledger,
    incident,
    'decide-failover',
    `${output.decision}: ${output.reason}`,
    output.checks,
  );
  return output;
}
