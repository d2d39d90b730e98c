import type { NodeGroupTarget } from '../scale-workloads/contract.ts';

/** How many nodes a node group should have. Pure. */

export interface NodeCounts {
  readonly min: number;
  readonly desired: number;
  readonly max: number;
}

/**
 * The counts a node group should have, or null when it has them.
 *
 * Only ever raises: lowering the desired size ends nodes without honouring disruption budgets (aws-facts §0),
 * and more than the target may be there for a reason that we do not know.
 */
export function raisedCounts(target: NodeGroupTarget, observed: NodeCounts): NodeCounts | null {
  const min = Math.max(observed.min, target.min);
  const desired = Math.max(observed.desired, target.desired, min);
  const max = Math.max(observed.max, target.max, desired);
  return min === observed.min && desired === observed.desired && max === observed.max
    ? null
    : { min, desired, max };
}

/**
 * The token that makes the same update of the same incident one update, however often it is asked for. The
 * counts belong to it: EKS refuses a known token with other parameters.
 */
export function requestToken(incidentId: string, epoch: number, group: string, counts: NodeCounts): string {
  return `${incidentId}.${epoch}.${group}.${counts.min}-${counts.desired}-${counts.max}`;
}
