import type { Site } from '../incident/contract.ts';
import type { DatabasePlace, DatabaseSettings, Recovery } from './contract.ts';

/** What is said of a recovery that was read: how far it is, what it leaves in the way, where it has put a database. */

export type Phase = Recovery['phase'];

/** Of two phases with one rank neither follows the other: a database is restored, or it is promoted. */
export const rank: Readonly<Record<Phase, number>> = {
  planned: 0,
  restoring: 1,
  promoting: 1,
  restored: 2,
  promoted: 2,
  validated: 3,
  swapping: 4,
  swapped: 5,
  finished: 6,
  abandoned: 6,
};

export function recoveryKey(database: string): string {
  return `recoveries/${database}.json`;
}

export function isOver({ phase }: Pick<Recovery, 'phase'>): boolean {
  return phase === 'finished' || phase === 'abandoned';
}

/** Whether a phase has been reached. What was abandoned has reached nothing more than it had; that is not known. */
export function hasReached({ phase }: Pick<Recovery, 'phase'>, wanted: Phase): boolean {
  return phase !== 'abandoned' && rank[phase] >= rank[wanted];
}

/** What is in the way, and what a person should do about it. */
export function describeUnfinished(recovery: Recovery): string {
  const { kind, database, target, recoveryPoint, phase, incidents, site } = recovery;
  const what =
    kind === 'promotion'
      ? `a promotion of ${database} at the standby (${target.identifier})`
      : `a restore of ${database}${recoveryPoint === undefined ? '' : ` to ${recoveryPoint}`} into ${target.identifier}`;
  return [
    `${what} was begun by ${incidents[0] ?? 'an incident'} and is not over: it is ${phase}.`,
    `To finish it, start incident with ${finishingInput(kind, site, recoveryPoint)}.`,
    hasReached(recovery, 'swapping')
      ? 'Do not abandon it: users may be between the two already.'
      : `To abandon it, set "phase" to "abandoned" in ${recoveryKey(database)} on the ledger; ` +
        `${target.identifier} stays until you delete it.`,
  ].join(' ');
}

function finishingInput(kind: Recovery['kind'], site: Site, recoveryPoint: string | undefined): string {
  if (kind === 'promotion' || site === 'standby') return '{"scenario":"site-failure"}';
  return recoveryPoint === undefined
    ? '{"scenario":"data-corruption"}'
    : `{"scenario":"data-corruption","recoverTo":"${recoveryPoint}"}`;
}

/**
 * Which instance or cluster a site uses now: the environment's, unless a restore has put another in its place.
 *
 * A recovery that has not got so far, or was abandoned, tells it by its source. One that takes over the name of
 * the damaged one is found under the environment's identifier again.
 */
export function currentPlace(
  database: Pick<DatabaseSettings, 'primary' | 'standby' | 'identity'>,
  site: Site,
  recovery: Recovery | null,
): DatabasePlace {
  const { region, identifier } = database[site];
  const configured = { region, identifier };
  if (!recovery || database.identity.by === 'rename') return configured;
  if (recovery.site !== site) return site === 'primary' ? recovery.source : configured;
  if (hasReached(recovery, 'swapped')) return recovery.target;
  return site === 'primary' ? recovery.source : configured;
}
