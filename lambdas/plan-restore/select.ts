import type { Output as Assessment } from '../assess-data/contract.ts';
import type { DatabaseSettings } from '../database/contract.ts';
import { selectByName } from '../database/select.ts';
import type { IncidentRef, Site } from '../incident/contract.ts';

/** Which databases are to be restored, or why that cannot be said. */
export interface Selection {
  readonly databases: readonly DatabaseSettings[];
  /** Set when a person must say it; there are no databases then. */
  readonly problem?: string;
}

/**
 * The databases that somebody named; else those that are damaged; else, for a person who gave a time, the only one
 * there is.
 *
 * Several sound databases are not all restored because of a time without a name: each of them would lose its
 * newest writes. A plan takes all of them, because it is made in good times, too.
 *
 * @throws InvalidInput for a name that the environment does not have
 */
export function selectDatabases(
  all: readonly DatabaseSettings[],
  incident: Pick<IncidentRef, 'mode' | 'restore'>,
  { site, named, assessment }: { site: Site; named?: readonly string[]; assessment?: Assessment },
): Selection {
  const names = named ?? incident.restore?.databases;
  if (names !== undefined && names.length > 0) return { databases: selectByName(all, names) };
  if (site === 'standby') return { databases: all.filter(({ standby }) => standby.from === 'backups') };
  const damaged = (assessment?.databases ?? [])
    .filter(({ verdict }) => verdict === 'damaged')
    .map(({ database }) => database);
  if (damaged.length > 0) return { databases: selectByName(all, damaged) };
  if (all.length === 0) return { databases: [], problem: 'the environment has no database' };
  if (incident.mode === 'plan' || all.length === 1) return { databases: all };
  return {
    databases: [],
    problem: `no database is known to be damaged, and it was not said which of ${all.map(({ name }) => name).join(', ')} to restore`,
  };
}
