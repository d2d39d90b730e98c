import type { CheckHistory, DatabasePlace, DatabaseSettings } from '../database/contract.ts';
import type { Site } from '../incident/contract.ts';

/** A database as RDS describes it, as far as its backups go. */
export interface Backups {
  /** Days that automated backups are kept; null when RDS does not say. */
  readonly retentionDays: number | null;
  readonly isReplica: boolean;
}

/**
 * What would make a recovery impossible on the day, in a sentence; null when there is nothing.
 *
 * A replica may do without backups of its own until it is promoted, which gives it some.
 */
export function lacking(
  { name }: Pick<DatabaseSettings, 'name'>,
  site: Site,
  { identifier }: DatabasePlace,
  found: Backups | null,
): string | null {
  if (!found) {
    return site === 'primary' ? `${name}: there is no ${identifier} at the ${site}` : null;
  }
  if (found.isReplica || (found.retentionDays ?? 1) > 0) return null;
  return `${name}: automated backups of ${identifier} are off, so it cannot be restored to a point in time; set a backup retention period`;
}

/** Whether RDS is to be told to copy backups to the standby's region. */
export function wantsCopies(
  { kind, standby }: Pick<DatabaseSettings, 'kind' | 'standby'>,
  copied: { readonly status: string } | null,
): boolean {
  return kind === 'instance' && standby.from === 'backups' && copied === null;
}

/** Milliseconds: as long as this a region or a database may be out of reach without a word from here. */
const blindFor = 3_600_000;

/** Said when a database has been watched, and for an hour nothing could be told of its data; null otherwise. */
export function blind(
  { name }: Pick<DatabaseSettings, 'name'>,
  { results }: CheckHistory,
  now: number,
): string | null {
  const [newest] = results;
  if (!newest) return null;
  const told = results.find(({ held }) => held !== 'unknown');
  if (told && now - Date.parse(told.at) < blindFor) return null;
  const since = told ? `since ${told.at}` : 'ever';
  return `${name}: its consistency queries could not be told ${since}: ${newest.failing.join('; ')}`;
}
