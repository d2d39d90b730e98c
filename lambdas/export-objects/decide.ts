import type { ClusterExport, ExportState } from '../configuration/contract.ts';

/**
 * An export that nothing has changed is written again after so long, milliseconds: it stays clear of what a rule of
 * the bucket removes for its age, and whoever looks for the newest need not look far back.
 */
const atLeastEach = 24 * 3_600_000;

/** Whether the newest export holds what the cluster holds now. */
export function isKept({ latest }: ExportState, { at, hash }: Pick<ClusterExport, 'at' | 'hash'>): boolean {
  return latest.hash === hash && Date.parse(at) - Date.parse(latest.at) < atLeastEach;
}

/** What is known after a look; undefined when it is known already. Of two runs at once, the later look counts. */
export function stateAfter(
  current: ExportState | null,
  checkedAt: string,
  latest: ExportState['latest'],
): ExportState | undefined {
  if (!current) return { checkedAt, latest };
  const next: ExportState = {
    checkedAt: current.checkedAt > checkedAt ? current.checkedAt : checkedAt,
    latest: current.latest.at > latest.at ? current.latest : latest,
  };
  const same = next.checkedAt === current.checkedAt && next.latest.key === current.latest.key;
  return same ? undefined : next;
}
