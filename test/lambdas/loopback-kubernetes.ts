import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../../drill/world/certificates.ts';

export interface LoopbackKubernetes {
  /** As DescribeCluster answers it. */
  readonly cluster: {
    readonly status: 'ACTIVE';
    readonly endpoint: string;
    readonly certificateAuthority: { readonly data: string };
  };
  readonly deployments: Map<
    string,
    { replicas: number; ready: number; pods?: number; generation: number; observed: number }
  >;
  readonly autoscalers: Map<string, { minReplicas: number; maxReplicas: number }>;
  /** Statuses to answer with instead, by `GET deployments/erlmcp/scale`. */
  readonly refusals: Map<string, number>;
  /** Writes that it took, as `PUT deployments/erlmcp/scale`. */
  readonly writes: string[];
  close(): Promise<void>;
}

/** A cluster's Kubernetes API on loopback: deployments, their scale, autoscalers, and refusals on order. */
export async function loopbackKubernetes(): Promise<LoopbackKubernetes> {
  const authority = await createAuthority();
  const deployments: LoopbackKubernetes['deployments'] = new Map();
  const autoscalers: LoopbackKubernetes['autoscalers'] = new Map();
  const refusals = new Map<string, number>();
  const writes: string[] = [];

  const answer = (method: string, kind: string, name: string, sub: string, body: unknown): unknown => {
    const { spec } = (body ?? {}) as { spec?: never };
    if (kind === 'horizontalpodautoscalers') {
      const autoscaler = autoscalers.get(name);
      if (autoscaler && method === 'PATCH') Object.assign(autoscaler, spec);
      return autoscaler && { metadata: { resourceVersion: '1' }, spec: autoscaler };
    }
    const deployment = deployments.get(name);
    if (!deployment) return undefined;
    if (sub === 'scale') {
      if (method === 'PUT') {
        deployment.replicas = (spec as unknown as { replicas: number }).replicas;
        deployment.generation += 1;
      }
      return { metadata: { resourceVersion: '1' }, spec: { replicas: deployment.replicas } };
    }
    return {
      metadata: { generation: deployment.generation },
      spec: { replicas: deployment.replicas },
      status: {
        observedGeneration: deployment.observed,
        readyReplicas: deployment.ready,
        ...(deployment.pods === undefined ? {} : { replicas: deployment.pods }),
      },
    };
  };

  const server = createServer(await authority.issue(['127.0.0.1']), (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '' } = request;
      const [kind = '', name = '', sub = ''] = url.split('/').slice(6);
      const call = `${method} ${[kind, name, sub].filter(Boolean).join('/')}`;
      const refusal = refusals.get(call);
      const found =
        refusal === undefined ? answer(method, kind, name, sub, text && JSON.parse(text)) : undefined;
      if (found && method !== 'GET') writes.push(call);
      const status = refusal ?? (found ? 200 : 404);
      response
        .writeHead(status)
        .end(JSON.stringify(found ?? { kind: 'Status', message: `${call}: ${status}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    cluster: {
      status: 'ACTIVE',
      endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      certificateAuthority: { data: Buffer.from(authority.certificatePem).toString('base64') },
    },
    deployments,
    autoscalers,
    refusals,
    writes,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
