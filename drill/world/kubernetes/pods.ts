import type { Clock } from '../../clock.ts';
import { delays } from '../../cloud/delays.ts';
import { hasStarted, type Ailing } from './ailments.ts';
import { withCondition } from './conditions.ts';
import type { Recorder } from './events.ts';
import { containerStatuses, type Kubelet } from './kubelet.ts';
import { kinds } from './kinds.ts';
import { ownerOf, timestamp, type KubeNode, type Pod } from './objects.ts';
import type { Store } from './store.ts';

/** Incident time until a controller notices a change, milliseconds. */
export const controllerLag = 100;

/**
 * The scheduler: it places pods on nodes that have room, for a kubelet to bring them up. And what can go wrong with
 * them once they run.
 *
 * A pod that fits nowhere waits, Pending, until a node joins or another pod leaves.
 */
export class Pods {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #record: Recorder;
  readonly #kubelet: Kubelet;
  /** Ends what was done to deployments (`namespace/name`) and images. */
  readonly #mend = new Map<string, () => void>();
  #planned = false;

  constructor(clock: Clock, store: Store, record: Recorder, kubelet: Kubelet) {
    this.#clock = clock;
    this.#store = store;
    this.#record = record;
    this.#kubelet = kubelet;
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
      if (node) this.#kubelet.start(this.#bind(pod, node.metadata.name), readyIn);
      else this.#doesNotFit(pod);
    }
  }

  /** Containers of a deployment crash, and the images of new ones cannot be pulled. */
  break(namespace: string, deployment: string): void {
    const key = `${namespace}/${deployment}`;
    this.#mend.get(key)?.();
    const end = this.#kubelet.ailments.add({
      matches: (pod) => this.#deploymentOf(pod) === key,
      fateOf: (pod) => (hasStarted(pod) ? 'crashes' : 'cannot-pull'),
      says: undefined,
    });
    this.#mend.set(key, end);
    this.#kubelet.review();
  }

  /** What was broken, by name of its deployment or image, starts again, and is Ready after the usual time. */
  mend(what: string): void {
    this.#mend.get(what)?.();
    this.#mend.delete(what);
    this.#kubelet.review();
  }

  /** The pods that a deployment has now fall ill for as long as they live. */
  wedge(namespace: string, deployment: string, how: Ailing = {}): void {
    const pods = this.#store.list(kinds.pods, namespace);
    const wedged = new Set(
      pods
        .filter((pod) => this.#deploymentOf(pod) === `${namespace}/${deployment}`)
        .map(({ metadata }) => metadata.uid),
    );
    this.ail(({ metadata }) => wedged.has(metadata.uid), { fate: 'hangs', ...how });
  }

  /** Whatever runs an image falls ill, until `mend(image)`. */
  spoil(image: string, how: Ailing = {}): void {
    this.#mend.get(image)?.();
    this.#mend.set(
      image,
      this.ail(({ spec }) => spec.containers.some((each) => each.image === image), how),
    );
  }

  /** @returns ends it */
  ail(matches: (pod: Pod) => boolean, { fate = 'crashes', says }: Ailing = {}): () => void {
    const end = this.#kubelet.ailments.add({ matches, fateOf: () => fate, says });
    this.#kubelet.review();
    return () => {
      end();
      this.#kubelet.review();
    };
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
      .filter((node) => node.spec.unschedulable !== true && !isTainted(node))
      .map((node) => {
        const taken = pods.filter(({ spec }) => spec.nodeName === node.metadata.name).length;
        return { node, free: Number(node.status.allocatable['pods'] ?? 0) - taken };
      })
      .filter(({ free }) => free > 0);
    return room.sort((a, b) => b.free - a.free)[0]?.node;
  }

  #doesNotFit(pod: Pod): void {
    const nodes = this.#store.list(kinds.nodes);
    const tainted = nodes.filter(isTainted).length;
    const cordoned = nodes.filter((node) => node.spec.unschedulable === true && !isTainted(node)).length;
    const full = nodes.length - tainted - cordoned;
    const reasons = [
      ...(full > 0 ? [`${full} Too many pods`] : []),
      ...(tainted > 0 ? [`${tainted} node(s) had untolerated taint {${UNREACHABLE}: }`] : []),
      ...(cordoned > 0 ? [`${cordoned} node(s) were unschedulable`] : []),
    ];
    const message =
      nodes.length === 0
        ? 'no nodes available to schedule pods'
        : `0/${nodes.length} nodes are available: ${reasons.join(', ')}.`;
    const known = pod.status.conditions.find(({ type }) => type === 'PodScheduled');
    if (known?.message === message) return;
    this.#condition(pod, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message });
    this.#record(pod, 'Warning', 'FailedScheduling', message);
  }

  #bind(pod: Pod, nodeName: string): Pod {
    const now = timestamp(this.#clock.now());
    const { namespace = '', name } = pod.metadata;
    this.#record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`);
    return this.#store.update(kinds.pods, {
      ...pod,
      spec: { ...pod.spec, nodeName },
      status: {
        ...pod.status,
        startTime: now,
        conditions: withCondition(pod.status.conditions, { type: 'PodScheduled', status: 'True' }, now),
        containerStatuses: containerStatuses(pod, { waiting: { reason: 'ContainerCreating' } }, false),
      },
    });
  }

  #condition(pod: Pod, condition: Parameters<typeof withCondition>[1]): void {
    const conditions = withCondition(pod.status.conditions, condition, timestamp(this.#clock.now()));
    this.#store.update(kinds.pods, { ...pod, status: { ...pod.status, conditions } });
  }

  #deploymentOf(pod: Pod): string {
    const { namespace = '' } = pod.metadata;
    const set = this.#store.get(kinds.replicaSets, namespace, ownerOf(pod)?.name ?? '');
    return `${namespace}/${(set && ownerOf(set)?.name) ?? ''}`;
  }
}

/** What Kubernetes taints a node with whose kubelet is silent. */
export const UNREACHABLE = 'node.kubernetes.io/unreachable';

function isTainted({ spec }: KubeNode): boolean {
  return (spec.taints ?? []).some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
}
