import type { KubeDisruptionBudget, KubePod } from '../aws/kubernetes-workload-objects.ts';
import { isReady, mayTakeAway, wantedOf, waitingOf, type Workload } from '../workloads/rollout.ts';
import { matches } from '../workloads/selectors.ts';

export type BudgetSays = { readonly says: 'go' } | { readonly says: 'wait' | 'never'; readonly why: string };

/** A pod that is not ready for longer is not just starting, milliseconds. */
export const startingTime = 120_000;

const go: BudgetSays = { says: 'go' };

/**
 * Whether a deployment's PodDisruptionBudgets let it be restarted now.
 *
 * Kubernetes asks budgets before evictions only; a rollout keeps to the deployment's own strategy. So a restart
 * itself respects them, in this way:
 *
 * - A budget that allows a disruption, or that the strategy keeps by itself because it never takes so many pods away
 *   (`maxUnavailable: 0`), lets it go on.
 * - One that allows none because this deployment's own pods do not become ready lets it go on, too: that is what the
 *   restart is to cure, and waiting would wait for the cure. The rollout ends pods that are not ready first.
 * - One that allows none because a pod has just gone (a node is being drained) or another deployment's pods are away
 *   is waited for.
 * - One that allows none although all its pods are healthy never will: that is refused, and a person decides.
 */
export function budgetSays(
  workload: Workload,
  budgets: readonly KubeDisruptionBudget[],
  now: number,
): BudgetSays {
  const { deployment } = workload;
  const labels = deployment.spec.template.metadata?.labels ?? {};
  const pods = workload.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const unready = pods.filter((pod) => !isReady(pod));
  const kept = wantedOf(deployment) - mayTakeAway(deployment);
  const blocking = budgets
    .filter(({ spec }) => matches(spec?.selector, labels))
    .filter(({ status }) => (status?.disruptionsAllowed ?? 0) === 0)
    .filter(({ status: { desiredHealthy = 0, expectedPods = 0 } = {} }) => {
      const others = Math.max(0, expectedPods - wantedOf(deployment));
      return desiredHealthy > kept + others;
    });
  const first = blocking[0];
  if (!first || isUnhealthy(unready, now)) return go;
  const never = blocking.find(
    ({ status: { desiredHealthy = 0, expectedPods = 0, currentHealthy = 0 } = {} }) =>
      desiredHealthy >= expectedPods && currentHealthy >= expectedPods,
  );
  const { name } = (never ?? first).metadata;
  return never
    ? {
        says: 'never',
        why:
          `its PodDisruptionBudget ${name} allows no pod to be away, and its strategy takes ${mayTakeAway(deployment)} ` +
          `away at a time: set maxUnavailable of the strategy to 0 (and maxSurge to 1), or let the budget allow one`,
      }
    : { says: 'wait', why: `its PodDisruptionBudget ${name} allows no disruption now` };
}

/** Some pod is not only starting. */
function isUnhealthy(unready: readonly KubePod[], now: number): boolean {
  return waitingOf(unready).length > 0 || unready.some((pod) => unreadyFor(pod, now) > startingTime);
}

/** For how long a pod has not been ready, milliseconds. */
export function unreadyFor({ metadata, status }: KubePod, now: number): number {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  const since = condition?.lastTransitionTime ?? metadata.creationTimestamp;
  return since === undefined ? 0 : now - Date.parse(since);
}
