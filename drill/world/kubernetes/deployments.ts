import type { Cancel, Clock } from '../../clock.ts';
import { withCondition } from './conditions.ts';
import type { Recorder } from './events.ts';
import { kinds } from './kinds.ts';
import {
  isReady,
  ownerOf,
  timestamp,
  type Condition,
  type Deployment,
  type KubeObject,
  type Pod,
  type PodTemplate,
  type ReplicaSet,
} from './objects.ts';
import { controllerLag } from './pods.ts';
import { bounds, nextStep } from './rolling-update.ts';
import { letters, type Store } from './store.ts';

const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
/** Reason of a rollout that is complete. */
const COMPLETE = 'NewReplicaSetAvailable';
/** Revisions that a ReplicaSet had before it was used again. */
const HISTORY = 'deployment.kubernetes.io/revision-history';

/** The controllers of Deployments and ReplicaSets: from a wanted count to pods, and from pods to a status. */
export class Deployments {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #record: Recorder;
  readonly #planned = new Set<string>();
  readonly #deadlines = new Map<string, Cancel>();

  constructor(clock: Clock, store: Store, record: Recorder) {
    this.#clock = clock;
    this.#store = store;
    this.#record = record;
    store.onEvent(({ object }) => {
      const deployment = this.#deploymentOf(object);
      if (deployment !== undefined) this.#plan(object.metadata.namespace ?? '', deployment);
    });
  }

