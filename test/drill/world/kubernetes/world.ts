import { EKSClient } from '@aws-sdk/client-eks';
import { afterEach } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import type { ClusterAccess } from '../../../../drill/cloud/eks/contract.ts';
import { createAuthority } from '../../../../drill/world/certificates.ts';
import {
  startCluster,
  type Cluster,
  type ClusterOptions,
} from '../../../../drill/world/kubernetes/cluster.ts';
import { clusterToken } from '../../../../lambdas/aws/kubernetes-token.ts';
import { ask, type Asked } from '../ask.ts';

export const region = 'eu-central-1';
export const role = 'arn:aws:iam::111111111111:role/lifeboat-dev-scale-workloads';
const credentials = { accessKeyId: 'AKIALIFEBOAT', secretAccessKey: 'the secret of the role' };
const authority = createAuthority();
const running: { cluster: Cluster; clock: WorldClock }[] = [];

afterEach(async () => {
  for (const { cluster, clock } of running.splice(0)) {
    clock.stop();
    await cluster.stop();
  }
});

export interface World {
  readonly cluster: Cluster;
  readonly clock: WorldClock;
  readonly refusals: readonly string[];
  /** One request, with full rights unless another token is given; null sends none. */
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Asked>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly type?: string;
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
}

/** A cluster with one deployment `erlmcp/erlmcp` of two replicas on two nodes, and whatever else is asked. */
export async function startWorld(
  options: Partial<ClusterOptions> & { readonly access?: ClusterAccess } = {},
): Promise<World> {
  const clock = new WorldClock({ start: Date.now(), speed: Infinity, whileBusy: 'not-at-all' });
  const refusals: string[] = [];
  const cluster = await startCluster({
    clock,
    name: 'erlmcp-standby',
    region,
    authority: await authority,
    nodes: 2,
    deployments: [{ namespace: 'erlmcp', name: 'erlmcp', replicas: 2 }],
    principalOf: (key) =>
      key === credentials.accessKeyId ? { kind: 'role', arn: role, name: 'scale-workloads' } : undefined,
    secretOf: () => credentials.secretAccessKey,
    accessOf: (arn) => (arn === role ? options.access : undefined),
    onRefused: (reason) => refusals.push(reason),
    ...options,
  });
  running.push({ cluster, clock });
  const config = JSON.parse(cluster.kubeconfig()) as { users: [{ user: { token: string } }] };
  const operator = config.users[0].user.token;
  const ca = (await authority).certificatePem;
  return {
    cluster,
    clock,
    refusals,
    call(method, path, { body, type, token = operator, headers = {} } = {}) {
      return ask(`${cluster.url}${path}`, {
        method,
        ca,
        ...(body === undefined ? {} : { body }),
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(type === undefined ? {} : { 'content-type': type }),
          ...headers,
        },
      });
    },
  };
}

/** The token that a function of Lifeboat makes with its own credentials. */
export function tokenFor(
  cluster: string,
  { of = region, accessKeyId = credentials.accessKeyId, secretAccessKey = credentials.secretAccessKey } = {},
): Promise<string> {
  const eks = new EKSClient({ region: of, credentials: { accessKeyId, secretAccessKey } });
  return clusterToken(eks, of, cluster);
}

/** Let incident time pass. */
export const pass = (clock: WorldClock, seconds: number) => clock.sleep(seconds * 1000);

export const deployments = '/apis/apps/v1/namespaces/erlmcp/deployments';
export const deployment = `${deployments}/erlmcp`;
export const autoscaler = '/apis/autoscaling/v2/namespaces/erlmcp/horizontalpodautoscalers/erlmcp';
export const mergePatch = 'application/merge-patch+json';
