import type {
  KubeCondition,
  KubeDeployment,
  KubeDisruptionBudget,
  KubeEndpointSlice,
  KubeEvent,
  KubeNode,
  KubePod,
  KubeReplicaSet,
  KubeService,
} from '../aws/kubernetes-workload-objects.ts';
import type { NodeSight, WorkloadSight } from '../workloads/contract.ts';
import { aboutWorkload, eventLine, newestFirst } from '../workloads/events.ts';
import {
  cameAt,
  isStuck,
  newestOf,
  podsOf,
  previousOf,
  restartsOf,
  revisionOf,
  waitingOf,
  wantedOf,
  workloadOf,
  type Workload,
} from '../workloads/rollout.ts';
import { matches, selects } from '../workloads/selectors.ts';

/** A namespace as it was listed, each kind once. */
export interface Listed {
  readonly deployments: readonly KubeDeployment[];
  readonly replicaSets: readonly KubeReplicaSet[];
  readonly pods: readonly KubePod[];
  readonly services: readonly KubeService[];
  readonly endpointSlices: readonly KubeEndpointSlice[];
  readonly disruptionBudgets: readonly KubeDisruptionBudget[];
  /** Warnings only. */
  readonly events: readonly KubeEvent[];
}

const mostWarnings = 10;

export function workloadSight(name: string, listed: Listed): WorkloadSight {
  const deployment = listed.deployments.find(({ metadata }) => metadata.name === name);
  if (!deployment) return absent(name);
  const workload = workloadOf(deployment, listed.replicaSets, listed.pods);
  const newest = newestOf(workload);
  const previous = previousOf(workload);
  const { readyReplicas = 0, updatedReplicas = 0 } = deployment.status ?? {};
  return {
    name,
    exists: true,
    wanted: wantedOf(deployment),
    ready: readyReplicas,
    updated: updatedReplicas,
    updatedReady: newest?.status?.readyReplicas ?? 0,
    revision: newest ? String(revisionOf(newest)) : null,
    previousRevision: previous ? String(revisionOf(previous)) : null,
    revisionAt: cameAt(workload),
    stuck: isStuck(deployment),
    restarts: restartsOf(workload.pods),
    waiting: waitingOf(podsOf(workload, newest)),
    endpoints: endpointsOf(workload, listed),
    disruptionsAllowed: disruptionsAllowedOf(deployment, listed.disruptionBudgets),
    warnings: newestFirst(aboutWorkload(workload, listed.events)).slice(0, mostWarnings).map(eventLine),
  };
}

function absent(name: string): WorkloadSight {
  return {
    name,
    exists: false,
    wanted: 0,
    ready: 0,
    updated: 0,
    updatedReady: 0,
    revision: null,
    previousRevision: null,
    revisionAt: null,
    stuck: false,
    restarts: 0,
    waiting: [],
    endpoints: null,
    disruptionsAllowed: null,
    warnings: [],
  };
}

/** Of the service that has fewest: one without any is down, however many another has. */
function endpointsOf({ deployment, pods }: Workload, { services, endpointSlices }: Listed): number | null {
  const labels = deployment.spec.template.metadata?.labels ?? {};
  const own = new Set(pods.map(({ metadata }) => metadata.name));
  const counts = services
    .filter(({ spec }) => selects(spec?.selector, labels))
    .map((service) => {
      const addresses = endpointSlices
        .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
        .flatMap(({ endpoints }) => endpoints ?? [])
        // A service may have pods of several deployments behind it.
        .filter(({ targetRef }) => targetRef?.kind !== 'Pod' || own.has(targetRef.name ?? ''))
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap((endpoint) => endpoint.addresses ?? []);
      return new Set(addresses).size;
    });
  return counts.length === 0 ? null : Math.min(...counts);
}

/** Of the budget that allows least. */
function disruptionsAllowedOf(
  { spec }: KubeDeployment,
  budgets: readonly KubeDisruptionBudget[],
): number | null {
  const labels = spec.template.metadata?.labels ?? {};
  const allowed = budgets
    .filter((budget) => matches(budget.spec?.selector, labels))
    .map(({ status }) => status?.disruptionsAllowed ?? 0);
  return allowed.length === 0 ? null : Math.min(...allowed);
}

export function nodeSight({ metadata, spec, status }: KubeNode): NodeSight {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    name: metadata.name,
    group: metadata.labels?.['eks.amazonaws.com/nodegroup'] ?? null,
    instanceId: /\/(i-[0-9a-f]+)$/.exec(spec?.providerID ?? '')?.[1] ?? null,
    ready: readiness(condition),
    since: condition?.lastTransitionTime ?? null,
    reason: [condition?.reason, condition?.message].filter(Boolean).join(': ') || 'no condition Ready',
    cordoned: spec?.unschedulable === true,
  };
}

function readiness(condition: KubeCondition | undefined): NodeSight['ready'] {
  if (condition?.status === 'True') return true;
  return condition?.status === 'False' ? false : 'unknown';
}