  /** Take the next step of every deployment, now. */
  reconcileAll(): void {
    for (const deployment of this.#store.list(kinds.deployments)) this.#reconcile(deployment);
  }

  #deploymentOf(object: KubeObject): string | undefined {
    switch (object.kind) {
      case 'Deployment':
        return object.metadata.name;
      case 'ReplicaSet':
        return ownerOf(object)?.name;
      case 'Pod': {
        const set = this.#store.get(
          kinds.replicaSets,
          object.metadata.namespace,
          ownerOf(object)?.name ?? '',
        );
        return set && ownerOf(set)?.name;
      }
      default:
        return undefined;
    }
  }

  #plan(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    if (this.#planned.has(key)) return;
    this.#planned.add(key);
    this.#clock.at(this.#clock.now() + controllerLag, () => {
      this.#planned.delete(key);
      const deployment = this.#store.get(kinds.deployments, namespace, name);
      if (deployment) this.#reconcile(deployment);
    });
  }

  #reconcile(deployment: Deployment): void {
    const { set: current, isNew } = this.#currentSet(deployment);
    const old = this.#setsOf(deployment)
      .filter(({ metadata }) => metadata.uid !== current.metadata.uid)
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    const counts = (set: ReplicaSet) => {
      const pods = this.#podsOf(set);
      return { wanted: set.spec.replicas, pods: pods.length, ready: pods.filter(isReady).length };
    };
    const next = nextStep(deployment.spec, counts(current), old.map(counts));
    this.#scale(deployment, current, next.current);
    old.forEach((set, index) => this.#scale(deployment, set, next.old[index] ?? 0));
    for (const set of this.#setsOf(deployment)) this.#fill(set);
    this.#forget(deployment, old);
    this.#report(deployment, current, isNew);
  }

  #setsOf({ metadata }: Deployment): readonly ReplicaSet[] {
    const sets = this.#store.list(kinds.replicaSets, metadata.namespace);
    return sets.filter((set) => ownerOf(set)?.uid === metadata.uid);
  }

  #podsOf({ metadata }: ReplicaSet): readonly Pod[] {
    const pods = this.#store.list(kinds.pods, metadata.namespace);
    return pods.filter(
      (pod) => ownerOf(pod)?.uid === metadata.uid && pod.metadata.deletionTimestamp === undefined,
    );
  }

  /** The ReplicaSet of the template as it is now, made when there is none. */
  #currentSet(deployment: Deployment): { readonly set: ReplicaSet; readonly isNew: boolean } {
    const { metadata, spec } = deployment;
    const sets = this.#setsOf(deployment);
    const wanted = writtenTemplate(spec.template);
    const newest = Math.max(0, ...sets.map(revisionOf));
    const [found] = sets
      .filter((set) => writtenTemplate(set.spec.template) === wanted)
      .sort((a, b) => revisionOf(b) - revisionOf(a));
    if (found) {
      const old = revisionOf(found);
      const revision = String(old < newest ? newest + 1 : old);
      return { set: this.#revise(deployment, found, revision), isNew: false };
    }
    const revision = String(newest + 1);
    const taken = (each: string) => sets.some((set) => set.metadata.labels?.[HASH] === each);
    let hash = letters(wanted, 10);
    for (let tries = 1; taken(hash); tries++) hash = letters(`${wanted} ${tries}`, 10);
    const labels = { ...spec.template.metadata.labels, [HASH]: hash };
    const created = this.#store.create(kinds.replicaSets, {
      metadata: {
        name: `${metadata.name}-${hash}`,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        labels,
        annotations: { [REVISION]: revision },
        ownerReferences: [owner(deployment)],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: { ...spec.selector.matchLabels, [HASH]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
      status: { replicas: 0 },
    });
    return { set: this.#revise(deployment, created, revision), isNew: true };
  }

  /** Note the revision on the set and on the deployment; a set that is used again keeps its older ones. */
  #revise(deployment: Deployment, set: ReplicaSet, revision: string): ReplicaSet {
    const { namespace, name } = deployment.metadata;
    const latest = this.#store.need(kinds.deployments, namespace, name);
    if (latest.metadata.annotations?.[REVISION] !== revision) {
      const annotations = { ...latest.metadata.annotations, [REVISION]: revision };
      this.#store.update(kinds.deployments, { ...latest, metadata: { ...latest.metadata, annotations } });
    }
    const { annotations = {} } = set.metadata;
    const before = annotations[REVISION];
    if (before === undefined || before === revision) return set;
    const history = [annotations[HISTORY], before].filter((each) => each !== undefined).join(',');
    return this.#store.update(kinds.replicaSets, {
      ...set,
      metadata: {
        ...set.metadata,
        annotations: { ...annotations, [REVISION]: revision, [HISTORY]: history },
      },
    });
  }

  #scale(deployment: Deployment, set: ReplicaSet, replicas: number): void {
    const from = set.spec.replicas;
    if (from === replicas) return;
    this.#store.update(kinds.replicaSets, { ...set, spec: { ...set.spec, replicas } });
    const direction = replicas > from ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${replicas}`;
    this.#record(deployment, 'Normal', 'ScalingReplicaSet', message);
  }

  /** Create the pods that a set lacks, or remove those too many: first those that serve nobody. */
  #fill(set: ReplicaSet): void {
    const pods = this.#podsOf(set);
    for (let count = pods.length; count < set.spec.replicas; count++) this.#createPod(set);
    const surplus = [...pods].sort(
      (a, b) =>
        Number(isReady(a)) - Number(isReady(b)) ||
        Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined) ||
        Number(b.metadata.resourceVersion) - Number(a.metadata.resourceVersion),
    );
    for (const { metadata } of surplus.slice(0, Math.max(0, pods.length - set.spec.replicas))) {
      this.#store.delete(kinds.pods, metadata.namespace, metadata.name);
    }
    const now = this.#podsOf(set);
    const ready = now.filter(isReady).length;
    const latest = this.#store.need(kinds.replicaSets, set.metadata.namespace, set.metadata.name);
    this.#store.update(kinds.replicaSets, {
      ...latest,
      status: {
        replicas: now.length,
        ...nonZero({ readyReplicas: ready, availableReplicas: ready }),
        observedGeneration: latest.metadata.generation ?? 1,
      },
    });
  }

  #createPod(set: ReplicaSet): void {
    const { metadata, spec } = set.spec.template;
    const { namespace } = set.metadata;
    this.#store.create(kinds.pods, {
      metadata: {
        ...metadata,
        name: `${set.metadata.name}-${this.#store.suffix()}`,
        ...(namespace === undefined ? {} : { namespace }),
        ownerReferences: [owner(set)],
      },
      spec,
      status: { phase: 'Pending', conditions: [] },
    });
  }

  #forget({ spec }: Deployment, old: readonly ReplicaSet[]): void {
    const idle = old.filter((set) => set.spec.replicas === 0 && this.#podsOf(set).length === 0);
    const surplus = Math.max(0, idle.length - spec.revisionHistoryLimit);
    for (const { metadata } of idle.slice(0, surplus)) {
      this.#store.delete(kinds.replicaSets, metadata.namespace, metadata.name);
    }
  }

  #report({ metadata: { namespace, name } }: Deployment, set: ReplicaSet, isNew: boolean): void {
    const deployment = this.#store.need(kinds.deployments, namespace, name);
    const { spec, status, metadata } = deployment;
    const pods = this.#setsOf(deployment).flatMap((each) => this.#podsOf(each));
    const updated = this.#podsOf(set);
    const ready = pods.filter(isReady).length;
    const counts = {
      replicas: pods.length,
      updatedReplicas: updated.length,
      readyReplicas: ready,
      availableReplicas: ready,
      unavailableReplicas: Math.max(0, spec.replicas - ready),
    };
    const now = timestamp(this.#clock.now());
    const complete =
      updated.length === spec.replicas && pods.length === spec.replicas && ready === spec.replicas;
    const { replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status;
    const moved =
      updated.length > updatedReplicas ||
      pods.length - updated.length < replicas - updatedReplicas ||
      ready > readyReplicas;
    const settled = pods.length === updated.length;
    const progressing = this.#progressing(deployment, set, { complete, settled, moved, isNew });
    const available = ready >= spec.replicas - bounds(spec).unavailable;
    const conditions = withCondition(
      withCondition(status.conditions, progressing, now),
      {
        type: 'Available',
        status: available ? 'True' : 'False',
        reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: `Deployment ${available ? 'has' : 'does not have'} minimum availability.`,
      },
      now,
    );
    this.#store.update(kinds.deployments, {
      ...deployment,
      status: { observedGeneration: metadata.generation ?? 1, ...nonZero(counts), conditions },
    });
    this.#watchDeadline(deployment, complete ? undefined : progressing);
  }

  /**
   * How far the rollout is, as `syncRolloutStatus` of the Deployment controller says it. One that was complete stays
   * so: pods that fall ill later are no failure of the release. One that has failed stays so until it moves again.
   */
  #progressing(
    { spec, status }: Deployment,
    set: ReplicaSet,
    { complete, settled, moved, isNew }: Progress,
  ): Omit<Condition, 'lastTransitionTime'> {
    const now = this.#clock.now();
    const name = `ReplicaSet "${set.metadata.name}"`;
    const say = (held: 'True' | 'False', reason: string, message: string) => {
      return { type: 'Progressing', status: held, reason, message, lastUpdateTime: timestamp(now) };
    };
    const before = isNew ? undefined : status.conditions?.find(({ type }) => type === 'Progressing');
    if (before?.reason === COMPLETE && settled) return before;
    if (complete) return say('True', COMPLETE, `${name} has successfully progressed.`);
    if (!before) {
      return isNew
        ? say('True', 'NewReplicaSetCreated', `Created new replica set "${set.metadata.name}"`)
        : say('True', 'FoundNewReplicaSet', `Found new replica set "${set.metadata.name}"`);
    }
    if (moved) return say('True', 'ReplicaSetUpdated', `${name} is progressing.`);
    if (before.reason === COMPLETE || before.status === 'False') return before;
    const due = Date.parse(before.lastUpdateTime ?? '') + spec.progressDeadlineSeconds * 1000;
    return now >= due
      ? say('False', 'ProgressDeadlineExceeded', `${name} has timed out progressing.`)
      : before;
  }

  #watchDeadline(
    { metadata, spec }: Deployment,
    progressing: { readonly lastUpdateTime?: string; readonly status: string } | undefined,
  ): void {
    this.#deadlines.get(metadata.uid)?.();
    this.#deadlines.delete(metadata.uid);
    if (progressing?.status !== 'True') return;
    const from = Date.parse(progressing.lastUpdateTime ?? '');
    const due = from + spec.progressDeadlineSeconds * 1000;
    this.#deadlines.set(
      metadata.uid,
      this.#clock.at(due, () => this.#plan(metadata.namespace ?? '', metadata.name)),
    );
  }
}

/** Where a rollout is. */
interface Progress {
  /** All pods are there, of the newest template, and ready. */
  readonly complete: boolean;
  /** There are no pods of older templates. */
  readonly settled: boolean;
  /** There are more new, fewer old, or more ready pods than there were. */
  readonly moved: boolean;
  /** Its ReplicaSet has been made just now. */
  readonly isNew: boolean;
}

/**
 * A template as JSON that is equal for equal templates: members in order, without the hash that ReplicaSets add, and
 * without the empty members that clients in Go write.
 */
function writtenTemplate({ metadata, spec }: PodTemplate): string {
  const labels = Object.fromEntries(Object.entries(metadata.labels ?? {}).filter(([key]) => key !== HASH));
  return JSON.stringify({ metadata: { ...metadata, labels }, spec }, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? undefined;
    const members = Object.entries(value).filter(([, member]) => !isEmpty(member));
    return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function owner({ apiVersion, kind, metadata }: Deployment | ReplicaSet) {
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[REVISION] ?? 0);
}

/** Kubernetes leaves out counts that are zero. */
function nonZero<Counts extends Readonly<Record<string, number>>>(counts: Counts): Partial<Counts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)) as Partial<Counts>;
}
