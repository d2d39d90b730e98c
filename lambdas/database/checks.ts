import { change, type Ledger } from '../incident/ledger.ts';
import type { CheckHistory } from './contract.ts';

/** One scheduled look at a database. */
export type CheckResult = CheckHistory['results'][number];

/** A day and a bit, at one a minute. */
const kept = 1_500;

/** `databases/<name>/checks.json` */
function checksKey(database: string): string {
  return `databases/${database}/checks.json`;
}

/** Newest first; empty when the database was never looked at. */
export async function readChecks(ledger: Ledger, database: string): Promise<CheckHistory> {
  return (await ledger.read<CheckHistory>(checksKey(database)))?.value ?? { results: [] };
}

/** Keep what was found. A retry, whose result has the same time, changes nothing. */
export async function keepCheck(ledger: Ledger, database: string, result: CheckResult): Promise<void> {
  await change<CheckHistory>(ledger, checksKey(database), (current) => {
    const results = current?.results ?? [];
    if (results.some(({ at }) => at === result.at)) return undefined;
    return {
      results: [result, ...results].toSorted((one, other) => other.at.localeCompare(one.at)).slice(0, kept),
    };
  });
}
