import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { authenticate, impersonated, type ClusterIdentity, type Identities } from './authenticate.ts';
import { authorize, type GroupBindings } from './authorize.ts';
import type { Disruptions } from './disruptions.ts';
import { discovery } from './discovery.ts';
import { apiVersionOf, kinds, type Kind } from './kinds.ts';
import type { Json, KubeObject } from './objects.ts';
import { Pages } from './paging.ts';
import { isObject } from './patch.ts';
import type { PodLogs } from './pod-logs.ts';
import { protobuf } from './protobuf.ts';
import { grantsOf } from './rbac.ts';
import { readBody, resourceRequest, type ResourceRequest } from './request.ts';
import { isReview, review } from './reviews.ts';
import { patchTypes, scopeOf, served, type Resources, type WriteOptions } from './resources.ts';
import { selection } from './selectors.ts';
import { methodNotAllowed, noSuchPath, Refusal, unauthorized } from './status.ts';
import type { Store } from './store.ts';
import { table } from './table.ts';
import { watch } from './watch.ts';

interface ApiOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly resources: Resources;
  readonly cluster: ClusterIdentity;
  readonly identities: Identities;
  readonly bindings: GroupBindings;
  readonly logs: PodLogs;
  /** Whether a node's kubelet answers. */
  readonly works: (node: string) => boolean;
  readonly disruptions: Disruptions;
  /** `v1.34.0` */
  readonly gitVersion: string;
  /** Told why a request was refused with 401: the client only learns that it was. */
  readonly onRefused?: (reason: string) => void;
}

const objectTypes = ['application/json', 'application/yaml', protobuf];

/** Paths that anybody may read (the role system:public-info-viewer). */
const open = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/**
 * The Kubernetes API: who asks, whether they may, and the answer in the form they accept.
 *
 * Bodies are JSON or YAML, and of a few kinds protobuf. Of the others, protobuf is answered 415:
 * `kubectl create deployment` sends it; `kubectl apply` does the same without.
 */
