import { recordChecks } from '../incident/record.ts';
import { openLedger } from '../incident/ledger.ts';
import { readSwitch } from '../incident/switch.ts';
import { settings } from '../runtime/settings.ts';
import { wavesOf } from '../incident/waves.ts';
import type { Input, Output, Settings } from './contract.ts';
import { checkOf, lossOf, reasonOf } from './decide.ts';
import { lookAt } from './look.ts';

/** Measure what each database would lose if the standby's copy took over now, and change nothing. */
export async function handler({ incident }: Input): Promise<Output> {
  const { ledgerBucket, databases, query } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const { site: trafficOn } = await readSwitch(ledger);
  const sights = await Promise.all(
    wavesOf(databases)
      .flat()
      .map((database) => lookAt({ ledger, database, query, trafficOn })),
  );
  const losses = sights.map(lossOf);
  const output = { databases: losses, reason: reasonOf(losses), checks: losses.map(checkOf) };
  await recordChecks(ledger, incident, 'measure-loss', output.reason, output.checks);
  return output;
}
