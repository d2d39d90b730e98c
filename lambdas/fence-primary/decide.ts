import type { DatabaseSettings, Lease } from '../database/contract.ts';
import type { StepResult } from '../incident/contract.ts';
import type { Output } from './contract.ts';

/** A lease as it was found and as it stands now. */
export interface Fenced {
  readonly database: string;
  readonly before: Lease | null;
  readonly after: Lease | null;
  readonly changed: boolean;
  /** Milliseconds since the epoch: from then on no writer that keeps to it writes. */
  readonly safeAt: number;
}

/** The latest of them; now when there is no lease to wait for. ISO 8601. */
export function safeAtOf(fenced: readonly Fenced[], now: number): string {
  return new Date(Math.max(now, ...fenced.map(({ safeAt }) => safeAt))).toISOString();
}

/** `took the lease of erlmcp away; orders has none; safe from 12:10:40 on`. */
export function summarise(
  status: StepResult['status'],
  databases: readonly DatabaseSettings[],
  fenced: readonly Fenced[],
  safeAt: string,
  extra: Output['extra'],
): string {
  const taken = fenced.filter(({ changed }) => changed).map(({ database }) => database);
  const gone = fenced.filter(({ changed, after }) => !changed && after?.holder === 'nobody');
  const given = fenced.filter(({ after }) => after?.holder === 'standby');
  const none = databases.filter(({ lease }) => !lease);
  const held = extra.filter((each) => each.held === true).length;
  const listed = (items: readonly string[]) => items.join(', ');
  return [
    ...(taken.length > 0
      ? [`${status === 'planned' ? 'would take' : 'took'} the lease of ${listed(taken)} away`]
      : []),
    ...(gone.length > 0
      ? [`the lease of ${listed(gone.map(({ database }) => database))} is nobody's already`]
      : []),
    ...(given.length > 0
      ? [`the standby holds the lease of ${listed(given.map(({ database }) => database))}`]
      : []),
    ...(none.length > 0 ? [`${listed(none.map(({ name }) => name))}: no lease to take away`] : []),
    ...(extra.length > 0 ? [`${held} of ${extra.length} other fences are known to hold`] : []),
    ...(status === 'planned' ? [] : [`safe from ${safeAt} on`]),
  ].join('; ');
}
