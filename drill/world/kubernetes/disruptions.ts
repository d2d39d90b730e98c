import type { Clock } from '../../clock.ts';
import { withCondition } from './conditions.ts';
import type { Recorder } from './events.ts';
import { kinds } from './kinds.ts';
import { isReady, ownerOf, timestamp, type DisruptionBudget, type Pod } from './objects.ts';
import { controllerLag } from './pods.ts';
import { selects } from './selectors.ts';
import { Refusal } from './status.ts';
import type { Store } from './store.ts';

/** The controller of PodDisruptionBudgets, and the evictions that they allow. */
export class Disruptions {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #record: Recorder;
  readonly #planned = new Set<string>();

  constructor(clock: Clock, store: Store, record: Recorder) {
    this.#clock = clock;
    this.#store = store;
    this.#record = record;
    store.onEvent(({ kind, object }) => {
      if (kind === kinds.disruptionBudgets || kind === kinds.pods || kind === kinds.deployments) {
        this.#plan(object.metadata.namespace ?? '');
      }
    });
  }

  reconcileAll(): void {
    for (const budget of this.#store.list(kinds.disruptionBudgets)) this.#report(budget);
  }

  /**
   * Take a pod away, as its budgets allow. One that is not ready serves nobody: it may go (`IfHealthyBudget`) when the
   * rest is as healthy as it should be.
   *
   * @throws Refusal 404 without such a pod; 429 when a budget does not allow it, 500 when two select it
   */
  evict(namespace: string, name: string, dryRun: boolean): void {
    const pod = this.#store.need(kinds.pods, namespace, name);
    const budgets = this.#store
      .list(kinds.disruptionBudgets, namespace)
      .filter(({ spec }) => selects(spec.selector, pod.metadata.labels));
    if (budgets.length > 1) {
      const message =
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
      throw new Refusal(500, 'InternalError', message);
    }
    for (const budget of budgets) this.#requireAllowed(pod, budget);
    if (dryRun) return;
    this.#record(
      pod,
      'Normal',
      'Killing',
      `Stopping container ${pod.spec.containers.map((each) => each.name).join()}`,
    );
    this.#store.delete(kinds.pods, namespace, name);
    for (const budget of budgets) this.#report(budget);
  }

  #requireAllowed(pod: Pod, budget: DisruptionBudget): void {
    const { disruptionsAllowed, currentHealthy, desiredHealthy } = this.#statusOf(budget);
    const unhealthy = !isReady(pod);
    if (disruptionsAllowed > 0 || (unhealthy && currentHealthy >= desiredHealthy && desiredHealthy > 0))
      return;
    const { name } = budget.metadata;
    throw new Refusal(
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
          },
        ],
      },
    );
  }

  #plan(namespace: string): void {
    if (this.#planned.has(namespace)) return;
    this.#planned.add(namespace);
    this.#clock.at(this.#clock.now() + controllerLag, () => {
      this.#planned.delete(namespace);
      for (const budget of this.#store.list(kinds.disruptionBudgets, namespace)) this.#report(budget);
    });
  }

  #report(budget: DisruptionBudget): void {
    const counts = this.#statusOf(budget);
    const allowed = counts.disruptionsAllowed > 0;
    const conditions = withCondition(
      budget.status.conditions,
      {
        type: 'DisruptionAllowed',
        status: allowed ? 'True' : 'False',
        reason: allowed ? 'SufficientPods' : 'InsufficientPods',
        message: '',
      },
      timestamp(this.#clock.now()),
    );
    const status = { ...counts, conditions, observedGeneration: budget.metadata.generation ?? 1 };
    this.#store.update(kinds.disruptionBudgets, { ...budget, status });
  }

  #statusOf({ metadata, spec }: DisruptionBudget) {
    const pods = this.#store
      .list(kinds.pods, metadata.namespace)
      .filter((pod) => selects(spec.selector, pod.metadata.labels));
    const currentHealthy = pods.filter(isReady).length;
    const { minAvailable, maxUnavailable } = spec;
    const expectedPods =
      typeof minAvailable === 'number' ? pods.filter(isLiving).length : this.#wantedOf(pods);
    const desiredHealthy =
      maxUnavailable === undefined
        ? scaled(minAvailable ?? 1, expectedPods)
        : Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods));
    const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    return { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods };
  }

  /** Replicas that the controllers of these pods are asked for. */
  #wantedOf(pods: readonly Pod[]): number {
    const wanted = new Map<string, number>();
    for (const pod of pods) {
      const { namespace } = pod.metadata;
      const set = this.#store.get(kinds.replicaSets, namespace, ownerOf(pod)?.name ?? '');
      const deployment = set && this.#store.get(kinds.deployments, namespace, ownerOf(set)?.name ?? '');
      if (deployment) wanted.set(deployment.metadata.uid, deployment.spec.replicas);
      else if (set) wanted.set(set.metadata.uid, set.spec.replicas);
    }
    return [...wanted.values()].reduce((sum, each) => sum + each, 0);
  }
}

function isLiving({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined;
}

/** A percentage is rounded up, for both bounds (Kubernetes, "Specifying a Disruption Budget"). */
function scaled(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * of);
}
