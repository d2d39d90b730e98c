import { keepPreImageOf, toldOf, withEarlierTryOf } from '../database/earlier-try.ts';
import { advanceRecovery, readRecovery } from '../database/recovery.ts';
import type { StepResult } from '../incident/contract.ts';
import { InvalidInput, UnsafePlan } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import { swapAddress } from './by-address.ts';
import { swapName } from './by-name.ts';
import type { Input, Output, Settings } from './contract.ts';
import { refusal } from './decide.ts';
import type { Swap, Work } from './swap.ts';

const step = 'swap-database';

/**
 * Let the users of a database find another one in its place.
 *
 * The damaged one is taken away from them first, and is kept. Every state between is told from what is there, so
 * a swap that was interrupted is finished by the next call, of this incident or another.
 *
 * @throws UnsafePlan when the target is not proven, or is not what its recovery says
 */
export async function handler(input: Input): Promise<Output> {
  const { ledgerBucket, databases } = settings<Settings>();
  const { incident, database: name } = input;
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);
  const database = databases.find((each) => each.name === name);
  if (!database) throw new InvalidInput(`the environment has no database ${name}`);
  const recovery = await readRecovery(ledger, name);
  const live = incident.mode === 'live';
  const refused = live ? refusal(input, recovery) : null;
  if (refused !== null) throw new UnsafePlan(refused);

  const work: Work = {
    input,
    database,
    recoveryPoint: recovery?.recoveryPoint,
    live,
    /** On the ledger before anything is changed, so that whoever comes next goes on with it. */
    begin: async (before) => {
      await keepPreImageOf(ledger, incident, step, name, before);
      await advanceRecovery(ledger, incident, name, 'swapping');
    },
  };
  const swap = await (database.identity.by === 'rename'
    ? swapName(work)
    : swapAddress(work, database.identity));
  const found = resultOf(swap, name);
  if (!live) {
    await recordStep(ledger, incident, found);
    return { ...found, done: true };
  }
  if (!('endpoint' in swap)) {
    if (swap.state === 'changing') await recordStep(ledger, incident, found);
    return { ...found, done: false };
  }
  const told = await toldOf(ledger, incident, step, name);
  const changed = told.some(({ status }) => status === 'changed');
  await advanceRecovery(ledger, incident, name, 'swapped', {
    endpoint: swap.endpoint,
    ...(swap.keptAs ? { keptAs: swap.keptAs } : {}),
  });
  // What this incident has changed stays changed, however often it is asked: its users must read the address anew.
  const result = changed
    ? { ...found, status: 'changed' as const }
    : await withEarlierTryOf(ledger, incident, name, found);
  if (swap.state === 'changed' || !told.some(({ after }) => isEnd(after)))
    await recordStep(ledger, incident, result);
  return { ...result, done: true };
}

function isEnd(after: unknown): boolean {
  return (after as { readonly swapped?: unknown } | null)?.swapped === true;
}

function resultOf({ state, summary, before, after }: Swap, database: string): StepResult {
  const status = {
    planned: 'planned',
    waiting: 'already-there',
    there: 'already-there',
    changing: 'changed',
    changed: 'changed',
  } as const;
  return {
    step,
    status: status[state],
    summary: `${database}: ${summary}`,
    before: { database, ...before },
    after: { swapped: state === 'changed' || state === 'there', ...after },
  };
}
