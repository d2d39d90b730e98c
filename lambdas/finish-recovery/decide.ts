import type { Recovery, RestoreHistory } from '../database/contract.ts';

const kept = 50;

/**
 * The measured durations with that of this restore; undefined when it is there already, or was not measured.
 *
 * @param history null when nothing was restored before
 */
export function withDuration(
  history: RestoreHistory | null,
  { kind, startedAt, restoredAt }: Pick<Recovery, 'kind' | 'startedAt' | 'restoredAt'>,
  allocatedGiB: number | null,
): RestoreHistory | undefined {
  if (kind !== 'restore' || restoredAt === undefined) return undefined;
  const restores = history?.restores ?? [];
  if (restores.some(({ at }) => at === restoredAt)) return undefined;
  const seconds = secondsBetween(startedAt, restoredAt);
  if (seconds === null) return undefined;
  return { restores: [{ at: restoredAt, seconds, allocatedGiB }, ...restores].slice(0, kept) };
}

/** One sentence about what users have now. */
export function describeFinished(recovery: Recovery): string {
  const { kind, database, site, target, recoveryPoint, startedAt, restoredAt, source, keptAs } = recovery;
  if (kind === 'promotion') return `${database} is served by ${target.identifier}`;
  const loss = recoveryPoint === undefined ? null : secondsBetween(recoveryPoint, startedAt);
  const took = restoredAt === undefined ? null : secondsBetween(startedAt, restoredAt);
  return [
    `${database} is back from ${recoveryPoint ?? 'an unknown time'} as ${target.identifier}`,
    ...(loss === null ? [] : [`, ${loss} s before its restore began`]),
    ...(took === null ? [] : [`, which took ${took} s`]),
    // What the standby restores was lost with its region.
    ...(site === 'standby' ? [] : [`; the damaged one is kept as ${(keptAs ?? source).identifier}`]),
  ].join('');
}

/** Whole seconds, never below 0; null when a time cannot be read. */
function secondsBetween(from: string, to: string): number | null {
  const seconds = Math.round((Date.parse(to) - Date.parse(from)) / 1_000);
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
