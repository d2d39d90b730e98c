import type { Cancel, Clock } from '../../clock.ts';
import { delays } from '../../cloud/delays.ts';
import { withCondition } from './conditions.ts';
import type { Recorder } from './events.ts';
import { kinds } from './kinds.ts';
import { timestamp, type Condition, type KubeNode, type Pod } from './objects.ts';
import { UNREACHABLE } from './pods.ts';
import type { Store } from './store.ts';

/** A pod tolerates a node that is unreachable so long, milliseconds (admission DefaultTolerationSeconds). */
const TOLERATION = 300_000;
/** What a pod is given to end, seconds (terminationGracePeriodSeconds); nobody is there to end it. */
const GRACE = 30;

/**
 * The node lifecycle controller: a node whose kubelet is silent becomes Unknown, its pods are not ready, and after
 * their toleration they are marked for deletion. They stay, Terminating, until the kubelet is back or the node is gone.
 */
export class NodeHealth {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #record: Recorder;
  readonly #silent = new Set<string>();
  readonly #next = new Map<string, Cancel>();
  /** Told of a node whose kubelet speaks again. */
  onBack: (node: string) => void = () => undefined;

  constructor(clock: Clock, store: Store, record: Recorder) {
    this.#clock = clock;
    this.#store = store;
    this.#record = record;
    store.onEvent(({ kind, type, object }) => {
      if (kind === kinds.nodes && type === 'DELETED') this.#forget(object.metadata.name);
    });
  }

  works(node: string): boolean {
    return !this.#silent.has(node);
  }

  /** Its kubelet stops; Kubernetes notices `unseenFor` milliseconds later. */
  silence(node: string, unseenFor: number = delays.nodeUnseen): void {
    this.#store.need(kinds.nodes, undefined, node);
    if (this.#silent.has(node)) return;
    this.#silent.add(node);
    if (unseenFor === 0) this.#missed(node);
    else this.#later(node, unseenFor, () => this.#missed(node));
  }

  speak(node: string): void {
    if (!this.#silent.has(node)) return;
    this.#forget(node);
    const found = this.#store.get(kinds.nodes, undefined, node);
    if (!found) return;
    if (found.spec.taints) {
      const { taints: gone, ...spec } = found.spec;
      const taints = gone.filter(({ key }) => key !== UNREACHABLE);
      this.#write({ ...found, spec: taints.length > 0 ? { ...spec, taints } : spec }, readyCondition);
      this.#record(found, 'Normal', 'NodeReady', `Node ${node} status is now: NodeReady`);
    }
    this.onBack(node);
  }

  #forget(node: string): void {
    this.#silent.delete(node);
    this.#next.get(node)?.();
    this.#next.delete(node);
  }

  #later(node: string, ms: number, run: () => void): void {
    this.#next.set(node, this.#clock.at(this.#clock.now() + ms, run));
  }

  #missed(name: string): void {
    const node = this.#store.get(kinds.nodes, undefined, name);
    if (!node) return;
    const timeAdded = timestamp(this.#clock.now());
    const taints = (['NoSchedule', 'NoExecute'] as const).map((effect) => ({
      key: UNREACHABLE,
      effect,
      timeAdded,
    }));
    const spec = { ...node.spec, taints: [...(node.spec.taints ?? []), ...taints] };
    this.#write(
      { ...node, spec },
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      },
    );
    this.#record(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    for (const pod of this.#podsOn(name)) this.#unready(pod);
    this.#later(name, TOLERATION, () => {
      for (const pod of this.#podsOn(name)) this.#evict(pod);
    });
  }

  #podsOn(node: string): readonly Pod[] {
    return this.#store.list(kinds.pods).filter(({ spec }) => spec.nodeName === node);
  }

  #unready(pod: Pod): void {
    const now = timestamp(this.#clock.now());
    const conditions = withCondition(pod.status.conditions, { type: 'Ready', status: 'False' }, now);
    this.#store.update(kinds.pods, { ...pod, status: { ...pod.status, conditions } });
    this.#record(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }

  #evict(pod: Pod): void {
    const { namespace = '', name } = pod.metadata;
    this.#store.update(kinds.pods, {
      ...pod,
      metadata: {
        ...pod.metadata,
        deletionTimestamp: timestamp(this.#clock.now() + GRACE * 1000),
        deletionGracePeriodSeconds: GRACE,
      },
    });
    this.#record(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
  }

  #write(node: KubeNode, condition: Omit<Condition, 'lastTransitionTime'>): void {
    const conditions = withCondition(node.status.conditions, condition, timestamp(this.#clock.now()));
    this.#store.update(kinds.nodes, { ...node, status: { ...node.status, conditions } });
  }
}

export const readyCondition: Omit<Condition, 'lastTransitionTime'> = {
  type: 'Ready',
  status: 'True',
  reason: 'KubeletReady',
  message: 'kubelet is posting ready status',
};
