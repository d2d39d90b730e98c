import type { IncomingMessage } from 'node:http';
import { buffer as readAll } from 'node:stream/consumers';
import { parse as parseYaml } from 'yaml';
import { allKinds, type Kind } from './kinds.ts';
import type { Attributes } from './authorize.ts';
import type { Json } from './objects.ts';
import { protobuf, readProtobuf } from './protobuf.ts';
import { badRequest, unsupportedMediaType } from './status.ts';

/** A request for a resource. */
export interface ResourceRequest extends Attributes {
  readonly version: string;
  /** Absent: no kind of that name is served. */
  readonly kind: Kind | undefined;
  readonly query: URLSearchParams;
}

/**
 * Read `/api/v1/...` and `/apis/<group>/<version>/...`; undefined for other paths.
 *
 * As in Kubernetes, a request for a namespace itself counts as one in that namespace.
 */
export function resourceRequest(method: string, url: URL): ResourceRequest | undefined {
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const [root, ...rest] = parts;
  if (root !== 'api' && root !== 'apis') return undefined;
  const [group, version, ...path] = root === 'api' ? ['', ...rest] : rest;
  if (group === undefined || version === undefined || path.length === 0) return undefined;
  let namespace: string | undefined;
  let [resource, name, subresource] = path;
  if (resource === 'namespaces' && name !== undefined) {
    namespace = name;
    if (path.length > 2 && subresource !== 'status') [, , resource, name, subresource] = path;
  }
  if (resource === undefined) return undefined;
  const query = url.searchParams;
  return {
    verb: verbOf(method, name !== undefined, ['true', '1'].includes(query.get('watch') ?? '')),
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    query,
    kind: allKinds.find(
      (kind) => kind.group === group && kind.version === version && kind.plural === resource,
    ),
  };
}

function verbOf(method: string, named: boolean, watch: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return watch ? 'watch' : named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

/**
 * The body as JSON, its media type among those that are accepted.
 *
 * @throws Refusal 415, or 400 when it is not what it says
 */
export async function readBody(
  request: IncomingMessage,
  accepted: readonly string[],
): Promise<{ readonly type: string; readonly body: Json }> {
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  const bytes = await readAll(request);
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
  if (type === protobuf) return { type, body: readProtobuf(bytes) };
  const text = bytes.toString('utf8');
  try {
    return { type, body: (type.endsWith('yaml') ? parseYaml(text) : JSON.parse(text)) as Json };
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: ${error instanceof Error ? error.message : 'not JSON'}`,
    );
  }
}
