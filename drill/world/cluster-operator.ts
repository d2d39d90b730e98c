import { request } from 'node:https';
import type { Cluster } from './kubernetes/cluster.ts';

/** An object as the Kubernetes API gives it, as far as it is read here. */
export interface ClusterObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly unknown[];
  };
  readonly [member: string]: unknown;
}

/** A person, or a release pipeline, with full rights in a cluster: what they do goes through the API like everybody's. */
export interface ClusterOperator {
  /** Objects of a kind in a namespace; `path` as the API has it: `api/v1/configmaps`, `apis/apps/v1/deployments`. */
  list(path: string, namespace: string): Promise<readonly ClusterObject[]>;
  /** Make the object what is given: it is created, or put in the place of the one that is there. */
  put(path: string, namespace: string, object: ClusterObject): Promise<void>;
  /** A JSON merge patch. */
  patch(path: string, namespace: string, name: string, patch: unknown): Promise<void>;
  remove(path: string, namespace: string, name: string): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly { readonly user: { readonly token: string } }[];
}

/** @throws Error with the API's own sentence when it refuses */
export function operatorOf(cluster: Pick<Cluster, 'kubeconfig'>): ClusterOperator {
  const { clusters, users } = JSON.parse(cluster.kubeconfig()) as Kubeconfig;
  const place = clusters[0]?.cluster;
  const token = users[0]?.user.token;
  if (!place || token === undefined) throw new Error('the kubeconfig of a cluster has no cluster or no user');
  const ca = Buffer.from(place['certificate-authority-data'], 'base64');

  const call = (method: string, path: string, body?: unknown, type = 'application/json') =>
    new Promise<{ readonly status: number; readonly body: unknown }>((resolve, reject) => {
      const sent = request(
        `${place.server}/${path}`,
        {
          method,
          ca,
          agent: false,
          headers: {
            authorization: `Bearer ${token}`,
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': type }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({
              status: response.statusCode ?? 0,
              body: text === '' ? null : (JSON.parse(text) as unknown),
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const expectOk = ({ status, body }: { readonly status: number; readonly body: unknown }, what: string) => {
    if (status >= 200 && status < 300) return body;
    const message =
      typeof body === 'object' && body !== null ? (body as { message?: unknown }).message : body;
    throw new Error(`${what}: ${status} ${String(message)}`);
  };
  /** `api/v1/configmaps` in a namespace. */
  const within = (path: string, namespace: string, name?: string) => {
    const parts = path.split('/');
    const kind = parts.pop() ?? '';
    return [...parts, 'namespaces', namespace, kind, ...(name === undefined ? [] : [name])].join('/');
  };

  return {
    async list(path, namespace) {
      const at = within(path, namespace);
      const body = expectOk(await call('GET', at), `list ${at}`) as {
        readonly items: readonly ClusterObject[];
      };
      return body.items;
    },
    async put(path, namespace, object) {
      const at = within(path, namespace, object.metadata.name);
      const there = await call('GET', at);
      if (there.status === 404) {
        expectOk(await call('POST', within(path, namespace), object), `create ${at}`);
        return;
      }
      const { metadata } = expectOk(there, `get ${at}`) as { metadata: { resourceVersion: string } };
      const { resourceVersion } = metadata;
      const next = { ...object, metadata: { ...object.metadata, resourceVersion } };
      expectOk(await call('PUT', at, next), `replace ${at}`);
    },
    async patch(path, namespace, name, patch) {
      const at = within(path, namespace, name);
      expectOk(await call('PATCH', at, patch, 'application/merge-patch+json'), `patch ${at}`);
    },
    async remove(path, namespace, name) {
      const at = within(path, namespace, name);
      expectOk(await call('DELETE', at), `delete ${at}`);
    },
  };
}
