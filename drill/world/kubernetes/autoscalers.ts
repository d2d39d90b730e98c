import type { Clock } from '../../clock.ts';
import { withCondition } from './conditions.ts';
import type { Recorder } from './events.ts';
import { kinds } from './kinds.ts';
import { timestamp, type Autoscaler, type Condition, type Deployment } from './objects.ts';
import type { Store } from './store.ts';

/** How often the controller looks (kube-controller-manager's --horizontal-pod-autoscaler-sync-period). */
const SYNC_PERIOD = 15_000;
/** How long it waits before it removes pods, seconds (default stabilizationWindowSeconds of scaleDown). */
const SCALE_DOWN_WINDOW = 300;

/**
 * The HorizontalPodAutoscaler controller: every 15 seconds it overwrites the count of its deployment.
 *
 * There are no metrics here; the load is a number of replicas that it would take, told by `setDemand`. The
 * count it wants is that number within its bounds: more at once, fewer after the stabilization window.
 */
export class Autoscalers {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #record: Recorder;
  readonly #start: number;
  readonly #demand = new Map<string, number>();
  /** Since when fewer replicas would do, by autoscaler. */
  readonly #fewerSince = new Map<string, number>();
  #plannedFor: number | undefined;

  constructor(clock: Clock, store: Store, record: Recorder) {
    this.#clock = clock;
    this.#store = store;
    this.#record = record;
    this.#start = clock.now();
    store.onEvent(({ kind, type }) => {
      if ((kind === kinds.autoscalers || kind === kinds.deployments) && type !== 'DELETED') this.#planNext();
    });
  }

  /** Replicas that the load on a deployment takes. */
  setDemand(namespace: string, autoscaler: string, replicas: number): void {
    this.#demand.set(`${namespace}/${autoscaler}`, replicas);
    this.#planNext();
  }

  /** Look now, as every 15 seconds. */
  sync(): void {
    for (const autoscaler of this.#store.list(kinds.autoscalers)) this.#sync(autoscaler);
  }

  /** Ticks keep their rhythm, but one where nothing changed since the last is left out: nothing would happen. */
  #planNext(): void {
    if (this.#store.list(kinds.autoscalers).length === 0) return;
    const ticks = Math.floor((this.#clock.now() - this.#start) / SYNC_PERIOD) + 1;
    this.#plan(this.#start + ticks * SYNC_PERIOD);
  }

  #plan(time: number): void {
    if (this.#plannedFor !== undefined && this.#plannedFor <= time) return;
    this.#plannedFor = time;
    this.#clock.at(time, () => {
      if (this.#plannedFor === time) this.#plannedFor = undefined;
      this.sync();
    });
  }

  #sync(autoscaler: Autoscaler): void {
    const { metadata, spec } = autoscaler;
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    const target = this.#store.get(kinds.deployments, metadata.namespace, spec.scaleTargetRef.name);
    if (!target) {
      const message = `the HPA controller was unable to get the target's current scale: deployments.apps "${spec.scaleTargetRef.name}" not found`;
      this.#report(autoscaler, 0, 0, {
        type: 'AbleToScale',
        status: 'False',
        reason: 'FailedGetScale',
        message,
      });
      return;
    }
    const current = target.spec.replicas;
    if (current === 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      this.#report(autoscaler, 0, 0, {
        type: 'ScalingActive',
        status: 'False',
        reason: 'ScalingDisabled',
        message,
      });
      return;
    }
    const demand = this.#demand.get(key) ?? spec.minReplicas;
    const desired = Math.min(spec.maxReplicas, Math.max(spec.minReplicas, demand));
    const next = desired < current ? this.#scaleDown(key, spec, current, desired) : desired;
    if (desired >= current) this.#fewerSince.delete(key);
    if (next !== current) this.#scale(autoscaler, target, next);
    const limited = demand < spec.minReplicas || demand > spec.maxReplicas;
    this.#report(autoscaler, target.status.replicas ?? 0, next, {
      type: 'ScalingLimited',
      status: limited ? 'True' : 'False',
      reason:
        demand > spec.maxReplicas ? 'TooManyReplicas' : limited ? 'TooFewReplicas' : 'DesiredWithinRange',
    });
  }

  /** Above the maximum it goes down at once; within the bounds only after the window, and never if disabled. */
  #scaleDown(
    key: string,
    { maxReplicas, behavior }: Autoscaler['spec'],
    current: number,
    desired: number,
  ): number {
    const within = Math.min(current, maxReplicas);
    const policy = behavior?.scaleDown;
    if (policy?.selectPolicy === 'Disabled') return within;
    const now = this.#clock.now();
    const since = this.#fewerSince.get(key) ?? now;
    this.#fewerSince.set(key, since);
    const until = since + (policy?.stabilizationWindowSeconds ?? SCALE_DOWN_WINDOW) * 1000;
    if (now < until) {
      const ticks = Math.ceil((until - this.#start) / SYNC_PERIOD);
      this.#plan(this.#start + ticks * SYNC_PERIOD);
      return within;
    }
    this.#fewerSince.delete(key);
    return desired;
  }

  #scale(autoscaler: Autoscaler, target: Deployment, replicas: number): void {
    this.#store.update(kinds.deployments, { ...target, spec: { ...target.spec, replicas } });
    this.#store.update(kinds.autoscalers, {
      ...autoscaler,
      status: { ...autoscaler.status, lastScaleTime: timestamp(this.#clock.now()) },
    });
    this.#record(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}`);
  }

  #report(
    { metadata }: Autoscaler,
    currentReplicas: number,
    desiredReplicas: number,
    condition: Omit<Condition, 'lastTransitionTime'>,
  ): void {
    const latest = this.#store.need(kinds.autoscalers, metadata.namespace, metadata.name);
    const now = timestamp(this.#clock.now());
    const active = { type: 'ScalingActive', status: 'True' as const, reason: 'ValidMetricFound' };
    const conditions = withCondition(withCondition(latest.status.conditions, active, now), condition, now);
    const status = { ...latest.status, currentReplicas, desiredReplicas, conditions };
    this.#store.update(kinds.autoscalers, { ...latest, status });
  }
}
