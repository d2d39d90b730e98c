import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from './objects.ts';
import { badRequest, Refusal } from './status.ts';

/**
 * Lists that are merged item by item, by the member that names an item. All other lists are replaced whole.
 * Taken from the patch merge keys of the Kubernetes API reference, for the kinds that are served here.
 */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  env: 'name',
  ports: 'containerPort',
  imagePullSecrets: 'name',
  conditions: 'type',
  ownerReferences: 'uid',
  addresses: 'type',
};

/** Ports of a service are named by `port`, those of a container by `containerPort`. */
export function mergeKeyOf(member: string, items: readonly Json[]): string | undefined {
  const ofService = (item: Json) => isObject(item) && 'port' in item && !('containerPort' in item);
  return member === 'ports' && items.length > 0 && items.every(ofService) ? 'port' : mergeKeys[member];
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON merge patch, RFC 7386. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [member, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, member);
    else merged[member] = mergePatch(merged[member], value);
  }
  return merged;
}

/** Kubernetes' strategic merge patch: as a merge patch, but lists of named items are merged item by item. */
export function strategicPatch(target: Json | undefined, patch: Json, member = ''): Json {
  if (Array.isArray(patch))
    return strategicList(Array.isArray(target) ? target : [], patch, mergeKeyOf(member, patch));
  if (!isObject(patch)) return patch;
  const { $patch, $retainKeys, ...members } = patch;
  if ($patch === 'replace') return members;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(members)) {
    const fromPrimitives = /^\$deleteFromPrimitiveList\/(.+)$/.exec(name)?.[1];
    if (fromPrimitives !== undefined) {
      const list = merged[fromPrimitives];
      const gone = Array.isArray(value) ? value : [];
      if (Array.isArray(list)) merged[fromPrimitives] = list.filter((item) => !gone.includes(item));
    } else if (name.startsWith('$setElementOrder/')) {
      continue;
    } else if (value === null || (isObject(value) && value['$patch'] === 'delete')) {
      Reflect.deleteProperty(merged, name);
    } else {
      merged[name] = strategicPatch(merged[name], value, name);
    }
  }
  if (Array.isArray($retainKeys)) {
    for (const name of Object.keys(merged))
      if (!$retainKeys.includes(name)) Reflect.deleteProperty(merged, name);
  }
  return merged;
}

function strategicList(target: readonly Json[], patch: readonly Json[], key: string | undefined): Json {
  if (key === undefined) return patch.filter((item) => !(isObject(item) && '$patch' in item));
  const replace = patch.some((item) => isObject(item) && item['$patch'] === 'replace');
  const merged: Json[] = replace ? [] : [...target];
  for (const item of patch) {
    if (!isObject(item)) throw badRequest(`items of this list are objects with a member ${key}`);
    if (item['$patch'] === 'replace') continue;
    const at = merged.findIndex((other) => isObject(other) && isDeepStrictEqual(other[key], item[key]));
    if (item['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at >= 0) merged[at] = strategicPatch(merged[at], item);
    else merged.push(strategicPatch({}, item));
  }
  return merged;
}

/**
 * JSON patch, RFC 6902.
 *
 * @throws Refusal 400 when it is no patch, 422 when it does not apply
 */
export function jsonPatch(target: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is a list of operations');
  let result = structuredClone(target);
  for (const step of patch) {
    if (!isObject(step)) throw badRequest('error decoding patch: an operation is an object');
    result = applyStep(result, step);
  }
  return result;
}

function applyStep(document: Json, step: JsonObject): Json {
  const { op, path, from, value } = step;
  if (typeof path !== 'string') throw badRequest('error decoding patch: an operation needs a path');
  switch (op) {
    case 'add':
      return write(document, path, value ?? null, true);
    case 'replace':
      read(document, path);
      return write(document, path, value ?? null, false);
    case 'remove':
      return remove(document, path);
    case 'test':
      if (isDeepStrictEqual(read(document, path), value)) return document;
      throw doesNotApply(`testing value ${path} failed`);
    case 'move':
    case 'copy': {
      if (typeof from !== 'string') throw badRequest(`error decoding patch: ${op} needs a from`);
      const moved = structuredClone(read(document, from));
      return write(op === 'move' ? remove(document, from) : document, path, moved, true);
    }
    default:
      throw badRequest(`error decoding patch: unexpected kind: ${JSON.stringify(op)}`);
  }
}

function doesNotApply(message: string): Refusal {
  return new Refusal(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${message}`,
  );
}

function tokens(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw badRequest(`error decoding patch: ${pointer} is no JSON pointer`);
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: Json, pointer: string): Json {
  let at: Json | undefined = document;
  for (const token of tokens(pointer)) {
    at = Array.isArray(at) ? at[Number(token)] : isObject(at) ? at[token] : undefined;
    if (at === undefined) throw doesNotApply(`nothing at ${pointer}`);
  }
  return at;
}

function parentOf(document: Json, pointer: string): { readonly parent: Json; readonly last: string } {
  const path = tokens(pointer);
  const last = path.pop();
  if (last === undefined) throw doesNotApply('the whole document cannot be replaced');
  const parent = path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { parent: read(document, parent), last };
}

function write(document: Json, pointer: string, value: Json, insert: boolean): Json {
  const { parent, last } = parentOf(document, pointer);
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index > parent.length) throw doesNotApply(`no index ${last}`);
    parent.splice(index, insert ? 0 : 1, value);
  } else if (isObject(parent)) parent[last] = value;
  else throw doesNotApply(`nothing can be put at ${pointer}`);
  return document;
}

function remove(document: Json, pointer: string): Json {
  read(document, pointer);
  const { parent, last } = parentOf(document, pointer);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent)) Reflect.deleteProperty(parent, last);
  return document;
}
