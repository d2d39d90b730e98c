import type {
  ContainerSight,
  KubeDeployment,
  KubePod,
  KubeReplicaSet,
  PodTemplate,
} from '../aws/kubernetes-workload-objects.ts';

/** How a deployment, its ReplicaSets and its pods belong together, and how far its rollout is. Pure. */

const revisionKey = 'deployment.kubernetes.io/revision';
const hashLabel = 'pod-template-hash';

/** What `kubectl rollout restart` sets in the template. */
export const restartedAtKey = 'kubectl.kubernetes.io/restartedAt';
/** On a deployment: the incident that restarted it last. */
export const restartedByKey = 'lifeboat/restarted-by';
/** On a deployment: the incident that went back to an older revision last, and when. */
export const rolledBackByKey = 'lifeboat/rolled-back-by';
export const rolledBackAtKey = 'lifeboat/rolled-back-at';
/** On a deployment: `pod-template-hash` of what it was rolled back from. Nothing goes back to that by itself. */
export const rolledBackFromKey = 'lifeboat/rolled-back-from';

/** A deployment and what it owns, ReplicaSets by revision, the newest first. */
export interface Workload {
  readonly deployment: KubeDeployment;
  readonly replicaSets: readonly KubeReplicaSet[];
  readonly pods: readonly KubePod[];
}

export function workloadOf(
  deployment: KubeDeployment,
  replicaSets: readonly KubeReplicaSet[],
  pods: readonly KubePod[],
): Workload {
  const own = replicaSets
    .filter((set) => ownerUid(set) === deployment.metadata.uid)
    .toSorted((a, b) => revisionOf(b) - revisionOf(a));
  const uids = new Set(own.map(({ metadata }) => metadata.uid));
  return { deployment, replicaSets: own, pods: pods.filter((pod) => uids.has(ownerUid(pod) ?? '')) };
}

function ownerUid({ metadata }: { readonly metadata: KubeDeployment['metadata'] }): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

export function revisionOf({ metadata }: KubeReplicaSet): number {
  return Number(metadata.annotations?.[revisionKey] ?? 0);
}

export function wantedOf({ spec }: KubeDeployment): number {
  return spec.replicas ?? 1;
}

/** The ReplicaSet of the newest template: of the highest revision. */
export function newestOf({ replicaSets }: Workload): KubeReplicaSet | undefined {
  return replicaSets[0];
}

/** Pods of one ReplicaSet that are not ending. */
export function podsOf({ pods }: Workload, set: KubeReplicaSet | undefined): readonly KubePod[] {
  if (!set) return [];
  return pods.filter(
    (pod) => ownerUid(pod) === set.metadata.uid && pod.metadata.deletionTimestamp === undefined,
  );
}

export function hashOf({ metadata }: KubeReplicaSet): string {
  return metadata.labels?.[hashLabel] ?? metadata.name;
}

/**
 * The newest older revision that is not the same template restarted, and that no incident has gone back from.
 *
 * A restart makes a revision of its own: what `kubectl rollout undo` would go back to after it is the same image.
 */
export function previousOf(workload: Workload): KubeReplicaSet | undefined {
  const newest = newestOf(workload);
  if (!newest) return undefined;
  const given = workload.deployment.metadata.annotations?.[rolledBackFromKey];
  const left = given === undefined ? [] : workload.replicaSets.filter((set) => hashOf(set) === given);
  return workload.replicaSets.find((set) => !isAlike(set, newest) && !left.some((bad) => isAlike(set, bad)));
}

/** When the newest template first came: as the oldest of those that differ from it by a restart only. */
export function cameAt(workload: Workload): string | null {
  const newest = newestOf(workload);
  if (!newest) return null;
  const times = workload.replicaSets
    .filter((set) => isAlike(set, newest))
    .flatMap(({ metadata }) => metadata.creationTimestamp ?? []);
  return times.toSorted()[0] ?? null;
}

/** Whether two revisions run the same, restarts aside. */
function isAlike(a: KubeReplicaSet, b: KubeReplicaSet): boolean {
  return written(withoutRestart(templateOf(a))) === written(withoutRestart(templateOf(b)));
}

