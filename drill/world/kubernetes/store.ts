import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../clock.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import type { KubeObject, Metadata } from './objects.ts';
import { timestamp } from './objects.ts';
import { alreadyExists, conflict, expired, notFound } from './status.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: Kind;
  readonly object: KubeObject;
  /** Before a change, for watches whose selection the object left or entered. */
  readonly before: KubeObject | undefined;
  readonly version: number;
}

/** An object to be created: what the server fills in may be missing. */
export type Draft<T extends KubeObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly metadata: Pick<Metadata, 'name'> & Partial<Metadata>;
};

/** Changes kept for watches that start in the past; older ones are answered with 410, as etcd's compaction. */
const HISTORY = 5_000;

/** Objects of a cluster with their versions, and the log of changes that watches read. */
export class Store {
  readonly #clock: Clock;
  readonly #seed: string;
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #queue: StoreEvent[] = [];
  #history: StoreEvent[] = [];
  #version = 1;
  #created = 0;

  /** @param seed makes ids reproducible and different from other clusters' */
  constructor(clock: Clock, seed: string) {
    this.#clock = clock;
    this.#seed = seed;
  }

  get version(): number {
    return this.#version;
  }

  get<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(keyOf(kind, namespace, name)) as T | undefined;
  }

  /** @throws Refusal 404 */
  need<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined, name: string): T {
    const found = this.get(kind, namespace, name);
    if (!found) throw notFound(kind, name);
    return found;
  }

  /** In order of namespace and name; all namespaces when none is given. */
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[] {
    const prefix = namespace === undefined ? `${kind.plural}.${kind.group}/` : keyOf(kind, namespace, '');
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object as T);
  }

  /** @throws Refusal 409 when there is one of that name */
  create<T extends KubeObject>(kind: Kind<T>, draft: Draft<T>): T {
    const { metadata } = draft;
    const key = keyOf(kind, metadata.namespace, metadata.name);
    if (this.#objects.has(key)) throw alreadyExists(kind, metadata.name);
    const version = ++this.#version;
    const object = {
      ...draft,
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: {
        ...metadata,
        uid: this.#uid(),
        resourceVersion: String(version),
        creationTimestamp: timestamp(this.#clock.now()),
        ...(hasGeneration(kind) ? { generation: 1 } : {}),
      },
    } as unknown as T;
    this.#objects.set(key, object);
    this.#publish({ type: 'ADDED', kind, object, before: undefined, version });
    return object;
  }

  /**
   * Replace an object. A change of nothing is no change: the version stays.
   *
   * @param expected version that the writer read; absent: whatever is there
   * @throws Refusal 404, or 409 when somebody wrote in between
   */
  update<T extends KubeObject>(kind: Kind<T>, object: T, expected?: string): T {
    const { name, namespace } = object.metadata;
    const before = this.need(kind, namespace, name);
    if (expected !== undefined && expected !== before.metadata.resourceVersion) throw conflict(kind, name);
    const { uid, creationTimestamp, generation, resourceVersion, deletionTimestamp } = before.metadata;
    const kept = {
      uid,
      creationTimestamp,
      resourceVersion,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(generation === undefined ? {} : { generation }),
    };
    const same = { ...object, metadata: { ...object.metadata, ...kept } };
    if (isDeepStrictEqual(same, before)) return before;
    const version = ++this.#version;
    const specChanged = generation !== undefined && !isDeepStrictEqual(object.spec, before.spec);
    const after: T = {
      ...same,
      metadata: {
        ...same.metadata,
        resourceVersion: String(version),
        ...(specChanged ? { generation: generation + 1 } : {}),
      },
    };
    this.#objects.set(keyOf(kind, namespace, name), after);
    this.#publish({ type: 'MODIFIED', kind, object: after, before, version });
    return after;
  }

  /** @throws Refusal 404 */
  delete<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined, name: string): T {
    const before = this.need(kind, namespace, name);
    const version = ++this.#version;
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    this.#objects.delete(keyOf(kind, namespace, name));
    this.#publish({ type: 'DELETED', kind, object, before, version });
    return object;
  }

  onEvent(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @throws Refusal 410 when the log no longer reaches back that far */
  since(version: string): readonly StoreEvent[] {
    const oldest = this.#history[0]?.version ?? 0;
    const from = Number(version);
    if (this.#history.length >= HISTORY && from < oldest - 1) throw expired(version, oldest);
    return this.#history.filter((event) => event.version > from);
  }

  /** Five characters as Kubernetes appends them to generated names. */
  suffix(): string {
    return letters(`${this.#seed} name ${this.#created}`, 5);
  }

  #publish(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > HISTORY * 2) this.#history = this.#history.slice(-HISTORY);
    this.#queue.push(event);
    if (this.#queue.length > 1) return;
    // A listener may write: everybody still hears of changes in their order.
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      for (const listener of this.#listeners) listener(next);
      this.#queue.shift();
    }
  }

  #uid(): string {
    const hex = createHash('sha256').update(`${this.#seed} ${++this.#created}`).digest('hex');
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
    return [...parts, hex.slice(20, 32)].join('-');
  }
}

/** Characters of generated names, without vowels so that no word appears. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

export function letters(source: string, length: number): string {
  const digest = createHash('sha256').update(source).digest();
  return [...digest.subarray(0, length)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

function keyOf({ plural, group }: Kind, namespace: string | undefined, name: string): string {
  return `${plural}.${group}/${namespace ?? ''}/${name}`;
}

/** Those kinds whose spec a controller observes. */
function hasGeneration({ plural }: Kind): boolean {
  return ['deployments', 'replicasets', 'poddisruptionbudgets'].includes(plural);
}
