import type { AutoscalerState } from '../aws/capacity.ts';
import type { DeploymentTarget } from './contract.ts';

/**
 * The replica count to set, or null to leave it.
 *
 * A deployment with an autoscaler is left to it, except at zero, where an autoscaler is switched off and
 * would never start (aws-facts §5).
 */
export function raisedReplicas(target: DeploymentTarget, replicas: number): number | null {
  if (replicas >= target.replicas) return null;
  if (target.autoscaler !== undefined && replicas > 0) return null;
  return target.replicas;
}

/** The autoscaler's bounds with its floor at the target, or null to leave them. Never lowers either. */
export function raisedBounds(target: DeploymentTarget, bounds: AutoscalerState): AutoscalerState | null {
  if (bounds.minReplicas >= target.replicas) return null;
  return { minReplicas: target.replicas, maxReplicas: Math.max(bounds.maxReplicas, target.replicas) };
}

/** A deployment as it was found, with the bounds of its autoscaler when it has one. */
export interface Workload {
  readonly name: string;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly bounds?: AutoscalerState;
}

/** What would be raised, or null when nothing is lacking. */
export function planned(
  target: DeploymentTarget,
  { replicas, bounds }: Workload,
): Partial<Pick<Workload, 'replicas' | 'bounds'>> | null {
  const count = raisedReplicas(target, replicas);
  const raised = bounds ? raisedBounds(target, bounds) : null;
  if (count === null && raised === null) return null;
  return { ...(count !== null && { replicas: count }), ...(raised && { bounds: raised }) };
}

/** `raised erlmcp to 3 replicas`. */
export function summarise(
  status: 'changed' | 'already-there' | 'planned',
  targets: readonly DeploymentTarget[],
): string {
  if (status === 'already-there') return 'every deployment has what the standby needs';
  const list = targets.map(({ name, replicas, autoscaler }) =>
    autoscaler === undefined
      ? `${name} to ${replicas} replicas`
      : `the floor of ${name} to ${replicas} replicas`,
  );
  return `${status === 'changed' ? 'raised' : 'would raise'} ${list.join(', ')}`;
}
