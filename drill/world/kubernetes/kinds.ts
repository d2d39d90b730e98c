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
  Role,
  Secret,
  Service,
} from './objects.ts';

/** A kind of object that the API serves. */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Only for the compiler: what objects of this kind look like. */
  readonly shape?: T;
}

type Subresource = 'eviction' | 'log' | 'scale' | 'status';

export const verbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

function kind<T extends KubeObject>(
  group: string,
  version: string,
  name: string,
  plural: string,
  shortNames: readonly string[],
  more: Partial<Pick<Kind, 'namespaced' | 'categories' | 'subresources'>> = {},
): Kind<T> {
  const defaults = { namespaced: true, categories: [], subresources: [] };
  return { group, version, kind: name, plural, shortNames, ...defaults, ...more };
}

const rbac = 'rbac.authorization.k8s.io';

export const kinds = {
  configMaps: kind<ConfigMap>('', 'v1', 'ConfigMap', 'configmaps', ['cm']),
  endpoints: kind('', 'v1', 'Endpoints', 'endpoints', ['ep']),
  events: kind<KubeEvent>('', 'v1', 'Event', 'events', ['ev']),
  namespaces: kind('', 'v1', 'Namespace', 'namespaces', ['ns'], {
    namespaced: false,
    subresources: ['status'],
  }),
  nodes: kind<KubeNode>('', 'v1', 'Node', 'nodes', ['no'], { namespaced: false, subresources: ['status'] }),
  pods: kind<Pod>('', 'v1', 'Pod', 'pods', ['po'], {
    categories: ['all'],
    subresources: ['eviction', 'log', 'status'],
  }),
  secrets: kind<Secret>('', 'v1', 'Secret', 'secrets', []),
  services: kind<Service>('', 'v1', 'Service', 'services', ['svc'], {
    categories: ['all'],
    subresources: ['status'],
  }),
  deployments: kind<Deployment>('apps', 'v1', 'Deployment', 'deployments', ['deploy'], {
    categories: ['all'],
    subresources: ['scale', 'status'],
  }),
  replicaSets: kind<ReplicaSet>('apps', 'v1', 'ReplicaSet', 'replicasets', ['rs'], {
    categories: ['all'],
    subresources: ['status'],
  }),
  autoscalers: kind<Autoscaler>(
    'autoscaling',
    'v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
    ['hpa'],
    { categories: ['all'], subresources: ['status'] },
  ),
  endpointSlices: kind('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', []),
  disruptionBudgets: kind<DisruptionBudget>(
    'policy',
    'v1',
    'PodDisruptionBudget',
    'poddisruptionbudgets',
    ['pdb'],
    { subresources: ['status'] },
  ),
  clusterRoles: kind<Role>(rbac, 'v1', 'ClusterRole', 'clusterroles', [], { namespaced: false }),
  clusterRoleBindings: kind<Binding>(rbac, 'v1', 'ClusterRoleBinding', 'clusterrolebindings', [], {
    namespaced: false,
  }),
  roles: kind<Role>(rbac, 'v1', 'Role', 'roles', []),
  roleBindings: kind<Binding>(rbac, 'v1', 'RoleBinding', 'rolebindings', []),
} as const;

export const allKinds: readonly Kind[] = Object.values(kinds);

export function apiVersionOf({ group, version }: Pick<Kind, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `deployments.apps`, and `pods` for the core group: how messages name a resource. */
export function resourceName({ group, plural }: Pick<Kind, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`;
}
