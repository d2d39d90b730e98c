/** What a rule allows, in Kubernetes' words. A star stands for all, also before a subresource. */
export interface AccessRule {
  readonly apiGroups: readonly string[];
  /** `deployments`, `deployments/scale`, ... */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Absent: all of them. With it, nothing that is not about one object by its name. */
  readonly resourceNames?: readonly string[];
}

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const workloads = ['daemonsets', 'deployments', 'replicasets', 'statefulsets'];
const scales = ['deployments/scale', 'replicasets/scale', 'statefulsets/scale'];
const statuses = workloads.map((workload) => `${workload}/status`);
const throughPods = ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'];

const viewing: readonly AccessRule[] = [
  {
    apiGroups: ['apps'],
    resources: ['controllerrevisions', ...workloads, ...scales, ...statuses],
    verbs: read,
  },
  {
    apiGroups: ['autoscaling'],
    resources: ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'],
    verbs: read,
  },
  { apiGroups: ['batch'], resources: ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'], verbs: read },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  {
    apiGroups: ['networking.k8s.io'],
    resources: ['ingresses', 'ingresses/status', 'networkpolicies'],
    verbs: read,
  },
  {
    apiGroups: ['policy'],
    resources: ['poddisruptionbudgets', 'poddisruptionbudgets/status'],
    verbs: read,
  },
  {
    apiGroups: [''],
    resources: [
      ...['configmaps', 'endpoints', 'persistentvolumeclaims', 'persistentvolumeclaims/status', 'pods'],
      ...['replicationcontrollers', 'replicationcontrollers/scale', 'serviceaccounts', 'services'],
      ...['services/status', 'bindings', 'events', 'limitranges', 'namespaces', 'namespaces/status'],
      ...[
        'pods/log',
        'pods/status',
        'replicationcontrollers/status',
        'resourcequotas',
        'resourcequotas/status',
      ],
    ],
    verbs: read,
  },
];

const editing: readonly AccessRule[] = [
  ...viewing,
  {
    apiGroups: ['apps'],
    resources: [...workloads, 'deployments/rollback', ...scales],
    verbs: write,
  },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: write },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: write },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: write },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: write },
  { apiGroups: [''], resources: [...throughPods, 'secrets', 'services/proxy'], verbs: read },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  {
    apiGroups: [''],
    resources: [
      ...['pods', ...throughPods, 'configmaps', 'events', 'persistentvolumeclaims', 'replicationcontrollers'],
      ...['replicationcontrollers/scale', 'secrets', 'serviceaccounts', 'services', 'services/proxy'],
    ],
    verbs: write,
  },
];

const administering: readonly AccessRule[] = [
  ...editing,
  { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['rolebindings', 'roles'],
    verbs: [...read, ...write],
  },
];

const everything = { apiGroups: ['*'], resources: ['*'] };

/**
 * EKS's own access policies, as the EKS user guide lists them ("Review access policy permissions", and ARC's
 * "EKS resource scaling execution block"), without the group `extensions`, which no cluster serves any more.
 */
const accessPolicies: Readonly<Record<string, readonly AccessRule[]>> = {
  AmazonEKSClusterAdminPolicy: [{ ...everything, verbs: ['*'] }],
  AmazonEKSAdminViewPolicy: [{ ...everything, verbs: read }],
  AmazonEKSAdminPolicy: administering,
  AmazonEKSEditPolicy: editing,
  AmazonEKSViewPolicy: viewing,
  AmazonARCRegionSwitchScalingPolicy: [
    { apiGroups: ['*'], resources: ['*/scale'], verbs: ['get', 'update'] },
    { apiGroups: ['*'], resources: ['*/status'], verbs: ['get'] },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['get', 'patch'] },
  ],
};

const PREFIX = 'arn:aws:eks::aws:cluster-access-policy/';

/** Rules of a policy by its ARN; undefined when EKS has no such policy. */
export function rulesOf(policyArn: string): readonly AccessRule[] | undefined {
  return policyArn.startsWith(PREFIX) ? accessPolicies[policyArn.slice(PREFIX.length)] : undefined;
}
