import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../../drill/world/certificates.ts';

interface Stored {
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    finalizers?: string[];
    deletionTimestamp?: string;
    [member: string]: unknown;
  };
  data?: Record<string, string>;
  immutable?: boolean;
  type?: string;
  [member: string]: unknown;
}

interface Asked {
  /** `PUT secrets/erlmcp` */
  readonly call: string;
  readonly query: URLSearchParams;
}

export interface LoopbackObjects {
  /** As DescribeCluster answers it. */
  readonly cluster: {
    readonly status: 'ACTIVE';
    readonly endpoint: string;
    readonly certificateAuthority: { readonly data: string };
  };
  /** By `secrets/erlmcp`. */
  readonly objects: Map<string, Stored>;
  /** Statuses to answer with instead, by call: `POST configmaps`, `PUT secrets/erlmcp`. */
  readonly refusals: Map<string, number>;
  /** Its effect happens, and its answer is a lost connection, once. */
  readonly lostAnswers: Set<string>;
  /** So many more calls have their effect; the answer to the last of them, and all after it, are lost connections. */
  callsLeft: number;
  /** Runs before a call has its effect, once. */
  readonly before: Map<string, () => void>;
  readonly calls: Asked[];
  /** Writes that had an effect. */
  readonly writes: string[];
  namespace: 'Active' | 'Terminating' | null;
  put(plural: 'configmaps' | 'secrets' | 'deployments', name: string, object?: object): void;
  reset(): void;
  close(): Promise<void>;
}

/** What an admission webhook says of what it refuses: it quotes it. */
const quoting = (body: unknown, status: number) => ({
  kind: 'Status',
  message: `admission webhook denied the request: ${JSON.stringify(body)}`,
  reason: status === 422 ? 'Invalid' : status === 413 ? 'RequestEntityTooLarge' : 'Forbidden',
  ...(status === 422 && {
    details: {
      causes: [{ field: 'data', reason: 'FieldValueTooLong', message: `Too long: ${JSON.stringify(body)}` }],
    },
  }),
});

/** ConfigMaps, Secrets and deployments of one namespace behind the Kubernetes API, as its documentation says. */
export async function loopbackObjects(): Promise<LoopbackObjects> {
  const authority = await createAuthority();
  let version = 100;
  const next = () => String((version += 1));
  const status = (code: number, reason: string): [number, object] => [
    code,
    { kind: 'Status', reason, message: reason },
  ];

  const answer = (
    method: string,
    plural: string,
    name: string,
    query: URLSearchParams,
    sent: Stored | null,
  ) => {
    const body = sent ?? { metadata: { name: '', uid: '', resourceVersion: '' } };
    const key = `${plural}/${name === '' ? body.metadata.name : name}`;
    const found = api.objects.get(key);
    const write = (object: Stored) => {
      api.objects.set(key, object);
      api.writes.push(`${method} ${key}`);
      return object;
    };
    switch (method) {
      case 'GET': {
        if (name !== '') return found ? [200, found] : status(404, 'NotFound');
        const all = [...api.objects]
          .filter(([each]) => each.startsWith(`${plural}/`))
          .map(([, each]) => each);
        const from = Number(query.get('continue') ?? 0);
        const to = from + Number(query.get('limit') ?? all.length);
        return [
          200,
          { items: all.slice(from, to), metadata: to < all.length ? { continue: String(to) } : {} },
        ];
      }
      case 'POST': {
        if (found) return status(409, 'AlreadyExists');
        if (query.get('dryRun') === 'All') return [201, body];
        const metadata = { ...body.metadata, uid: `uid-${next()}`, resourceVersion: String(version) };
        return [201, write({ ...body, metadata })];
      }
      case 'PUT': {
        if (!found) return status(404, 'NotFound');
        if (body.metadata.resourceVersion !== found.metadata.resourceVersion) return status(409, 'Conflict');
        const changed = JSON.stringify(body.data) !== JSON.stringify(found.data);
        if ((found.immutable === true && changed) || body.type !== found.type) return status(422, 'Invalid');
        const metadata = { ...body.metadata, uid: found.metadata.uid, resourceVersion: next() };
        return [200, write({ ...body, metadata })];
      }
      case 'DELETE': {
        if (!found) return status(404, 'NotFound');
        const { preconditions } = body as unknown as { preconditions: Record<string, string> };
        const { uid, resourceVersion, finalizers } = found.metadata;
        if (preconditions['uid'] !== uid || preconditions['resourceVersion'] !== resourceVersion) {
          return status(409, 'Conflict');
        }
        if (finalizers && finalizers.length > 0) {
          const metadata = { ...found.metadata, deletionTimestamp: '2026-11-23T12:10:00Z' };
          return [200, write({ ...found, metadata })];
        }
        api.objects.delete(key);
        api.writes.push(`DELETE ${key}`);
        return [200, { kind: 'Status' }];
      }
      default:
        return status(405, 'MethodNotAllowed');
    }
  };

  const server = createServer(await authority.issue(['127.0.0.1']), (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '' } = request;
      const { pathname, searchParams: query } = new URL(url, 'https://kubernetes');
      const [, plural = '', name = ''] = /\/namespaces\/[^/]+\/([^/]+)\/?([^/]*)$/.exec(pathname) ?? [];
      const call = `${method} ${[plural || 'namespace', name].filter(Boolean).join('/')}`;
      const body = JSON.parse(text || 'null') as Stored | null;
      api.callsLeft -= 1;
      if (api.callsLeft < 0) {
        request.socket.destroy();
        return;
      }
      api.calls.push({ call, query });
      const hook = api.before.get(call);
      if (hook && api.before.delete(call)) hook();
      const refused = api.refusals.get(call);
      const [code, reply] =
        refused !== undefined
          ? [refused, quoting(body, refused)]
          : plural === ''
            ? api.namespace === null
              ? status(404, 'NotFound')
              : [200, { status: { phase: api.namespace } }]
            : answer(method, plural, name, query, body);
      if (api.lostAnswers.delete(call) || api.callsLeft <= 0) {
        request.socket.destroy();
        return;
      }
      response.writeHead(code as number).end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: LoopbackObjects = {
    cluster: {
      status: 'ACTIVE',
      endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      certificateAuthority: { data: Buffer.from(authority.certificatePem).toString('base64') },
    },
    objects: new Map(),
    refusals: new Map(),
    lostAnswers: new Set(),
    callsLeft: Infinity,
    before: new Map(),
    calls: [],
    writes: [],
    namespace: 'Active',
    put(plural, name, object = {}) {
      const { metadata, ...content } = object as { metadata?: object };
      api.objects.set(`${plural}/${name}`, {
        ...content,
        apiVersion: plural === 'deployments' ? 'apps/v1' : 'v1',
        metadata: {
          namespace: 'erlmcp',
          uid: `uid-${next()}`,
          resourceVersion: String(version),
          creationTimestamp: '2026-11-20T00:00:00Z',
          managedFields: [{ manager: 'kubectl' }],
          ...metadata,
          name,
        },
      });
    },
    reset() {
      for (const each of [api.objects, api.refusals, api.lostAnswers, api.before]) each.clear();
      api.calls.length = 0;
      api.writes.length = 0;
      api.namespace = 'Active';
      api.callsLeft = Infinity;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return api;
}