/** The template as a deployment has it: a ReplicaSet's own carries its hash. */
export function templateOf({ spec: { template } }: KubeReplicaSet): PodTemplate {
  const labels = Object.entries(template.metadata?.labels ?? {}).filter(([key]) => key !== hashLabel);
  return { ...template, metadata: { ...template.metadata, labels: Object.fromEntries(labels) } };
}

function withoutRestart(template: PodTemplate): PodTemplate {
  const annotations = Object.entries(template.metadata?.annotations ?? {}).filter(
    ([key]) => key !== restartedAtKey,
  );
  return { ...template, metadata: { ...template.metadata, annotations: Object.fromEntries(annotations) } };
}

/** JSON with the members of every object in order: equal texts are equal values. */
function written(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

export function isReady({ metadata, status }: KubePod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    (status?.conditions ?? []).some(({ type, status: held }) => type === 'Ready' && held === 'True')
  );
}

export function containersOf({ status }: KubePod): readonly ContainerSight[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

export function restartsOf(pods: readonly KubePod[]): number {
  return pods.flatMap(containersOf).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
}

/** A container that was started so often does not come up by itself. */
const crashes = 3;

/**
 * A container that crashes again and again: also in the moments in which it runs or has just ended, and is not ready.
 */
export function isCrashing({ ready, restartCount = 0, state, lastState }: ContainerSight): boolean {
  const ended = (state?.terminated ?? lastState?.terminated) !== undefined;
  const waits = state?.waiting?.reason === crashLoop;
  return ready !== true && restartCount >= crashes && (waits || ended);
}

const crashLoop = 'CrashLoopBackOff';

/** Why containers of these pods wait, each once; `Unschedulable` for a pod that no node has room for. */
export function waitingOf(pods: readonly KubePod[]): readonly string[] {
  const reasons = pods.flatMap((pod) => [
    ...containersOf(pod).flatMap(
      (container) => container.state?.waiting?.reason ?? (isCrashing(container) ? crashLoop : []),
    ),
    ...(isUnschedulable(pod) ? ['Unschedulable'] : []),
  ]);
  return [...new Set(reasons)].filter((reason) => !ordinary.has(reason)).toSorted();
}

/** What every pod waits for when it starts. */
const ordinary: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

function isUnschedulable({ status }: KubePod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: held, reason }) =>
      type === 'PodScheduled' && held === 'False' && reason === 'Unschedulable',
  );
}

/**
 * Kubernetes has given up waiting for the newest template.
 *
 * @param since what it said before is about another template: a roll-back to a ReplicaSet that exists keeps the
 *   condition of the failed one until its own pods come
 */
export function isStuck({ status }: KubeDeployment, since?: string): boolean {
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.status !== 'False' || progressing.reason !== 'ProgressDeadlineExceeded') return false;
  const at = progressing.lastUpdateTime ?? progressing.lastTransitionTime;
  return since === undefined || at === undefined || Date.parse(at) >= Date.parse(since);
}

/** The controller has seen the deployment as it is now: until then its status is about what was before. */
export function isObserved({ metadata, status }: KubeDeployment): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

/** As `kubectl rollout status` sees it: all pods are of the newest template and available, and no older one is left. */
export function isRolledOut(deployment: KubeDeployment): boolean {
  const {
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
    readyReplicas = 0,
  } = deployment.status ?? {};
  const wanted = wantedOf(deployment);
  return (
    isObserved(deployment) &&
    updatedReplicas >= wanted &&
    replicas <= updatedReplicas &&
    availableReplicas >= updatedReplicas &&
    readyReplicas >= wanted
  );
}

/**
 * Ready pods that the strategy may take away before others are ready: `maxUnavailable` rounded down, all with
 * `Recreate`; where it and `maxSurge` are 0, Kubernetes takes one.
 */
export function mayTakeAway(deployment: KubeDeployment): number {
  const wanted = wantedOf(deployment);
  const { type = 'RollingUpdate', rollingUpdate } = deployment.spec.strategy ?? {};
  if (type === 'Recreate') return wanted;
  const share = (value: number | string, round: (value: number) => number) =>
    typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * wanted);
  const unavailable = share(rollingUpdate?.maxUnavailable ?? '25%', Math.floor);
  const surge = share(rollingUpdate?.maxSurge ?? '25%', Math.ceil);
  return Math.min(wanted, unavailable === 0 && surge === 0 ? 1 : unavailable);
}
