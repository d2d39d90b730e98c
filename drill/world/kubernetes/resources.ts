import type { Clock } from '../../clock.ts';
import { admit } from './admission.ts';
import { requireConfigMapTexts, withStringData } from './config-objects.ts';
import { applyFields, ownChanges, type Writer } from './field-managers.ts';
import { orphan } from './garbage.ts';
import { apiVersionOf, kinds, type Kind } from './kinds.ts';
import { timestamp, type Deployment, type Json, type JsonObject, type KubeObject } from './objects.ts';
import { isObject, jsonPatch, mergePatch, strategicPatch } from './patch.ts';
import { scaleOf, versionOf, withScale } from './scale.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  methodNotAllowed,
  noSuchPath,
  notFound,
  unsupportedMediaType,
} from './status.ts';
import type { Store } from './store.ts';

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** What a write is about. */
interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: string | undefined;
}

export interface WriteOptions {
  /** Whom the changed fields belong to from now on. */
  readonly fieldManager: string;
  /** Take fields that another manager owns. Only for apply. */
  readonly force: boolean;
  /** Answer what would be, and change nothing. */
  readonly dryRun: boolean;
}

/** The verbs that read and write objects, with Kubernetes' rules about versions, subresources and owners. */
export class Resources {
  readonly #clock: Clock;
  readonly #store: Store;

  constructor(clock: Clock, store: Store) {
    this.#clock = clock;
    this.#store = store;
  }

  get({ kind, namespace, name, subresource }: Target): object {
    const object = this.#store.need(kind, scopeOf(kind, namespace), name);
    return subresource === 'scale' ? scaleOf(object as Deployment) : object;
  }

  create(kind: Kind, namespace: string | undefined, body: Json, options: WriteOptions): object {
    const given = objectOf(kind, body);
    const scope = scopeOf(kind, namespace);
    const { metadata } = given;
    if (kind.namespaced && scope === undefined) throw methodNotAllowed();
    if (metadata.namespace !== undefined && metadata.namespace !== scope) {
      throw badRequest(
        `the namespace of the provided object does not match the namespace sent on the request`,
      );
    }
    if (scope !== undefined && !this.#store.get(kinds.namespaces, undefined, scope)) {
      throw notFound(kinds.namespaces, scope);
    }
    const generated = (metadata as { generateName?: string }).generateName;
    const name = metadata.name === '' ? `${generated ?? ''}${this.#store.suffix()}` : metadata.name;
    const named = {
      ...given,
      metadata: { ...metadata, name, ...(scope === undefined ? {} : { namespace: scope }) },
    };
    const admitted = admit(kind, withoutStatus(kind, named));
    const managedFields = ownChanges(undefined, asJson(admitted), [], this.#writer(kind, options));
    const draft = { ...admitted, metadata: { ...admitted.metadata, managedFields } };
    if (options.dryRun) {
      if (this.#store.get(kind, scope, name)) throw alreadyExists(kind, name);
      return draft;
    }
    return this.#store.create(kind, draft);
  }

  /** PUT: what the body says replaces what was there; a resourceVersion in it must be the latest. */
  update(target: Target, body: Json, options: WriteOptions): object {
    const before = this.#store.need(target.kind, scopeOf(target.kind, target.namespace), target.name);
    return this.#write(target, before, body, versionOf(body), options);
  }

  patch(target: Target, type: string, patch: Json, options: WriteOptions): object {
    if (type === patchTypes.apply) return this.#apply(target, patch, options);
    const { kind, name, namespace, subresource } = target;
    const before = this.#store.need(kind, scopeOf(kind, namespace), name);
    const shown = asJson(subresource === 'scale' ? scaleOf(before as Deployment) : before);
    const patched = patchedBy(type, shown, patch);
    return this.#write(target, before, patched, versionOf(patched), options);
  }

  delete({ kind, namespace, name }: Target, options: Json | undefined, query: URLSearchParams): object {
    const object = this.#store.need(kind, scopeOf(kind, namespace), name);
    const given = isObject(options) ? options : {};
    const { preconditions, propagationPolicy } = given;
    if (isObject(preconditions)) {
      const { uid = object.metadata.uid, resourceVersion = object.metadata.resourceVersion } = preconditions;
      if (uid !== object.metadata.uid || resourceVersion !== object.metadata.resourceVersion) {
        throw conflict(kind, name);
      }
    }
    if ((propagationPolicy ?? query.get('propagationPolicy')) === 'Orphan') orphan(this.#store, object);
    this.#store.delete(kind, object.metadata.namespace, name);
    const details = { name, kind: kind.plural, uid: object.metadata.uid };
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: kind.group === '' ? details : { ...details, group: kind.group },
    };
  }

  #write(
    target: Target,
    before: KubeObject,
    body: Json,
    expected: string | undefined,
    options: WriteOptions,
  ): object {
    const { kind, name, subresource } = target;
    if (expected !== undefined && expected !== before.metadata.resourceVersion) throw conflict(kind, name);
    const after = this.#merged(target, before, body);
    const managedFields = ownChanges(
      asJson(before),
      asJson(after),
      before.metadata.managedFields ?? [],
      this.#writer(kind, options),
    );
    const metadata = managedFields.length === 0 ? after.metadata : { ...after.metadata, managedFields };
    return this.#save(kind, { ...after, metadata }, subresource, options);
  }

  /** Which part of the body counts: the count of a Scale, the status alone, or all but the status. */
  #merged({ kind, name, subresource }: Target, before: KubeObject, body: Json): KubeObject {
    if (subresource === 'scale') return withScale(before as Deployment, body);
    const given = objectOf(kind, body);
    if (given.metadata.name !== name) {
      throw badRequest(
        `the name of the object (${given.metadata.name}) does not match the name on the URL (${name})`,
      );
    }
    if (subresource === 'status') return { ...before, ...(given.status ? { status: given.status } : {}) };
    const { namespace } = before.metadata;
    const metadata = { ...given.metadata, ...(namespace === undefined ? {} : { namespace }) };
    const whole = { ...given, metadata, ...(before.status ? { status: before.status } : {}) };
    return admit(kind, whole, before);
  }

