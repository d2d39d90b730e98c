import type { Clock } from '../../clock.ts';
import { delays } from '../../cloud/delays.ts';
import { withCondition } from './conditions.ts';
import type { Recorder } from './events.ts';
import { kinds } from './kinds.ts';
import { isReady, ownerOf, timestamp, type ContainerStatus, type KubeNode, type Pod } from './objects.ts';
import type { Store } from './store.ts';

/** Incident time until a controller notices a change, milliseconds. */
export const controllerLag = 100;

/**
 * Scheduler and kubelet in one: places pods on nodes that have room, and brings them up.
 *
 * A pod that fits nowhere waits, Pending, until a node joins or another pod leaves.
 */
export class Pods {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #record: Recorder;
  /** Deployments whose containers do not come up, as `namespace/name`. */
  readonly #broken = new Set<string>();
  #planned = false;
  #started = 0;

  constructor(clock: Clock, store: Store, record: Recorder) {
    this.#clock = clock;
    this.#store = store;
    this.#record = record;
    store.onEvent(({ kind, type }) => {
      if (kind === kinds.nodes || (kind === kinds.pods && type !== 'MODIFIED')) this.#plan();
    });
  }

  /** Place what fits, now; what was placed is Ready after `readyIn` milliseconds, at once when that is 0. */
  place(readyIn: number): void {
    const waiting = this.#store.list(kinds.pods).filter(({ spec }) => spec.nodeName === undefined);
    waiting.sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
    for (const pod of waiting) {
      const node = this.#roomiestNode();
      if (!node) {
        this.#doesNotFit(pod);
        continue;
      }
      const bound = this.#bind(pod, node.metadata.name);
      if (readyIn === 0) this.#bringUp(bound);
      else this.#clock.at(this.#clock.now() + readyIn, () => this.#bringUp(bound));
    }
  }

  /** Containers of a deployment crash, and new ones do not start. */
  break(namespace: string, deployment: string): void {
    this.#broken.add(`${namespace}/${deployment}`);
    for (const pod of this.#of(namespace, deployment)) {
      if (isReady(pod)) this.#settle(pod, 'CrashLoopBackOff');
    }
  }

  /** Its containers start again, and are Ready after the usual time. */
  mend(namespace: string, deployment: string): void {
    if (!this.#broken.delete(`${namespace}/${deployment}`)) return;
    for (const pod of this.#of(namespace, deployment)) {
      if (pod.spec.nodeName === undefined) continue;
      this.#clock.at(this.#clock.now() + delays.podReady, () => this.#bringUp(pod));
    }
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.at(this.#clock.now() + controllerLag, () => {
      this.#planned = false;
      this.place(delays.podReady);
    });
  }

  #roomiestNode(): KubeNode | undefined {
    const pods = this.#store.list(kinds.pods);
    const room = this.#store
      .list(kinds.nodes)
      .filter(({ spec }) => spec.unschedulable !== true)
      .map((node) => {
        const taken = pods.filter(({ spec }) => spec.nodeName === node.metadata.name).length;
        return { node, free: Number(node.status.allocatable['pods'] ?? 0) - taken };
      })
      .filter(({ free }) => free > 0);
    return room.sort((a, b) => b.free - a.free)[0]?.node;
  }

  #doesNotFit(pod: Pod): void {
    const nodes = this.#store.list(kinds.nodes).length;
    const message =
      nodes === 0
        ? 'no nodes available to schedule pods'
        : `0/${nodes} nodes are available: ${nodes} Too many pods.`;
    const known = pod.status.conditions.find(({ type }) => type === 'PodScheduled');
    if (known?.message === message) return;
    this.#condition(pod, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message });
    this.#record(pod, 'Warning', 'FailedScheduling', message);
  }

  #bind(pod: Pod, nodeName: string): Pod {
    const now = timestamp(this.#clock.now());
    return this.#store.update(kinds.pods, {
      ...pod,
      spec: { ...pod.spec, nodeName },
      status: {
        ...pod.status,
        startTime: now,
        conditions: withCondition(pod.status.conditions, { type: 'PodScheduled', status: 'True' }, now),
        containerStatuses: containers(pod, { waiting: { reason: 'ContainerCreating' } }),
      },
    });
  }

  /** The pod may be gone by now; one that replaced it under the same name is another. */
  #bringUp({ metadata }: Pod): void {
    const pod = this.#store.get(kinds.pods, metadata.namespace, metadata.name);
    if (pod?.metadata.uid !== metadata.uid || isReady(pod)) return;
    this.#settle(pod, this.#broken.has(this.#deploymentOf(pod)) ? 'ImagePullBackOff' : undefined);
  }

  /** Ready, or waiting for the reason given. */
  #settle(pod: Pod, waiting: string | undefined): void {
    const now = timestamp(this.#clock.now());
    const ready = waiting === undefined;
    const condition = { type: 'Ready', status: ready ? ('True' as const) : ('False' as const) };
    this.#store.update(kinds.pods, {
      ...pod,
      status: {
        ...pod.status,
        phase: ready ? 'Running' : pod.status.phase,
        ...(pod.status.podIP === undefined ? { podIP: this.#address() } : {}),
        conditions: withCondition(
          pod.status.conditions,
          ready ? condition : { ...condition, reason: 'ContainersNotReady' },
          now,
        ),
        containerStatuses: containers(
          pod,
          ready ? { running: { startedAt: now } } : { waiting: { reason: waiting } },
        ),
      },
    });
    if (!ready) this.#record(pod, 'Warning', 'BackOff', `Containers of the pod wait: ${waiting}`);
  }

  #condition(pod: Pod, condition: Parameters<typeof withCondition>[1]): void {
    const conditions = withCondition(pod.status.conditions, condition, timestamp(this.#clock.now()));
    this.#store.update(kinds.pods, { ...pod, status: { ...pod.status, conditions } });
  }

  #address(): string {
    const number = ++this.#started;
    return `10.0.${100 + (Math.floor(number / 250) % 100)}.${(number % 250) + 4}`;
  }

  #of(namespace: string, deployment: string): readonly Pod[] {
    const pods = this.#store.list(kinds.pods, namespace);
    return pods.filter((pod) => this.#deploymentOf(pod) === `${namespace}/${deployment}`);
  }

  #deploymentOf(pod: Pod): string {
    const { namespace = '' } = pod.metadata;
    const set = this.#store.get(kinds.replicaSets, namespace, ownerOf(pod)?.name ?? '');
    return `${namespace}/${(set && ownerOf(set)?.name) ?? ''}`;
  }
}

function containers({ spec }: Pod, state: ContainerStatus['state']): ContainerStatus[] {
  return spec.containers.map(({ name, image }) => ({
    name,
    image,
    ready: state.running !== undefined,
    restartCount: 0,
    state,
  }));
}
