import type { NodeCounts } from '../aws/node-counts.ts';

/** `raised workers to 2 nodes (min 2, max 4)`. */
export function summarise(
  status: 'changed' | 'already-there' | 'planned',
  groups: readonly { readonly name: string; readonly counts: NodeCounts }[],
): string {
  if (status === 'already-there') return 'every node group has what the standby needs';
  const list = groups.map(
    ({ name, counts: { min, desired, max } }) => `${name} to ${desired} nodes (min ${min}, max ${max})`,
  );
  return `${status === 'changed' ? 'raised' : 'would raise'} ${list.join(', ')}`;
}