  #apply(target: Target, applied: Json, options: WriteOptions): object {
    const { kind, namespace, name, subresource } = target;
    if (subresource !== undefined) throw unsupportedMediaType([patchTypes.json, patchTypes.merge]);
    if (options.fieldManager === '') throw badRequest('fieldManager is required for apply patch');
    if (!isObject(applied)) throw badRequest('the object provided is unrecognized');
    const wanted = asJson(objectOf(kind, applied));
    const scope = scopeOf(kind, namespace);
    const before = this.#store.get(kind, scope, name);
    const writer = this.#writer(kind, options);
    const managers = before?.metadata.managedFields ?? [];
    const { object, managedFields } = applyFields(
      before && asJson(before),
      wanted,
      managers,
      writer,
      options.force,
    );
    const metadata = {
      ...(isObject(object['metadata']) ? object['metadata'] : {}),
      name,
      ...(scope === undefined ? {} : { namespace: scope }),
    };
    const whole = { ...object, metadata: { ...metadata, managedFields } } as unknown as KubeObject;
    if (before) {
      const { status } = before;
      const admitted = admit(kind, { ...whole, ...(status ? { status } : {}) }, before);
      return this.#save(kind, admitted, undefined, options);
    }
    const admitted = admit(kind, withoutStatus(kind, whole));
    return options.dryRun ? admitted : this.#store.create(kind, admitted);
  }

  #save(kind: Kind, object: KubeObject, subresource: string | undefined, { dryRun }: WriteOptions): object {
    const saved = dryRun ? object : this.#store.update(kind, object);
    return subresource === 'scale' ? scaleOf(saved as Deployment) : saved;
  }

  #writer(kind: Kind, { fieldManager }: WriteOptions): Writer {
    return { manager: fieldManager, apiVersion: apiVersionOf(kind), time: timestamp(this.#clock.now()) };
  }
}

/** Cluster-wide kinds have no namespace, though a request for a namespace itself counts as one in it. */
export function scopeOf(kind: Kind, namespace: string | undefined): string | undefined {
  return kind.namespaced ? namespace : undefined;
}

export function served(kind: Kind | undefined, subresource: string | undefined): Kind {
  const known =
    kind && (subresource === undefined || (kind.subresources as readonly string[]).includes(subresource));
  if (!known) throw noSuchPath();
  return kind;
}

function patchedBy(type: string, object: JsonObject, patch: Json): Json {
  switch (type) {
    case patchTypes.json:
      return jsonPatch(object, patch);
    case patchTypes.strategic:
      return strategicPatch(object, patch);
    default:
      return mergePatch(object, patch);
  }
}

/** @throws Refusal 400 when a body is not an object of the kind */
function objectOf(kind: Kind, body: Json): KubeObject {
  if (!isObject(body)) throw badRequest('the object provided is unrecognized');
  const { apiVersion = apiVersionOf(kind), kind: name = kind.kind, metadata } = body;
  if (apiVersion !== apiVersionOf(kind) || name !== kind.kind) {
    throw badRequest(
      `the object provided is ${JSON.stringify([apiVersion, name])}, not ${apiVersionOf(kind)} ${kind.kind}`,
    );
  }
  const given = isObject(metadata) ? metadata : {};
  const content = kind === kinds.secrets ? withStringData(body) : body;
  if (kind === kinds.configMaps) requireConfigMapTexts(body);
  const own = typeof given['name'] === 'string' ? given['name'] : '';
  return { ...content, metadata: { ...given, name: own } } as unknown as KubeObject;
}

function withoutStatus(kind: Kind, object: KubeObject): KubeObject {
  if (!kind.subresources.includes('status')) return object;
  const rest = { ...object };
  delete rest.status;
  return kind === kinds.namespaces ? { ...rest, status: { phase: 'Active' } } : rest;
}

function asJson(object: object): JsonObject {
  return structuredClone(object) as JsonObject;
}
