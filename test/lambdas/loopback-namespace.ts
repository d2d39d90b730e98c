import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type {
  ContainerSight,
  KubeDeployment,
  KubeMetadata,
  KubePod,
  KubeReplicaSet,
  PodTemplate,
} from '../../lambdas/aws/kubernetes-workload-objects.ts';
import { createAuthority } from '../../drill/world/certificates.ts';

/** `deployments`, `pods`: plurals of the API. */
type Plural = string;
interface Item {
  readonly metadata: KubeMetadata;
}

/**
 * A namespace behind a Kubernetes API on loopback that is filled by hand: lists in pages, merge patches, replacements
 * with versions, logs, and refusals on order. No controller is behind it: a test says what becomes of a write.
 */
export interface LoopbackNamespace {
  readonly cluster: {
    readonly status: 'ACTIVE';
    readonly endpoint: string;
    readonly certificateAuthority: { readonly data: string };
  };
  /** By plural, then by name. */
  readonly objects: Map<Plural, Map<string, Item>>;
  /** By `pod container` or `pod container previous`. */
  readonly logs: Map<string, string>;
  /** Statuses to answer with instead, by `GET nodes`, `GET log pod-1`. */
  readonly refusals: Map<string, number>;
  /** Every request, as `GET pods`. */
  readonly asked: string[];
  /** Every write, as `PATCH deployments/erlmcp`. */
  readonly writes: string[];
  /** Run before a write is looked at: somebody else may be faster. */
  beforeWrite: () => void;
  /** Objects on one page, whatever is asked for. */
  pageSize: number;
  put(plural: Plural, ...items: Item[]): void;
  get<T extends Item>(plural: Plural, name: string): T;
  clear(): void;
  close(): Promise<void>;
}