export class Api {
  readonly #options: ApiOptions;
  readonly #pages = new Pages();

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      const refusal =
        error instanceof Refusal
          ? error
          : new Refusal(500, 'InternalError', `Internal error: ${String(error)}`);
      reply(response, refusal.code, refusal.status());
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, store, cluster, identities, bindings, gitVersion, onRefused } = this.#options;
    const { method = 'GET' } = request;
    const url = new URL(request.url ?? '/', 'https://kubernetes');
    const sender = authenticate(request.headers.authorization, cluster, identities, clock.now());
    if ('refused' in sender) {
      onRefused?.(sender.refused);
      throw unauthorized();
    }
    const user = impersonated(sender, request.headers);
    if (!user) throw new Refusal(403, 'Forbidden', `User "${sender.name}" cannot impersonate anybody`, {});
    const asked = resourceRequest(method, url);
    if (!asked) {
      const path = url.pathname;
      const identified = user.groups.includes('system:authenticated');
      if (!identified && !open.includes(path)) {
        throw new Refusal(
          403,
          'Forbidden',
          `forbidden: User "${user.name}" cannot ${method.toLowerCase()} path "${path}"`,
          {},
        );
      }
      const found = method === 'GET' || method === 'HEAD' ? discovery(path, gitVersion) : undefined;
      if (found === undefined) throw noSuchPath();
      reply(response, 200, found);
      return;
    }
    const grants = grantsOf(user, store, bindings);
    authorize(user, asked, grants);
    const apiVersion = apiVersionOf(asked);
    const { resource } = asked;
    if (asked.verb === 'create' && isReview(apiVersion, resource)) {
      const { body } = await readBody(request, objectTypes);
      reply(response, 201, review({ apiVersion, resource, body, user, grants, open }));
      return;
    }
    const answer = await this.#dispatch(served(asked.kind, asked.subresource), asked, request, response);
    if (answer !== undefined) reply(response, asked.verb === 'create' ? 201 : 200, answer);
  }

  /** What the verb answers; undefined when it streams. */
  async #dispatch(
    kind: Kind,
    asked: ResourceRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<object | string | undefined> {
    const { verb, namespace, name, subresource, query } = asked;
    const { resources } = this.#options;
    const show = this.#presentation(kind, subresource, request);
    if (verb === 'list') return this.#list(kind, asked, request);
    if (verb === 'watch') {
      const selected = selection(query);
      const matches = (object: KubeObject) =>
        (name === undefined || object.metadata.name === name) && selected(object);
      const scope = scopeOf(kind, namespace);
      watch(this.#options.store, response, { kind, namespace: scope, matches, query, show });
      return undefined;
    }
    if (subresource === 'log') return this.#log(asked);
    if (verb === 'create') {
      if (subresource === 'eviction') return this.#evict(asked, request);
      if (subresource !== undefined) throw methodNotAllowed();
      const { body } = await readBody(request, objectTypes);
      return show(resources.create(kind, namespace, body, writeOptions(request, query)));
    }
    if (verb === 'deletecollection') {
      for (const { metadata } of this.#selected(kind, asked)) {
        resources.delete({ ...metadata, kind, namespace: metadata.namespace, subresource }, undefined, query);
      }
      return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    }
    if (name === undefined) throw methodNotAllowed();
    const target = { kind, namespace, name, subresource };
    switch (verb) {
      case 'get':
        return show(resources.get(target));
      case 'update': {
        const { body } = await readBody(request, objectTypes);
        return show(resources.update(target, body, writeOptions(request, query)));
      }
      case 'patch': {
        const { type, body } = await readBody(request, Object.values(patchTypes));
        return show(resources.patch(target, type, body, writeOptions(request, query)));
      }
      case 'delete':
        return resources.delete(target, await optionalBody(request), query);
      default:
        throw methodNotAllowed();
    }
  }

  #log({ verb, namespace = '', name = '', query }: ResourceRequest): string {
    if (verb !== 'get') throw methodNotAllowed();
    const { store, logs, works } = this.#options;
    const pod = store.need(kinds.pods, namespace, name);
    const { nodeName } = pod.spec;
    if (nodeName !== undefined && !works(nodeName)) {
      const url = `https://${nodeName}:10250/containerLogs/${namespace}/${name}`;
      throw new Refusal(500, 'InternalError', `Get "${url}": dial tcp: i/o timeout`);
    }
    return logs.read(pod, query);
  }

  async #evict({ namespace = '', name = '', query }: ResourceRequest, request: IncomingMessage) {
    const body = await optionalBody(request);
    const inBody =
      isObject(body) && isObject(body['deleteOptions']) ? body['deleteOptions']['dryRun'] : undefined;
    this.#options.disruptions.evict(namespace, name, query.has('dryRun') || inBody !== undefined);
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  }

  #selected(kind: Kind, { namespace, query }: ResourceRequest): readonly KubeObject[] {
    return this.#options.store.list(kind, scopeOf(kind, namespace)).filter(selection(query));
  }

  #list(kind: Kind, asked: ResourceRequest, request: IncomingMessage): object {
    const { store, clock } = this.#options;
    const all = this.#selected(kind, asked);
    const { items, version, rest } = this.#pages.page(all, String(store.version), asked.query);
    if (wantsTable(request)) return table(kind, items, version, clock.now(), rest);
    return {
      kind: `${kind.kind}List`,
      apiVersion: apiVersionOf(kind),
      metadata: { resourceVersion: version, ...rest },
      items,
    };
  }

  /** One object as the client wants to see it: as it is, or as a table of one row. */
  #presentation(kind: Kind, subresource: string | undefined, request: IncomingMessage) {
    if (!wantsTable(request) || subresource === 'scale') return (object: object) => object;
    return (object: object) => {
      const shown = object as KubeObject;
      return table(kind, [shown], shown.metadata.resourceVersion, this.#options.clock.now());
    };
  }
}

/** The first form that the client accepts and that exists: a table or plain JSON. */
function wantsTable({ headers }: IncomingMessage): boolean {
  const accepted = (headers.accept ?? '').split(',').map((each) => each.replaceAll(' ', ''));
  const isTable = (each: string) =>
    each.startsWith('application/json') &&
    each.includes('as=Table') &&
    each.includes('v=v1;') !== each.endsWith('v=v1');
  const first = accepted.find(
    (each) => isTable(each) || /^(application\/(json|\*)|\*\/\*)(;q=.*)?$/.test(each),
  );
  return first !== undefined && isTable(first);
}

function writeOptions({ headers }: IncomingMessage, query: URLSearchParams): WriteOptions {
  return {
    fieldManager:
      query.get('fieldManager') ?? (headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown',
    force: query.get('force') === 'true',
    dryRun: query.has('dryRun'),
  };
}

async function optionalBody(request: IncomingMessage): Promise<Json | undefined> {
  if (Number(request.headers['content-length'] ?? 0) === 0) return undefined;
  return (await readBody(request, objectTypes)).body;
}

function reply(response: ServerResponse, status: number, body: object | string): void {
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache, private' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
