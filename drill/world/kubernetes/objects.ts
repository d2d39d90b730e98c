/** JSON as Kubernetes objects are made of it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

export interface JsonObject {
  [member: string]: Json;
}

interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: JsonObject;
}

export interface Metadata {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** Set while it is being deleted: when its time to end is over. */
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFields[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: object;
  status?: object;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime: string;
  readonly lastUpdateTime?: string;
}

export interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

interface Container {
  name: string;
  image: string;
  ports?: { name?: string; containerPort: number }[];
}

export interface PodTemplate {
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: { containers: Container[]; nodeName?: string };
}

export interface Deployment extends KubeObject {
  spec: {
    replicas: number;
    selector: Selector;
    template: PodTemplate;
    strategy: {
      type: 'RollingUpdate' | 'Recreate';
      rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string };
    };
    /** Seconds. */
    progressDeadlineSeconds: number;
    revisionHistoryLimit: number;
  };
  /** Counts that are zero are left out, as Kubernetes does. */
  status: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    unavailableReplicas?: number;
    conditions?: Condition[];
  };
}

export interface ReplicaSet extends KubeObject {
  spec: { replicas: number; selector: Selector; template: PodTemplate };
  status: {
    replicas: number;
    readyReplicas?: number;
    availableReplicas?: number;
    observedGeneration?: number;
  };
}

interface ContainerState {
  waiting?: { reason: string; message?: string };
  running?: { startedAt: string };
  terminated?: { exitCode: number; reason: string; startedAt: string; finishedAt: string };
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restartCount: number;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

export interface Pod extends KubeObject {
  spec: PodTemplate['spec'];
  status: {
    phase: 'Pending' | 'Running';
    conditions: Condition[];
    containerStatuses?: ContainerStatus[];
    startTime?: string;
    podIP?: string;
  };
}

export interface KubeNode extends KubeObject {
  spec: {
    providerID: string;
    unschedulable?: boolean;
    taints?: { key: string; value?: string; effect: string; timeAdded?: string }[];
  };
  status: {
    capacity: Record<string, string>;
    allocatable: Record<string, string>;
    conditions: Condition[];
    nodeInfo: Record<string, string>;
    addresses: { type: string; address: string }[];
  };
}

export interface Autoscaler extends KubeObject {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string };
    minReplicas: number;
    maxReplicas: number;
    behavior?: { scaleDown?: { selectPolicy?: string; stabilizationWindowSeconds?: number } };
  };
  status: {
    currentReplicas?: number;
    desiredReplicas: number;
    lastScaleTime?: string;
    conditions?: Condition[];
  };
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  /** Base64. */
  binaryData?: Record<string, string>;
  immutable?: boolean;
}

export interface Secret extends KubeObject {
  /** Base64. */
  data?: Record<string, string>;
  type?: string;
  immutable?: boolean;
}

export interface Role extends KubeObject {
  rules?: { apiGroups?: string[]; resources?: string[]; verbs: string[]; resourceNames?: string[] }[] | null;
}

export interface Binding extends KubeObject {
  roleRef: { apiGroup?: string; kind: string; name: string };
  subjects?: { apiGroup?: string; kind: string; name: string; namespace?: string }[];
}

export interface Service extends KubeObject {
  spec: {
    type: string;
    selector?: Record<string, string>;
    clusterIP: string;
    ports: { name?: string; port: number; protocol: string; targetPort: number | string }[];
  };
}

export interface DisruptionBudget extends KubeObject {
  spec: { selector?: Selector | null; minAvailable?: number | string; maxUnavailable?: number | string };
  status: {
    observedGeneration?: number;
    disruptionsAllowed: number;
    currentHealthy: number;
    desiredHealthy: number;
    expectedPods: number;
    conditions?: Condition[];
  };
}

/** `v1`: what a controller wants a person to know. */
export interface KubeEvent extends KubeObject {
  type: string;
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  involvedObject: { apiVersion: string; kind: string; namespace: string; name: string; uid: string };
  source: { component: string };
}

/** Whether a pod would get traffic. */
export function isReady(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return pod.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** The owner that keeps an object alive: its controller. */
export function ownerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller);
}

/** A time as Kubernetes writes it: whole seconds, UTC. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
