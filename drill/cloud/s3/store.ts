import { AwsError, type CallContext, type Foundation, type Permission, type Principal } from '../contract.ts';
import { denies, type Statement } from '../iam/policy.ts';
import type { Keys } from '../kms/kms.ts';
import { Bucket, type Precondition } from './bucket.ts';
import { lockOf, type DefaultRetention, type LockRequest } from './locks.ts';
import type { Encryption, ObjectVersion, StoredObject, Tags } from './object.ts';
import type { LifecycleRule } from './lifecycle.ts';
import type { ReplicationSettings } from './replication.ts';
import type { Upload } from './upload.ts';

/** What the template says of a bucket. */
export interface BucketSettings {
  readonly name: string;
  readonly region: string;
  readonly versioning: 'Enabled' | 'Suspended' | undefined;
  /** For what is written without a wish of its own. */
  readonly encryption: Encryption | undefined;
  readonly lifecycle: readonly LifecycleRule[];
  readonly replication: ReplicationSettings | undefined;
  /** Whether versions can be locked. */
  readonly lockable: boolean;
  readonly retention: DefaultRetention | undefined;
}

export interface Kept {
  readonly bucket: Bucket;
  readonly settings: BucketSettings;
  readonly policy: Statement[];
  /** Uploads in parts that go on, by id. */
  readonly uploads: Map<string, Upload>;
  /** Keys that somebody else writes at the same time, and how many conditional writes meet it. */
  readonly contended: Map<string, number>;
}

/** Who asks, as far as a bucket wants to know. */
export type Caller = Pick<CallContext, 'principal'>;

export interface Write {
  readonly key: string;
  readonly object: StoredObject;
  readonly tags?: Tags | undefined;
  readonly lock?: LockRequest | undefined;
  readonly precondition?: Precondition | undefined;
  /** Milliseconds since the epoch, when it is not the present. */
  readonly at?: number | undefined;
  readonly lastModified?: number | undefined;
}

/** The buckets, and what all operations on them have in common. */
export interface Store {
  readonly keys: Keys;
  readonly buckets: ReadonlyMap<string, Kept>;
  readonly dark: (region: string) => boolean;
  now(): number;
  /** Something that nothing else has. */
  unique(): string;
  create(settings: BucketSettings): void;
  /** @throws AwsError `NoSuchBucket` */
  find(name: string | undefined): Kept;
  /** @throws AwsError `AccessDenied` unless the caller's policies allow it and the bucket's does not deny it */
  permit(caller: Caller, permission: Permission): void;
  /** @throws AwsError `AccessDenied` when the bucket's policy denies it */
  obey(kept: Kept, principal: Principal, permission: Permission): void;
  /** @throws AwsError as `Bucket.require` does, and `ConditionalRequestConflict` (409) when another write is under way */
  require(kept: Kept, key: string, precondition: Precondition): void;
  /** Add a version of an object. @throws AwsError as `require` does, and for locks that the bucket has not */
  write(kept: Kept, write: Write): ObjectVersion;
  /** What is done with each version or marker that is added. */
  onAdded(tell: (kept: Kept, added: ObjectVersion) => void): void;
  added(kept: Kept, added: ObjectVersion): void;
}

export function bucketStore(
  { clock, account, id, authorizer }: Foundation,
  keys: Keys,
  dark: (region: string) => boolean,
): Store {
  const buckets = new Map<string, Kept>();
  const listeners: ((kept: Kept, added: ObjectVersion) => void)[] = [];

  const store: Store = {
    keys,
    buckets,
    dark,
    now: () => clock.now(),
    unique: () => id('s'),
    create(settings) {
      const { name, region, versioning } = settings;
      if (buckets.has(name)) throw new Error(`two buckets have the name ${name}`);
      const bucket = new Bucket({
        name,
        region,
        versioned: versioning === 'Enabled',
        now: () => clock.now(),
        nextVersion: () => id('v'),
      });
      buckets.set(name, { bucket, settings, policy: [], uploads: new Map(), contended: new Map() });
    },
    find(name) {
      const found = buckets.get(name ?? '');
      if (!found) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
      return found;
    },
    permit({ principal }, permission) {
      authorizer.authorize(principal, permission);
      const [, name = ''] = /^arn:aws:s3:::([^/]+)/.exec(permission.resource) ?? [];
      store.obey(store.find(name), principal, permission);
    },
    obey({ policy }, principal, { action, resource, context }) {
      const caller = { 'aws:PrincipalArn': principal.arn, 'aws:PrincipalAccount': account };
      const request = {
        action,
        resource,
        context: { 'aws:SecureTransport': 'true', ...caller, ...context },
      };
      if (!denies(policy, principal.arn, request)) return;
      throw new AwsError(
        'AccessDenied',
        `User: ${principal.arn} is not authorized to perform: ${action} on resource: "${resource}" with an explicit deny in a resource-based policy`,
        403,
      );
    },
    require({ bucket, contended }, key, precondition) {
      bucket.require(key, precondition);
      const left = contended.get(key) ?? 0;
      if (left === 0 || (precondition.ifMatch ?? precondition.ifNoneMatch) === undefined) return;
      contended.set(key, left - 1);
      throw new AwsError(
        'ConditionalRequestConflict',
        'The conditional request cannot succeed due to a conflicting operation against this resource.',
        409,
      );
    },
    write(kept, { key, object, tags, lock, precondition = {}, at, lastModified }) {
      store.require(kept, key, precondition);
      const locked = lockOf(kept.settings, lock, clock.now());
      const added = kept.bucket.add({ key, object, tags, lock: locked, at, lastModified });
      store.added(kept, added);
      return added;
    },
    onAdded: (tell) => listeners.push(tell),
    added(kept, added) {
      for (const tell of listeners) tell(kept, added);
    },
  };
  return store;
}

export function arn(bucket: string | undefined, key?: string): string {
  return `arn:aws:s3:::${bucket ?? ''}${key === undefined ? '' : `/${key}`}`;
}
