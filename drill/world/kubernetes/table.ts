import { kinds, type Kind } from './kinds.ts';
import type {
  Autoscaler,
  Binding,
  ConfigMap,
  Deployment,
  DisruptionBudget,
  KubeEvent,
  KubeNode,
  KubeObject,
  Pod,
  ReplicaSet,
  Secret,
  Service,
} from './objects.ts';
import { isReady } from './objects.ts';

interface Column {
  readonly name: string;
  /** 1: only when the client asks for a wide table. */
  readonly priority?: number;
  readonly cell: (object: KubeObject, now: number) => string | number;
}

const nameColumn: Column = { name: 'Name', cell: ({ metadata }) => metadata.name };
const age: Column = {
  name: 'Age',
  cell: ({ metadata }, now) => duration(now - Date.parse(metadata.creationTimestamp)),
};

/** A column of one kind; the table is only made of objects of that kind. */
function column<T extends KubeObject>(
  name: string,
  cell: (object: T, now: number) => string | number,
  priority = 0,
): Column {
  return { name, priority, cell: (object, now) => cell(object as T, now) };
}

const containers = ({ spec }: Deployment | ReplicaSet) => spec.template.spec.containers;

const columns = new Map<Kind, readonly Column[]>([
  [
    kinds.deployments,
    [
      column<Deployment>('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`),
      column<Deployment>('Up-to-date', ({ status }) => status.updatedReplicas ?? 0),
      column<Deployment>('Available', ({ status }) => status.availableReplicas ?? 0),
      age,
      column<Deployment>('Containers', (object) => list(containers(object).map(({ name }) => name)), 1),
      column<Deployment>('Images', (object) => list(containers(object).map(({ image }) => image)), 1),
      column<Deployment>('Selector', ({ spec }) => labels(spec.selector.matchLabels), 1),
    ],
  ],
  [
    kinds.replicaSets,
    [
      column<ReplicaSet>('Desired', ({ spec }) => spec.replicas),
      column<ReplicaSet>('Current', ({ status }) => status.replicas),
      column<ReplicaSet>('Ready', ({ status }) => status.readyReplicas ?? 0),
      age,
    ],
  ],
  [
    kinds.pods,
    [
      column<Pod>('Ready', ({ spec, status }) => {
        const ready = (status.containerStatuses ?? []).filter((container) => container.ready);
        return `${ready.length}/${spec.containers.length}`;
      }),
      column<Pod>('Status', podStatus),
      column<Pod>('Restarts', ({ status }) =>
        (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
      ),
      age,
      column<Pod>('IP', ({ status }) => status.podIP ?? '<none>', 1),
      column<Pod>('Node', ({ spec }) => spec.nodeName ?? '<none>', 1),
    ],
  ],
  [
    kinds.nodes,
    [
      column<KubeNode>('Status', ({ spec, status }) => {
        const ready = status.conditions.some((each) => each.type === 'Ready' && each.status === 'True');
        return `${ready ? 'Ready' : 'NotReady'}${spec.unschedulable === true ? ',SchedulingDisabled' : ''}`;
      }),
      column<KubeNode>('Roles', () => '<none>'),
      age,
      column<KubeNode>('Version', ({ status }) => status.nodeInfo['kubeletVersion'] ?? ''),
    ],
  ],
  [
    kinds.autoscalers,
    [
      column<Autoscaler>(
        'Reference',
        ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
      ),
      column<Autoscaler>('Targets', () => '<unknown>'),
      column<Autoscaler>('MinPods', ({ spec }) => spec.minReplicas),
      column<Autoscaler>('MaxPods', ({ spec }) => spec.maxReplicas),
      column<Autoscaler>('Replicas', ({ status }) => status.currentReplicas ?? 0),
      age,
    ],
  ],
  [
    kinds.namespaces,
    [
      column<KubeObject & { status?: { phase?: string } }>('Status', ({ status }) => status?.phase ?? ''),
      age,
    ],
  ],
  [
    kinds.configMaps,
    [
      column<ConfigMap>('Data', ({ data, binaryData }) => Object.keys({ ...data, ...binaryData }).length),
      age,
    ],
  ],
  [
    kinds.secrets,
    [
      column<Secret>('Type', ({ type }) => type ?? ''),
      column<Secret>('Data', ({ data }) => Object.keys(data ?? {}).length),
      age,
    ],
  ],
  [
    kinds.services,
    [
      column<Service>('Type', ({ spec }) => spec.type),
      column<Service>('Cluster-IP', ({ spec }) => spec.clusterIP),
      column<Service>('External-IP', () => '<none>'),
      column<Service>('Port(s)', ({ spec }) =>
        list(spec.ports.map(({ port, protocol }) => `${port}/${protocol}`)),
      ),
      age,
      column<Service>('Selector', ({ spec }) => labels(spec.selector), 1),
    ],
  ],
  [
    kinds.endpointSlices,
    [
      column<Slice>('AddressType', ({ addressType }) => addressType),
      column<Slice>('Ports', ({ ports }) => list(ports.map(({ port }) => String(port)))),
      column<Slice>('Endpoints', ({ endpoints }) => list(endpoints.flatMap(({ addresses }) => addresses))),
      age,
    ],
  ],
  [
    kinds.disruptionBudgets,
    [
      column<DisruptionBudget>('Min Available', ({ spec }) => spec.minAvailable ?? 'N/A'),
      column<DisruptionBudget>('Max Unavailable', ({ spec }) => spec.maxUnavailable ?? 'N/A'),
      column<DisruptionBudget>('Allowed Disruptions', ({ status }) => status.disruptionsAllowed),
      age,
    ],
  ],
  [kinds.clusterRoleBindings, [column<Binding>('Role', roleOf), age]],
  [kinds.roleBindings, [column<Binding>('Role', roleOf), age]],
  [
    kinds.events,
    [
      column<KubeEvent>('Last Seen', ({ lastTimestamp }, now) => duration(now - Date.parse(lastTimestamp))),
      column<KubeEvent>('Type', ({ type }) => type),
      column<KubeEvent>('Reason', ({ reason }) => reason),
      column<KubeEvent>('Object', ({ involvedObject: { kind, name } }) => `${kind.toLowerCase()}/${name}`),
      column<KubeEvent>('Message', ({ message }) => message),
    ],
  ],
]);

interface Slice extends KubeObject {
  readonly addressType: string;
  readonly ports: readonly { readonly port: number }[];
  readonly endpoints: readonly { readonly addresses: readonly string[] }[];
}

/** The table that `kubectl get` prints: the server chooses the columns. */
export function table(
  kind: Kind,
  objects: readonly KubeObject[],
  version: string,
  now: number,
  rest: object = {},
): object {
  const shown =
    kind === kinds.events ? (columns.get(kind) ?? []) : [nameColumn, ...(columns.get(kind) ?? [age])];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: version, ...rest },
    columnDefinitions: shown.map(({ name, priority = 0 }) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority,
    })),
    rows: objects.map((object) => ({
      cells: shown.map(({ cell }) => cell(object, now)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}

function roleOf({ roleRef: { kind, name } }: Binding): string {
  return `${kind}/${name}`;
}

function podStatus(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = pod.status.containerStatuses?.find(({ state }) => state.waiting)?.state.waiting;
  if (waiting) return waiting.reason;
  return pod.status.phase === 'Running' && !isReady(pod) ? 'Running' : pod.status.phase;
}

function list(values: readonly string[]): string {
  return values.join(',');
}

function labels(given: Readonly<Record<string, string>> = {}): string {
  return list(Object.entries(given).map(([key, value]) => `${key}=${value}`));
}

/** As kubectl shortens durations: `45s`, `3m20s`, `15m`, `5h30m`, `2d4h`, `30d`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  if (hours < 48) return `${hours}h`;
  if (days < 8) return hours % 24 ? `${days}d${hours % 24}h` : `${days}d`;
  return `${days}d`;
}