export async function loopbackNamespace(): Promise<LoopbackNamespace> {
  const authority = await createAuthority();
  let version = 0;
  const server = createServer(await authority.issue(['127.0.0.1']), (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const [status, answer] = respond(request.method ?? '', new URL(request.url ?? '', 'https://k'), text);
      response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const namespace: LoopbackNamespace = {
    cluster: {
      status: 'ACTIVE',
      endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      certificateAuthority: { data: Buffer.from(authority.certificatePem).toString('base64') },
    },
    objects: new Map(),
    logs: new Map(),
    refusals: new Map(),
    asked: [],
    writes: [],
    beforeWrite: () => undefined,
    pageSize: Infinity,
    put(plural, ...items) {
      const all = namespace.objects.get(plural) ?? new Map<string, Item>();
      namespace.objects.set(plural, all);
      for (const item of items) {
        const resourceVersion = String((version += 1));
        all.set(item.metadata.name, { ...item, metadata: { ...item.metadata, resourceVersion } });
      }
    },
    get<T extends Item>(plural: Plural, name: string) {
      const found = namespace.objects.get(plural)?.get(name);
      if (!found) throw new Error(`there is no ${plural}/${name}`);
      return found as T;
    },
    clear() {
      namespace.objects.clear();
      namespace.logs.clear();
      namespace.refusals.clear();
      namespace.asked.length = 0;
      namespace.writes.length = 0;
      namespace.beforeWrite = () => undefined;
      namespace.pageSize = Infinity;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  function respond(method: string, url: URL, text: string): readonly [number, unknown] {
    const parts = url.pathname.split('/').slice(1);
    const from = parts.includes('namespaces') ? parts.indexOf('namespaces') + 2 : parts.length - 1;
    const [plural = '', name, sub] = parts.slice(from).map(decodeURIComponent);
    const what = sub === 'log' ? `log ${name ?? ''}` : [plural, name].filter(Boolean).join('/');
    namespace.asked.push(`${method} ${what}`);
    const refusal = namespace.refusals.get(`${method} ${what}`);
    if (refusal !== undefined) return [refusal, failure(`${method} ${what} is refused`)];
    if (sub === 'log') return log(name ?? '', url.searchParams);
    if (method === 'GET' && name === undefined) return [200, page(plural, url.searchParams)];
    if (method !== 'GET') {
      namespace.beforeWrite();
      namespace.writes.push(`${method} ${what}`);
    }
    const found = namespace.objects.get(plural)?.get(name ?? '');
    if (!found) return [404, failure(`${what} not found`)];
    return method === 'GET' ? [200, found] : write(method, plural, found, JSON.parse(text) as Item);
  }

  function page(plural: Plural, query: URLSearchParams) {
    const type = /^type=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1];
    const all = [...(namespace.objects.get(plural)?.values() ?? [])].filter(
      (item) => type === undefined || (item as { type?: string }).type === type,
    );
    const begin = Number(query.get('continue') ?? 0);
    const end = begin + Math.min(Number(query.get('limit')), namespace.pageSize);
    return { items: all.slice(begin, end), metadata: end < all.length ? { continue: String(end) } : {} };
  }

  function log(pod: string, query: URLSearchParams): readonly [number, unknown] {
    const previous = query.get('previous') === 'true';
    const kept = namespace.logs.get(`${pod} ${query.get('container')}${previous ? ' previous' : ''}`);
    if (kept === undefined) return [400, failure('previous terminated container not found')];
    const lines = kept.split('\n').slice(-Number(query.get('tailLines')));
    return [200, lines.join('\n').slice(0, Number(query.get('limitBytes')))];
  }

  function write(method: string, plural: Plural, found: Item, body: Item): readonly [number, unknown] {
    const { resourceVersion } = body.metadata;
    if (resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion) {
      return [409, failure('the object has been modified')];
    }
    const next = (method === 'PATCH' ? merged(found, body) : body) as Item;
    const generation = (found.metadata.generation ?? 1) + 1;
    namespace.put(plural, { ...next, metadata: { ...next.metadata, generation } });
    return [200, namespace.get(plural, found.metadata.name)];
  }

  return namespace;
}

function failure(message: string) {
  return { kind: 'Status', status: 'Failure', message };
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = new Map(Object.entries((target ?? {}) as Record<string, unknown>));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

export interface Rollout {
  readonly wanted?: number;
  /** Of every revision, the oldest first: its image, and how many pods of it there are, and are ready. */
  readonly revisions?: readonly {
    readonly image: string;
    readonly pods?: number;
    readonly ready?: number;
    /** Why the pods that are not ready wait. */
    readonly waiting?: string;
    readonly restarts?: number;
    readonly at?: string;
  }[];
  readonly stuck?: boolean;
  readonly paused?: boolean;
  readonly maxUnavailable?: number | string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const dawn = '2026-11-01T00:00:00Z';

/** A deployment with its ReplicaSets and pods, as a cluster has them after so many revisions. */
export function addDeployment(namespace: LoopbackNamespace, name: string, rollout: Rollout = {}): void {
  const { wanted = 2, annotations = {} } = rollout;
  const revisions = rollout.revisions ?? [{ image: `${name}:1`, pods: wanted, ready: wanted }];
  const last = revisions.at(-1);
  const total = (of: (each: (typeof revisions)[number]) => number | undefined) =>
    revisions.reduce((sum, each) => sum + (of(each) ?? 0), 0);
  const deployment: KubeDeployment = {
    metadata: {
      name,
      uid: `uid-${name}`,
      generation: 1,
      annotations: { 'deployment.kubernetes.io/revision': String(revisions.length), ...annotations },
    },
    spec: {
      replicas: wanted,
      template: template(name, last?.image ?? ''),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: rollout.maxUnavailable ?? '25%' } },
      ...(rollout.paused === true ? { paused: true } : {}),
    },
    status: {
      observedGeneration: 1,
      replicas: total(({ pods }) => pods),
      updatedReplicas: last?.pods ?? 0,
      readyReplicas: total(({ ready }) => ready),
      availableReplicas: total(({ ready }) => ready),
      conditions: [
        rollout.stuck === true
          ? { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', lastUpdateTime: dawn }
          : { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', lastUpdateTime: dawn },
      ],
    },
  };
  namespace.put('deployments', deployment);
  revisions.forEach((revision, index) => {
    const { image, pods = 0, ready = 0, waiting, restarts = 0, at = dawn } = revision;
    const set = replicaSet(name, index + 1, template(name, image), at, pods, ready);
    namespace.put('replicasets', set);
    for (let number = 0; number < pods; number++) {
      const sight: ContainerSight = {
        name: 'main',
        ready: number < ready,
        restartCount: restarts,
        state: number < ready || waiting === undefined ? { running: {} } : { waiting: { reason: waiting } },
      };
      namespace.put('pods', pod(set, number, sight, at));
    }
  });
}

export function template(name: string, image: string): PodTemplate {
  return {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'main', image, env: [{ name: 'PASSWORD', value: 'hunter2' }] }] },
  };
}

function replicaSet(
  owner: string,
  revision: number,
  of: PodTemplate,
  at: string,
  pods: number,
  ready: number,
): KubeReplicaSet {
  const hash = `hash${revision}`;
  return {
    metadata: {
      name: `${owner}-${hash}`,
      uid: `uid-${owner}-${hash}`,
      creationTimestamp: at,
      labels: { app: owner, 'pod-template-hash': hash },
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [{ kind: 'Deployment', name: owner, uid: `uid-${owner}`, controller: true }],
    },
    spec: {
      replicas: pods,
      template: {
        ...of,
        metadata: { ...of.metadata, labels: { ...of.metadata?.labels, 'pod-template-hash': hash } },
      },
    },
    status: { replicas: pods, ...(ready === 0 ? {} : { readyReplicas: ready }) },
  };
}

function pod(set: KubeReplicaSet, number: number, container: ContainerSight, at: string): KubePod {
  const { name, uid } = set.metadata;
  return {
    metadata: {
      name: `${name}-${number}`,
      uid: `uid-${name}-${number}`,
      creationTimestamp: at,
      ...(set.metadata.labels ? { labels: set.metadata.labels } : {}),
      ownerReferences: [{ kind: 'ReplicaSet', name, uid, controller: true }],
    },
    spec: { nodeName: 'node-1' },
    status: {
      phase: 'Running',
      conditions: [
        { type: 'Ready', status: container.ready === true ? 'True' : 'False', lastTransitionTime: at },
      ],
      containerStatuses: [container],
    },
  };
}

/** What the Deployment controller and the kubelets make of a deployment as it is now: the pods of its newest template. */
export function rollOut(
  namespace: LoopbackNamespace,
  name: string,
  pods: {
    readonly ready?: number;
    readonly waiting?: string;
    readonly restarts?: number;
    readonly at?: string;
  } = {},
): void {
  const deployment = namespace.get<KubeDeployment>('deployments', name);
  const { replicas = 1, template: now } = deployment.spec;
  const { ready = replicas, waiting, restarts = 0, at = new Date().toISOString() } = pods;
  const sets = [...(namespace.objects.get('replicasets')?.values() ?? [])]
    .map((item) => item as KubeReplicaSet)
    .filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === name);
  const revision = Math.max(0, ...sets.map(revisionIn)) + 1;
  for (const pod of [...(namespace.objects.get('pods')?.keys() ?? [])]) {
    if (pod.startsWith(`${name}-hash`)) namespace.objects.get('pods')?.delete(pod);
  }
  for (const set of sets) namespace.put('replicasets', { ...set, ...{ status: { replicas: 0 } } });
  const known = sets.find(({ spec }) => sameTemplate(spec.template, now));
  const made = replicaSet(name, revision, now, at, replicas, ready);
  const set: KubeReplicaSet = known
    ? { ...known, metadata: { ...known.metadata, annotations: { ...made.metadata.annotations } } }
    : made;
  namespace.put('replicasets', {
    ...set,
    ...{ spec: { ...set.spec, replicas }, status: { replicas, readyReplicas: ready } },
  });
  for (let number = 0; number < replicas; number++) {
    const state =
      number < ready || waiting === undefined ? { running: {} } : { waiting: { reason: waiting } };
    namespace.put(
      'pods',
      pod(set, number, { name: 'main', ready: number < ready, restartCount: restarts, state }, at),
    );
  }
  namespace.put('deployments', {
    ...deployment,
    ...{
      status: {
        ...deployment.status,
        observedGeneration: deployment.metadata.generation ?? 1,
        replicas,
        updatedReplicas: replicas,
        readyReplicas: ready,
        availableReplicas: ready,
      },
    },
  });
}

function revisionIn({ metadata }: KubeReplicaSet): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

function sameTemplate(ofSet: PodTemplate, of: PodTemplate): boolean {
  const labels = Object.entries(ofSet.metadata?.labels ?? {}).filter(([key]) => key !== 'pod-template-hash');
  const bare = { ...ofSet, metadata: { ...ofSet.metadata, labels: Object.fromEntries(labels) } };
  return JSON.stringify(bare) === JSON.stringify(of);
}
