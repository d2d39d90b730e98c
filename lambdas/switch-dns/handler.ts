import { withEarlierTry } from '../incident/earlier-try.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import { changeRecords } from './by-records.ts';
import { throwSwitch } from './by-switch.ts';
import type { Input, Output, Settings } from './contract.ts';

/** Point the traffic at the target site, by the switch or by changing the records. */
export async function handler(input: Input): Promise<Output> {
  const all = settings<Settings>();
  const ledger = openLedger(all.ledgerBucket);
  await requireLock(ledger, input.incident);
  const output =
    all.dns.mode === 'switch'
      ? await throwSwitch(ledger, all, input)
      : await changeRecords(ledger, all.dns, input);
  const { changeIds, ...found } = output;
  const result = await withEarlierTry(ledger, input.incident, found);
  await recordStep(ledger, input.incident, result);
  return { ...result, changeIds };
}
