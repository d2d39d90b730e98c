import { readPolicy, type Statement } from '../iam/policy.ts';
import { Content } from './content.ts';
import { removeFrom } from './deleting.ts';
import { applyLifecycle } from './lifecycle.ts';
import {
  StoredObject,
  type Encryption,
  type Headers,
  type ObjectVersion,
  type ReplicationState,
  type Tags,
} from './object.ts';
import type { Replication } from './replication.ts';
import type { Kept, Store } from './store.ts';

export interface PutOptions {
  readonly headers?: Headers;
  /** Names in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: Tags;
  readonly storageClass?: string;
  /** The bucket's own when it is absent. */
  readonly encryption?: Encryption;
  /** When it was written, milliseconds since the epoch, for a history before the scenario began. Now by default. */
  readonly at?: number;
}

/** A version as a person with every right sees it. */
export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: Date;
  readonly marker: boolean;
  readonly latest: boolean;
  /** Bytes; 0 for a marker. */
  readonly size: number;
  /** With its quotes; empty for a marker. */
  readonly etag: string;
  readonly headers: Headers;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Tags;
  readonly storageClass: string;
  readonly encryption: Encryption;
  readonly replication: ReplicationState | undefined;
  /** @throws RangeError for what is too large to be put together in memory */
  body(): Buffer;
}

/** A bucket that was there before Lifeboat; it keeps versions. */
export interface OwnBucket {
  readonly name: string;
  readonly region: string;
  /** A bucket that everything is replicated into; delete markers only with `replicaMarkers`. */
  readonly replica?: string;
  readonly replicaMarkers?: boolean;
  /** ARN of the KMS key that it encrypts with by default. */
  readonly keyArn?: string;
  /** Whether versions can be locked. */
  readonly lockable?: boolean;
}

type Body = string | Uint8Array | Content;

export interface Seeding {
  /** Number of keys. */
  readonly keys: number;
  /** The key of each, from 0; the cheapest order is S3's own. */
  readonly key: (i: number) => string;
  /** Versions of each key, 1 by default. */
  readonly versions?: number;
  /** Markers in place of the newest version of some keys; none by default. */
  readonly deleted?: (i: number) => boolean;
  /** One for all, or one for each version, the oldest being 0: all keys share them. */
  readonly body: Body | ((version: number) => Body);
  readonly options?: Omit<PutOptions, 'at'>;
  /** When the oldest version of each key was written, milliseconds since the epoch, and milliseconds to the next. */
  readonly from: number | ((i: number) => number);
  readonly apart?: number;
}

/** What is done to buckets from outside: by the application, by a bad deployment, by a person, by time. */
export interface StorageLevers {
  /** Content of the current object; undefined when there is none. */
  read(bucket: string, key: string): Buffer | undefined;
  /** Keys of the objects that a bucket has or had, in S3's order. */
  keys(bucket: string): readonly string[];
  /** Names of the buckets and where they are. */
  buckets(): readonly { readonly name: string; readonly region: string }[];
  /** Make a bucket that no template has. */
  make(bucket: OwnBucket): void;
  /** Write an object as the application does, or a bad deployment. A `Content.repeated` body may be of any size. */
  put(bucket: string, key: string, body: string | Uint8Array | Content, options?: PutOptions): StoredVersion;
  /** Delete an object as the application does: by a marker, where versions are kept. */
  remove(bucket: string, key: string, options?: Pick<PutOptions, 'at'>): void;
  /** Delete a version for good, whoever may have locked it: that cannot be undone. */
  erase(bucket: string, key: string, versionId: string): void;
  /** Versions and markers, newest first; without a key those of all keys, in the order of a listing. */
  versions(bucket: string, key?: string): readonly StoredVersion[];
  /** One version, the newest by default; undefined when there is none. A marker is one. */
  version(bucket: string, key: string, versionId?: string): StoredVersion | undefined;
  /** Write many versions at once, replicated long since where the bucket is: a million take seconds and no body. */
  seed(bucket: string, seeding: Seeding): void;
  /** A legal hold on a version, or its end. */
  hold(bucket: string, key: string, versionId: string, on: boolean): void;
  /** What the lifecycle would have done by now. @returns how many versions are gone for good */
  expire(bucket: string): number;
  /** Put a policy in place of the bucket's own, as PutBucketPolicy does; only its Deny statements have an effect. */
  restrict(bucket: string, policyDocument: unknown): void;
  /** What the bucket's policy says, for services that read in their own name. */
  policyOf(bucket: string): readonly Statement[];
  /** Somebody writes the key at the same time: so many conditional writes answer 409, which callers repeat. */
  contend(bucket: string, key: string, times?: number): void;
  /** Versions that are still on their way to a replica. */
  replicating(): number;
}

