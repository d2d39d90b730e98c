import { DescribeClusterCommand, type EKSClient } from '@aws-sdk/client-eks';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import { describeFailure, failureName, passesByItself } from './api-failure.ts';
import { withBackoff } from './backoff.ts';
import {
  callKubernetes,
  Conflict,
  type KubernetesEndpoint,
  type KubernetesRequest,
} from './kubernetes-request.ts';
import { clusterToken } from './kubernetes-token.ts';
import type { AutoscalerState, DeploymentState } from './capacity.ts';

export interface ClusterName {
  readonly region: string;
  readonly name: string;
  readonly namespace: string;
}

/**
 * The few calls of the Kubernetes API that a recovery needs.
 *
 * They stay within AWS's managed policy AmazonARCRegionSwitchScalingPolicy, the tightest that can scale
 * (aws-facts §5): a deployment is read through its `status` subresource and scaled through `scale`.
 */
export interface Kubernetes {
  deployment(name: string): Promise<DeploymentState>;
  autoscaler(name: string): Promise<AutoscalerState>;
  /**
   * Read the count, ask `raise` for the new one (null: leave it), and write it only if nobody else wrote in
   * between; then read again and ask again.
   *
   * @throws TryAgain when others keep writing
   */
  scale(name: string, raise: (replicas: number) => number | null): Promise<void>;
  /** The same for the bounds of an autoscaler. */
  bound(name: string, raise: (bounds: AutoscalerState) => AutoscalerState | null): Promise<void>;
}

/** Endpoints by region and name: they do not change as long as the cluster lives. */
const endpoints = new Map<string, KubernetesEndpoint>();

export interface DescribedCluster {
  readonly status: string;
  readonly endpoint: KubernetesEndpoint | null;
}

/**
 * @throws UnsafePlan when there is no such cluster
 * @throws TryAgain when EKS throttles, fails or does not answer
 */
export async function describeCluster(
  eks: EKSClient,
  { region, name }: ClusterName,
): Promise<DescribedCluster> {
  try {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name }));
    const ca = cluster?.certificateAuthority?.data;
    const endpoint =
      cluster?.endpoint !== undefined && ca !== undefined
        ? { cluster: name, url: cluster.endpoint, ca: Buffer.from(ca, 'base64').toString('utf8') }
        : null;
    if (endpoint) endpoints.set(`${region} ${name}`, endpoint);
    return { status: cluster?.status ?? 'unknown', endpoint };
  } catch (error) {
    if (failureName(error) === 'ResourceNotFoundException') {
      throw new UnsafePlan(`there is no cluster ${name} in ${region}`);
    }
    if (passesByItself(error)) {
      throw new TryAgain(`DescribeCluster ${name}: ${describeFailure(error)}`, { cause: error });
    }
    throw error;
  }
}

/** One call of a cluster's API, with a token that holds for this invocation. Errors are those of `callKubernetes`. */
export type KubernetesCall = (request: KubernetesRequest) => Promise<unknown>;

/** @throws as `describeCluster` does, and UnsafePlan when the cluster has no endpoint yet */
export async function connectKubernetes(eks: EKSClient, cluster: ClusterName): Promise<KubernetesCall> {
  const endpoint =
    endpoints.get(`${cluster.region} ${cluster.name}`) ?? (await describeCluster(eks, cluster)).endpoint;
  if (!endpoint) throw new UnsafePlan(`cluster ${cluster.name} has no Kubernetes endpoint`);
  const token = await clusterToken(eks, cluster.region, cluster.name);
  return (request) => callKubernetes(endpoint, token, request);
}

/** @throws as `connectKubernetes` does */
export async function openKubernetes(eks: EKSClient, cluster: ClusterName): Promise<Kubernetes> {
  const call = await connectKubernetes(eks, cluster);
  const read = (path: string) => patiently(() => call({ method: 'GET', path }));
  const deployments = `/apis/apps/v1/namespaces/${encodeURIComponent(cluster.namespace)}/deployments`;
  const autoscalers = `/apis/autoscaling/v2/namespaces/${encodeURIComponent(cluster.namespace)}/horizontalpodautoscalers`;

  return {
    async deployment(name) {
      const found = await read(`${deployments}/${encodeURIComponent(name)}/status`);
      return {
        replicas: count(found, ['spec', 'replicas'], 1),
        readyReplicas: count(found, ['status', 'readyReplicas'], 0),
        pods: count(found, ['status', 'replicas'], 0),
        generation: count(found, ['metadata', 'generation'], 0),
        observedGeneration: count(found, ['status', 'observedGeneration'], 0),
      };
    },

    async autoscaler(name) {
      return bounds(await read(`${autoscalers}/${encodeURIComponent(name)}`));
    },

    async scale(name, raise) {
      const path = `${deployments}/${encodeURIComponent(name)}/scale`;
      await untilNobodyElseWrites(async () => {
        const found = await read(path);
        const replicas = raise(count(found, ['spec', 'replicas'], 0));
        if (replicas === null) return;
        const body = {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: {
            name,
            namespace: cluster.namespace,
            resourceVersion: member(found, ['metadata', 'resourceVersion']),
          },
          spec: { replicas },
        };
        await call({ method: 'PUT', path, body });
      });
    },

    async bound(name, raise) {
      const path = `${autoscalers}/${encodeURIComponent(name)}`;
      await untilNobodyElseWrites(async () => {
        const found = await read(path);
        const raised = raise(bounds(found));
        if (raised === null) return;
        const body = {
          metadata: { resourceVersion: member(found, ['metadata', 'resourceVersion']) },
          spec: { minReplicas: raised.minReplicas, maxReplicas: raised.maxReplicas },
        };
        await call({ method: 'PATCH', path, body });
      });
    },
  };
}

/** Reading again does no harm: at most three times, with at most a second and a half of waiting in all. */
export function patiently<T>(read: () => Promise<T>): Promise<T> {
  return withBackoff(read, {
    attempts: 3,
    baseMs: 500,
    capMs: 1_000,
    again: (error) => error instanceof TryAgain,
  });
}

/** An autoscaler or a controller may write at any time, but not for long: five rounds, then the state machine waits. */
async function untilNobodyElseWrites(round: () => Promise<void>): Promise<void> {
  try {
    await withBackoff(round, {
      attempts: 5,
      baseMs: 100,
      capMs: 800,
      again: (error) => error instanceof Conflict,
    });
  } catch (error) {
    if (error instanceof Conflict) throw new TryAgain(error.message, { cause: error });
    throw error;
  }
}

function bounds(autoscaler: unknown): AutoscalerState {
  return {
    // Kubernetes' own default when the field is absent.
    minReplicas: count(autoscaler, ['spec', 'minReplicas'], 1),
    maxReplicas: count(autoscaler, ['spec', 'maxReplicas'], 1),
  };
}

function member(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    value,
  );
}

/** Kubernetes leaves out a number that has its default: `status.readyReplicas` when no replica is ready. */
function count(value: unknown, path: readonly string[], absent: number): number {
  const found = member(value, path);
  return typeof found === 'number' ? found : absent;
}
