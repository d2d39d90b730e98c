import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject, ManagedFields } from './objects.ts';
import { isObject, mergeKeyOf } from './patch.ts';
import { applyConflict } from './status.ts';

/** Who writes, and how it is noted in `metadata.managedFields`. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly time: string;
}

/** A leaf of an object: its path in the notation of fieldsV1 (`f:spec`, `k:{"name":"app"}`), and its value. */
type Leaves = ReadonlyMap<string, { readonly path: readonly string[]; readonly value: Json }>;

/** Members that nobody owns: they name the object, or the server fills them in. */
const unowned = ['apiVersion', 'kind', 'status'];
const ownedMetadata = ['labels', 'annotations', 'ownerReferences'];

function leavesOf(object: JsonObject): Leaves {
  const leaves = new Map<string, { path: readonly string[]; value: Json }>();
  const visit = (value: Json, path: readonly string[], member: string): void => {
    const key = Array.isArray(value) ? mergeKeyOf(member, value) : undefined;
    if (isObject(value) && Object.keys(value).length > 0) {
      for (const [name, inner] of Object.entries(value)) visit(inner, [...path, `f:${name}`], name);
    } else if (Array.isArray(value) && key !== undefined && value.every(isObject)) {
      for (const item of value) visit(item, [...path, `k:${JSON.stringify({ [key]: item[key] })}`], '');
    } else {
      leaves.set(path.join('\n'), { path, value });
    }
  };
  for (const [member, value] of Object.entries(object)) {
    if (member === 'metadata' && isObject(value)) {
      for (const owned of ownedMetadata) {
        const inner = value[owned];
        if (inner !== undefined) visit(inner, ['f:metadata', `f:${owned}`], owned);
      }
    } else if (!unowned.includes(member)) visit(value, [`f:${member}`], member);
  }
  return leaves;
}

function toFields(keys: Iterable<string>): JsonObject {
  const fields: JsonObject = {};
  for (const key of keys) {
    let at = fields;
    for (const step of key.split('\n')) {
      const inner = at[step];
      const next: JsonObject = isObject(inner) ? inner : {};
      at[step] = next;
      at = next;
    }
  }
  return fields;
}

function toKeys(fields: JsonObject, prefix: readonly string[] = []): string[] {
  return Object.entries(fields).flatMap(([step, inner]) => {
    const path = [...prefix, step];
    return isObject(inner) && Object.keys(inner).length > 0 ? toKeys(inner, path) : [path.join('\n')];
  });
}

function entry(writer: Writer, operation: ManagedFields['operation'], keys: Iterable<string>): ManagedFields {
  return { ...writer, operation, fieldsType: 'FieldsV1', fieldsV1: toFields(keys) };
}

/** Take fields away from every manager that owns them; a manager that owns nothing is forgotten. */
function without(managers: readonly ManagedFields[], taken: ReadonlySet<string>): ManagedFields[] {
  return managers.flatMap((manager) => {
    const keys = toKeys(manager.fieldsV1).filter((key) => !taken.has(key));
    return keys.length === 0 ? [] : [{ ...manager, fieldsV1: toFields(keys) }];
  });
}

/** Note who owns what after a create, an update or a patch: the writer owns the fields that it changed. */
export function ownChanges(
  before: JsonObject | undefined,
  after: JsonObject,
  managers: readonly ManagedFields[],
  writer: Writer,
): ManagedFields[] {
  const old = before ? leavesOf(before) : new Map<string, { value: Json }>();
  const now = leavesOf(after);
  const changed = [...now].filter(([key, { value }]) => !isDeepStrictEqual(old.get(key)?.value, value));
  const gone = [...old.keys()].filter((key) => !now.has(key));
  const isOwn = ({ manager, operation }: ManagedFields) =>
    manager === writer.manager && operation === 'Update';
  const own = managers.find(isOwn);
  const keys = new Set(changed.map(([key]) => key));
  const others = without(
    managers.filter((manager) => !isOwn(manager)),
    new Set([...keys, ...gone]),
  );
  if (keys.size === 0) return own ? [...others, ...without([own], new Set(gone))] : others;
  const kept = own ? toKeys(own.fieldsV1).filter((key) => now.has(key)) : [];
  return [...others, entry(writer, 'Update', new Set([...kept, ...keys]))];
}

