import type { Deployment } from './objects.ts';

/** A ReplicaSet as the rollout sees it. */
interface SetCounts {
  /** Replicas it is asked for. */
  readonly wanted: number;
  readonly pods: number;
  readonly ready: number;
}

/** How many replicas the new set and each old one, oldest first, should have now. */
interface NextStep {
  readonly current: number;
  readonly old: readonly number[];
}

/**
 * One step from the old pods to the new ones, as the Deployment controller takes it: never more than
 * `maxSurge` above the wanted count, never more than `maxUnavailable` below it.
 */
export function nextStep(spec: Deployment['spec'], current: SetCounts, old: readonly SetCounts[]): NextStep {
  const desired = spec.replicas;
  if (spec.strategy.type === 'Recreate') {
    const gone = old.every(({ pods }) => pods === 0);
    return { current: gone ? desired : current.wanted, old: old.map(() => 0) };
  }
  const { surge, unavailable } = bounds(spec);
  const oldWanted = sum(old.map(({ wanted }) => wanted));
  const grown = Math.max(current.wanted, Math.min(desired, desired + surge - oldWanted));
  const next = oldWanted === 0 ? desired : Math.min(grown, desired);

  const minAvailable = desired - unavailable;
  const newUnavailable = next - current.ready;
  const oldReady = sum(old.map(({ ready }) => ready));
  const mayGo = Math.max(0, next + oldWanted - minAvailable - newUnavailable);
  const unhealthy = Math.min(oldWanted - Math.min(oldReady, oldWanted), mayGo);
  const healthy = Math.max(0, Math.min(oldReady, oldReady + current.ready - minAvailable));
  let leaving = Math.min(oldWanted, unhealthy + healthy);
  const remaining = old.map(({ wanted }) => {
    const less = Math.min(wanted, leaving);
    leaving -= less;
    return wanted - less;
  });
  return { current: next, old: remaining };
}

/** `maxSurge` rounds up, `maxUnavailable` down; both zero would never move, so one may then be missing. */
export function bounds({ replicas, strategy }: Deployment['spec']): {
  readonly surge: number;
  readonly unavailable: number;
} {
  if (strategy.type === 'Recreate') return { surge: 0, unavailable: replicas };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy.rollingUpdate ?? {};
  const surge = share(maxSurge, replicas, Math.ceil);
  const unavailable = Math.min(replicas, share(maxUnavailable, replicas, Math.floor));
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function share(value: number | string, of: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * of);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
