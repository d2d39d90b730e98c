import type { KeptSettings, Recovery, RestoreHistory } from '../database/contract.ts';
import { hasReached } from '../database/recovery-state.ts';
import { finishRecovery, readRecovery } from '../database/recovery.ts';
import { UnsafePlan } from '../incident/errors.ts';
import { change, openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { note } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { describeFinished, withDuration } from './decide.ts';

/**
 * Remember how long the recoveries took, and close them. A second call changes nothing.
 *
 * @throws UnsafePlan for a recovery that was not swapped in: closing it would let the next one begin anew
 */
export async function handler({ incident, databases }: Input): Promise<Output> {
  const ledger = openLedger(settings<Settings>().ledgerBucket);
  await requireLock(ledger, incident);
  const recoveries = await Promise.all(databases.map((name) => readRecovery(ledger, name)));
  const finished: Recovery[] = [];
  for (const [index, recovery] of recoveries.entries()) {
    const name = String(databases[index]);
    if (!recovery || !hasReached(recovery, 'swapped')) {
      throw new UnsafePlan(
        `the recovery of ${name} is ${recovery?.phase ?? 'not begun'}: it cannot be finished`,
      );
    }
    if (incident.mode === 'live') await measure(ledger, recovery);
    finished.push(await finishRecovery(ledger, incident, name));
  }
  const summary = finished.map(describeFinished).join('; ') || 'there was no recovery to finish';
  if (incident.mode === 'live') await note(ledger, incident, { actor: 'finish-recovery', event: summary });
  return { summary };
}

async function measure(ledger: Ledger, recovery: Recovery): Promise<void> {
  const prefix = `databases/${recovery.database}`;
  const described = (await ledger.read<KeptSettings>(`${prefix}/settings.json`))?.value.described;
  const allocated = described?.['AllocatedStorage'];
  await change<RestoreHistory>(ledger, `${prefix}/restores.json`, (history) =>
    withDuration(history, recovery, typeof allocated === 'number' ? allocated : null),
  );
}