/**
 * Server-side apply: the writer states the fields it wants to own.
 *
 * Fields that it owned before and leaves out now are removed, unless somebody else owns them too.
 *
 * @throws Refusal 409 naming manager and field when another manager owns a field with another value, unless
 *   the writer forces
 */
export function applyFields(
  current: JsonObject | undefined,
  applied: JsonObject,
  managers: readonly ManagedFields[],
  writer: Writer,
  force: boolean,
): { readonly object: JsonObject; readonly managedFields: ManagedFields[] } {
  const wanted = leavesOf(applied);
  const now = current ? leavesOf(current) : new Map<string, { value: Json }>();
  const isOwn = ({ manager, operation }: ManagedFields) =>
    manager === writer.manager && operation === 'Apply';
  const others = managers.filter((manager) => !isOwn(manager));
  const differing = [...wanted].filter(([key, { value }]) => !isDeepStrictEqual(now.get(key)?.value, value));
  const disputed = others.flatMap((other) => {
    const keys = new Set(toKeys(other.fieldsV1));
    return differing.filter(([key]) => keys.has(key)).map(([key]) => ({ manager: other.manager, key }));
  });
  if (disputed.length > 0 && !force) {
    throw applyConflict(disputed.map(({ manager, key }) => ({ manager, field: readable(key) })));
  }
  const ownedByOthers = new Set(others.flatMap(({ fieldsV1 }) => toKeys(fieldsV1)));
  const own = managers.find(isOwn);
  const dropped = (own ? toKeys(own.fieldsV1) : []).filter(
    (key) => !wanted.has(key) && !ownedByOthers.has(key),
  );
  let object = overlay(current ?? {}, applied, '') as JsonObject;
  for (const key of dropped) object = drop(object, key.split('\n')) as JsonObject;
  return {
    object,
    managedFields: [
      ...without(others, new Set(disputed.map(({ key }) => key))),
      entry(writer, 'Apply', wanted.keys()),
    ],
  };
}

function overlay(target: Json | undefined, applied: Json, member: string): Json {
  if (isObject(applied)) {
    const merged: JsonObject = isObject(target) ? { ...target } : {};
    for (const [name, value] of Object.entries(applied)) merged[name] = overlay(merged[name], value, name);
    return merged;
  }
  const key = Array.isArray(applied) ? mergeKeyOf(member, applied) : undefined;
  if (!Array.isArray(applied) || key === undefined || !Array.isArray(target)) return applied;
  const merged: Json[] = [...target];
  for (const item of applied) {
    const at = merged.findIndex(
      (other) => isObject(other) && isObject(item) && isDeepStrictEqual(other[key], item[key]),
    );
    if (at >= 0) merged[at] = overlay(merged[at], item, '');
    else merged.push(item);
  }
  return merged;
}

function drop(value: Json, [step = '', ...rest]: readonly string[]): Json {
  if (Array.isArray(value)) {
    const named = JSON.parse(step.slice(2)) as JsonObject;
    const [key = ''] = Object.keys(named);
    const matches = (item: Json) => isObject(item) && isDeepStrictEqual(item[key], named[key]);
    return value.flatMap((item) => {
      if (!matches(item)) return [item];
      // The name of an item goes last: without it the item itself is gone.
      return rest.length === 0 || rest.join() === `f:${key}` ? [] : [drop(item, rest)];
    });
  }
  if (!isObject(value)) return value;
  const name = step.slice(2);
  const inner = value[name];
  if (inner === undefined) return value;
  const { [name]: gone, ...others } = value;
  return rest.length === 0 ? others : { ...others, [name]: drop(gone ?? null, rest) };
}

/** `.spec.template.spec.containers[name="app"].image`: how a conflict names a field. */
function readable(key: string): string {
  return key
    .split('\n')
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      const named = Object.entries(JSON.parse(step.slice(2)) as JsonObject);
      return named.map(([name, value]) => `[${name}=${JSON.stringify(value)}]`).join('');
    })
    .join('');
}