export function levers(store: Store, replicas: Replication): StorageLevers {
  function shown({ bucket }: Kept, version: ObjectVersion): StoredVersion {
    const { object } = version;
    return {
      key: version.key,
      versionId: version.versionId,
      lastModified: new Date(version.lastModified),
      marker: object === undefined,
      latest: bucket.newest(version.key) === version,
      size: object?.content.size ?? 0,
      etag: object?.etag ?? '',
      headers: object?.headers ?? {},
      metadata: object?.metadata ?? {},
      tags: version.tags ?? {},
      storageClass: object?.storageClass ?? 'STANDARD',
      encryption: object?.encryption ?? { kind: 'AES256' },
      replication: version.replication,
      body: () => object?.content.bytes() ?? Buffer.alloc(0),
    };
  }

  function stored(
    { settings }: Kept,
    body: string | Uint8Array | Content,
    options: PutOptions,
  ): StoredObject {
    const { headers, metadata, storageClass, encryption = settings.encryption } = options;
    return new StoredObject({
      content: body instanceof Content ? body : Content.of(body),
      ...{ headers, metadata, storageClass, encryption },
      salt: store.unique(),
    });
  }

  return {
    read: (name, key) => store.buckets.get(name)?.bucket.current(key)?.content.bytes(),
    keys: (name) => store.buckets.get(name)?.bucket.keys() ?? [],
    buckets: () => [...store.buckets.values()].map(({ bucket: { name, region } }) => ({ name, region })),
    make({ name, region, replica, replicaMarkers: markers = false, keyArn, lockable = false }) {
      const rule = { id: 'all', enabled: true, priority: 1, prefix: '', tags: [], markers };
      const sameKey = { storageClass: undefined, replicaKey: undefined };
      const rules = replica === undefined ? [] : [{ ...rule, ...sameKey, destination: replica }];
      store.create({
        ...{ name, region, lockable, versioning: 'Enabled', lifecycle: [], retention: undefined },
        encryption: keyArn === undefined ? undefined : { kind: 'aws:kms', keyArn, bucketKey: false },
        replication: rules.length === 0 ? undefined : { role: undefined, rules },
      });
    },
    put(name, key, body, options = {}) {
      const kept = store.find(name);
      const { tags, at } = options;
      return shown(kept, store.write(kept, { key, object: stored(kept, body, options), tags, at }));
    },
    remove(name, key, { at } = {}) {
      const kept = store.find(name);
      if (at === undefined || !kept.bucket.versioned) removeFrom(store, kept, { key });
      else store.added(kept, kept.bucket.add({ key, object: undefined, at }));
    },
    erase(name, key, versionId) {
      store.find(name).bucket.erase({ key, versionId });
    },
    versions(name, key) {
      const kept = store.find(name);
      const keys = key === undefined ? kept.bucket.keys() : [key];
      return keys.flatMap((one) =>
        kept.bucket
          .versions(one)
          .toReversed()
          .map((version) => shown(kept, version)),
      );
    },
    version(name, key, versionId) {
      const kept = store.find(name);
      const { bucket } = kept;
      const found = versionId === undefined ? bucket.newest(key) : bucket.version(key, versionId);
      return found && shown(kept, found);
    },
    seed(name, { keys, key, versions = 1, deleted = () => false, body, options = {}, from, apart = 1000 }) {
      const kept = store.find(name);
      const objects = Array.from({ length: versions }, (_, n) =>
        stored(kept, typeof body === 'function' ? body(n) : body, options),
      );
      for (let i = 0; i < keys; i++) {
        const named = key(i);
        const first = typeof from === 'number' ? from : from(i);
        for (let n = 0; n < versions; n++) {
          const gone = n === versions - 1 && deleted(i);
          const added = kept.bucket.add({
            key: named,
            object: gone ? undefined : objects[n],
            tags: gone ? undefined : options.tags,
            at: first + n * apart,
          });
          replicas.settle(kept, added);
        }
      }
    },
    hold(name, key, versionId, on) {
      const version = store.find(name).bucket.version(key, versionId);
      if (!version) throw new Error(`${name} has no version ${versionId} of ${key}`);
      version.lock = { ...version.lock, legalHold: on };
    },
    expire: (name) => applyLifecycle(store, store.find(name)).length,
    policyOf: (name) => store.find(name).policy,
    restrict(name, policyDocument) {
      const { policy } = store.find(name);
      policy.splice(0, policy.length, ...readPolicy(policyDocument, 'resource'));
    },
    contend(name, key, times = 1) {
      store.find(name).contended.set(key, times);
    },
    replicating: () => replicas.pending(),
  };
}
