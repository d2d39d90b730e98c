import type { EKSClient } from '@aws-sdk/client-eks';
import { connectKubernetes, patiently, type ClusterName } from './kubernetes.ts';
import { listAll } from './kubernetes-list.ts';
import { Denied, Refusal } from './kubernetes-request.ts';
import type {
  KubeDeployment,
  KubeDisruptionBudget,
  KubeEndpointSlice,
  KubeEvent,
  KubeNode,
  KubePod,
  KubeReplicaSet,
  KubeService,
} from './kubernetes-workload-objects.ts';

/** Of the last lines of a container's log. */
export interface LogRequest {
  readonly container: string;
  /** Of the run before the present one. */
  readonly previous: boolean;
  readonly lines: number;
  readonly bytes: number;
}

/**
 * Deployments of a namespace and what belongs to them, each kind listed once however many deployments there are: a
 * look at fifty of them is as many requests as one at one.
 *
 * Reading stays within AWS's AmazonEKSViewPolicy, but for nodes; writing within AmazonEKSEditPolicy (aws-facts §5).
 */
export interface KubernetesWorkloads {
  deployments(): Promise<readonly KubeDeployment[]>;
  replicaSets(): Promise<readonly KubeReplicaSet[]>;
  pods(): Promise<readonly KubePod[]>;
  services(): Promise<readonly KubeService[]>;
  endpointSlices(): Promise<readonly KubeEndpointSlice[]>;
  disruptionBudgets(): Promise<readonly KubeDisruptionBudget[]>;
  events(which: 'all' | 'warnings'): Promise<readonly KubeEvent[]>;
  /** Null when this function may not look at nodes (403). */
  nodes(): Promise<readonly KubeNode[] | null>;
  /**
   * One request, not repeated: a pod on a node that is gone does not answer.
   *
   * @returns null when there is no such pod, container or run
   */
  log(pod: string, request: LogRequest): Promise<string | null>;
  /**
   * Merge annotations into a deployment and into its template, if it is still the version that was read.
   *
   * @throws Conflict when it is not
   */
  annotate(
    seen: KubeDeployment,
    annotations: Readonly<Record<string, string>>,
    ofTemplate: Readonly<Record<string, string>>,
  ): Promise<void>;
  /**
   * Put a whole deployment in the place of the version that it was made from. What the API says about it is not
   * repeated: a template may hold secrets.
   *
   * @throws Conflict when that is not the latest version any more
   */
  replace(deployment: KubeDeployment): Promise<void>;
}

/** One page, milliseconds: it may be megabytes. */
const pageTimeout = 10_000;
/** Of a log, milliseconds; a kubelet that is well answers in tens. */
const logTimeout = 5_000;

/** @throws as `connectKubernetes` does; the methods as `callKubernetes` does */
export async function openKubernetesWorkloads(
  eks: EKSClient,
  cluster: ClusterName,
): Promise<KubernetesWorkloads> {
  const call = await connectKubernetes(eks, cluster);
  const namespace = `namespaces/${encodeURIComponent(cluster.namespace)}`;
  const read = (path: string) => patiently(() => call({ method: 'GET', path, timeout: pageTimeout }));
  const list = <T>(root: string, plural: string, query?: Readonly<Record<string, string>>) =>
    listAll<T>(read, `${root}/${namespace}/${plural}`, query);
  const deploymentPath = (name: string) =>
    `/apis/apps/v1/${namespace}/deployments/${encodeURIComponent(name)}`;

  return {
    deployments: () => list('/apis/apps/v1', 'deployments'),
    replicaSets: () => list('/apis/apps/v1', 'replicasets'),
    pods: () => list('/api/v1', 'pods'),
    services: () => list('/api/v1', 'services'),
    endpointSlices: () => list('/apis/discovery.k8s.io/v1', 'endpointslices'),
    disruptionBudgets: () => list('/apis/policy/v1', 'poddisruptionbudgets'),
    events: (which) =>
      list('/api/v1', 'events', which === 'warnings' ? { fieldSelector: 'type=Warning' } : {}),

    async nodes() {
      try {
        return await listAll<KubeNode>(read, '/api/v1/nodes');
      } catch (error) {
        if (error instanceof Denied && error.status === 403) return null;
        throw error;
      }
    },

    async log(pod, { container, previous, lines, bytes }) {
      const query = new URLSearchParams({
        container,
        tailLines: String(lines),
        limitBytes: String(bytes),
        ...(previous ? { previous: 'true' } : {}),
      });
      const path = `/api/v1/${namespace}/pods/${encodeURIComponent(pod)}/log?${query.toString()}`;
      try {
        return (await call({ method: 'GET', path, text: true, timeout: logTimeout })) as string;
      } catch (error) {
        // 400: the container has not run, or had no run before.
        if (error instanceof Refusal && (error.status === 404 || error.status === 400)) return null;
        throw error;
      }
    },

    async annotate({ metadata: { name, resourceVersion } }, annotations, ofTemplate) {
      const body = {
        metadata: { resourceVersion, annotations },
        spec: { template: { metadata: { annotations: ofTemplate } } },
      };
      await call({ method: 'PATCH', path: deploymentPath(name), body, confidential: true });
    },

    async replace(deployment) {
      const body = { apiVersion: 'apps/v1', kind: 'Deployment', ...deployment };
      await call({
        method: 'PUT',
        path: deploymentPath(deployment.metadata.name),
        body,
        confidential: true,
      });
    },
  };
}
