import { isDeepStrictEqual } from 'node:util';
import type { IncidentRef } from '../incident/contract.ts';
import { UnsafePlan } from '../incident/errors.ts';
import { change, type Ledger } from '../incident/ledger.ts';
import type { Recovery } from './contract.ts';
import { describeUnfinished, isOver, rank, recoveryKey, type Phase } from './recovery-state.ts';

/** A restore or a promotion that outlives its incident: `recoveries/<database>.json`. */

/** What a recovery is, from its beginning; it never becomes another. */
export type Begun = Pick<Recovery, 'kind' | 'database' | 'site' | 'source' | 'target' | 'recoveryPoint'>;

/** What becomes known as it goes on. */
export type Known = Partial<Pick<Recovery, 'endpoint' | 'keptAs'>>;

/** The last recovery of a database, over or not; null when there never was one. */
export async function readRecovery(ledger: Ledger, database: string): Promise<Recovery | null> {
  return (await ledger.read<Recovery>(recoveryKey(database)))?.value ?? null;
}

/**
 * The recovery of a database, as it was begun by this incident or by one before, with this incident on it.
 *
 * In mode plan nothing is written: the answer is what a live run would have on the ledger.
 *
 * @throws UnsafePlan when another one of the same database is not over: two at once would leave two databases
 *   that both are said to be the right one
 */
export async function beginRecovery(
  ledger: Ledger,
  incident: IncidentRef,
  begun: Begun,
  now: string = new Date().toISOString(),
): Promise<Recovery> {
  const next = (current: Recovery | null): Recovery | undefined => {
    const same = current !== null && isSame(current, begun);
    if (current && same && (!isOver(current) || current.incidents.includes(incident.id))) {
      return joined(current, incident.id, now);
    }
    if (current && !isOver(current)) throw new UnsafePlan(describeUnfinished(current));
    return { ...begun, incidents: [incident.id], startedAt: now, phase: 'planned', updatedAt: now };
  };
  return write(ledger, incident, begun.database, next);
}

/**
 * Say how far a recovery has come. Never back: a step that is done again, after a later one has been, changes
 * nothing, and what it says is kept only where nothing was known.
 *
 * In mode plan nothing is written.
 *
 * @throws UnsafePlan when there is none, or a person has abandoned it: nothing may go on with it
 */
export async function advanceRecovery(
  ledger: Ledger,
  incident: IncidentRef,
  database: string,
  phase: Phase,
  more: Known = {},
  now: string = new Date().toISOString(),
): Promise<Recovery> {
  const next = (current: Recovery | null): Recovery | undefined => {
    if (!current) {
      throw new UnsafePlan(`no recovery of ${database} was begun: there is no ${recoveryKey(database)}`);
    }
    if (current.phase === 'abandoned' && phase !== 'abandoned') {
      throw new UnsafePlan(
        `the recovery of ${database} into ${current.target.identifier} was abandoned by a person: it does not go on`,
      );
    }
    const further = rank[phase] > rank[current.phase];
    const known = rank[phase] >= rank[current.phase] ? { ...current, ...more } : { ...more, ...current };
    const after = {
      ...known,
      ...(further ? { phase } : {}),
      ...(further && phase === 'restored' ? { restoredAt: now } : {}),
    };
    const same = isDeepStrictEqual(after, current);
    return joined(after, incident.id, now) ?? (same ? undefined : { ...after, updatedAt: now });
  };
  return write(ledger, incident, database, next);
}

/** Make room for the next recovery of a database, which has what it needs. */
export function finishRecovery(
  ledger: Ledger,
  incident: IncidentRef,
  database: string,
  now?: string,
): Promise<Recovery> {
  return advanceRecovery(ledger, incident, database, 'finished', {}, now);
}

async function write(
  ledger: Ledger,
  incident: IncidentRef,
  database: string,
  next: (current: Recovery | null) => Recovery | undefined,
): Promise<Recovery> {
  if (incident.mode === 'plan') {
    const current = await readRecovery(ledger, database);
    const wanted = next(current) ?? current;
    if (!wanted) throw new Error(`there is nothing to write to ${recoveryKey(database)}`);
    return wanted;
  }
  const after = await change<Recovery>(ledger, recoveryKey(database), next);
  if (!after) throw new Error(`${recoveryKey(database)} is not there although it was written`);
  return after;
}

/** With the incident on it; undefined when it is there already. */
function joined(recovery: Recovery, id: string, now: string): Recovery | undefined {
  if (recovery.incidents.includes(id)) return undefined;
  return { ...recovery, incidents: [...recovery.incidents, id], updatedAt: now };
}

function isSame(current: Recovery, begun: Begun): boolean {
  return (
    current.kind === begun.kind &&
    current.site === begun.site &&
    isDeepStrictEqual(current.target, begun.target)
  );
}
