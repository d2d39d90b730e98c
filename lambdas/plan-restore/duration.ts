import type { RestoreHistory } from '../database/contract.ts';

/**
 * How long a restore will take, in seconds: the median of those that were measured, scaled by how much larger
 * the database is now where both sizes are known; until there is one, what the environment says.
 */
export function expectedSeconds(
  { restores }: RestoreHistory,
  allocatedGiB: number | null,
  otherwise: number,
): number {
  const measured = restores
    .map(({ seconds, allocatedGiB: then }) =>
      then !== null && then > 0 && allocatedGiB !== null && allocatedGiB > 0
        ? (seconds * allocatedGiB) / then
        : seconds,
    )
    .filter((seconds) => Number.isFinite(seconds) && seconds >= 0)
    .toSorted((a, b) => a - b);
  const middle = Math.floor(measured.length / 2);
  const upper = measured[middle];
  if (upper === undefined) return otherwise;
  const lower = measured.length % 2 === 0 ? (measured[middle - 1] ?? upper) : upper;
  return Math.round((lower + upper) / 2);
}
