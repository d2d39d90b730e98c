import type { OperationModel, ServiceModel } from './model.ts';
import type { Route, WireRequest } from './protocol.ts';
import { membersOf, requiredMembers, traitsOf } from './schema.ts';

interface Template {
  readonly operation: OperationModel;
  readonly method: string;
  readonly path: RegExp;
  readonly labels: readonly string[];
  readonly literals: number;
  /** Parameters that the model's own path has, such as `list-type=2`. */
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly id: string | undefined;
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  readonly bucket: boolean;
}

/**
 * Finds the operation of a request by method, path and query.
 *
 * Several operations of S3 share a path: the one that explains most of the request is meant, so a PUT with
 * `x-amz-copy-source` is a CopyObject. SDK v3 also names the operation in `x-id`; other clients do not. A bucket
 * is the first segment of the path, as clients send it to an address without a name.
 */
export function router(model: ServiceModel): (request: WireRequest) => Route | undefined {
  const pathStyle = model.serviceId === 'S3';
  const templates = [...model.operations.values()].flatMap((operation) => template(operation));
  return (request) => {
    const { method, query, headers } = request;
    const { bucket, path } = pathStyle ? withoutBucket(request.path) : { bucket: '', path: request.path };
    const given: Record<string, string> = bucket === '' ? {} : { Bucket: bucket };
    const id = query.get('x-id');
    let best: { template: Template; match: RegExpExecArray; score: number } | undefined;
    for (const template of templates) {
      if (template.method !== method || (pathStyle && template.bucket !== (bucket !== ''))) continue;
      if (id !== null && template.id !== undefined && template.id !== id) continue;
      if (!template.query.every(([name, value]) => query.get(name) === value)) continue;
      if (!template.requiredQuery.every((name) => query.has(name))) continue;
      if (!template.requiredHeaders.every((name) => headers[name] !== undefined)) continue;
      const match = template.path.exec(path);
      if (!match) continue;
      const explained =
        template.query.length + template.requiredQuery.length + template.requiredHeaders.length;
      const score = explained * 100 + template.literals + (id !== null && template.id === id ? 10_000 : 0);
      if (!best || score > best.score) best = { template, match, score };
    }
    if (!best) return undefined;
    const { template: found, match } = best;
    const labels: Record<string, string> = { ...given };
    for (const [i, name] of found.labels.entries()) labels[name] = decoded(match[i + 1] ?? '');
    return { operation: found.operation, labels };
  };
}

function withoutBucket(path: string): { bucket: string; path: string } {
  const [, bucket = '', rest = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket: decoded(bucket), path: `/${rest}` };
}

/** A path that is not percent-encoded as it should be stands for itself: it names nothing that exists. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function template(operation: OperationModel): Template[] {
  if (!operation.http) return [];
  const [method, uri] = operation.http;
  const [path = '/', search = ''] = uri.split('?');
  const query = [...new URLSearchParams(search)];
  const labels: string[] = [];
  const pattern = path
    .replace(/\/$/, '')
    .split(/(\{[^}]+\})/)
    .map((part) => {
      const [, label, greedy] = /^\{([^+}]+)(\+?)\}$/.exec(part) ?? [];
      if (label === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      labels.push(label);
      return greedy ? '(.+)' : '([^/]+)';
    });
  const required = new Set(requiredMembers(operation.input));
  const members = membersOf(operation.input);
  const bound = members.filter(([name]) => required.has(name)).map(([, member]) => traitsOf(member));
  return [
    {
      operation,
      method,
      path: new RegExp(`^${pattern.join('')}/?$`, 's'),
      labels,
      literals: pattern.join('').length,
      query: query.filter(([name]) => name !== 'x-id'),
      id: query.find(([name]) => name === 'x-id')?.[1],
      requiredQuery: bound.flatMap(({ httpQuery }) => httpQuery ?? []),
      requiredHeaders: bound.flatMap(({ httpHeader }) => httpHeader?.toLowerCase() ?? []),
      bucket: members.some(([name]) => name === 'Bucket'),
    },
  ];
}
