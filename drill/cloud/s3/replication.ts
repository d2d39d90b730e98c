import type { Foundation } from '../contract.ts';
import { delays } from '../delays.ts';
import type { Encryption, ObjectVersion, StoredObject } from './object.ts';
import { arn, type Kept, type Store } from './store.ts';

export interface ReplicationRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly priority: number;
  readonly prefix: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Whether delete markers are replicated, too. */
  readonly markers: boolean;
  /** Name of the bucket. */
  readonly destination: string;
  readonly storageClass: string | undefined;
  /** Key for what is encrypted with a KMS key; undefined where such objects are not replicated. */
  readonly replicaKey: string | undefined;
}

export interface ReplicationSettings {
  /** ARN; undefined for a bucket that no template has, whose role nobody looks at. */
  readonly role: string | undefined;
  readonly rules: readonly ReplicationRule[];
}

export interface Replication {
  /** Versions and markers that are still on their way. */
  pending(): number;
  /** Put what the bucket has into its destination as if it had been there long since; nothing waits. */
  settle(kept: Kept, version: ObjectVersion): void;
}

interface Item {
  readonly kept: Kept;
  readonly version: ObjectVersion;
  readonly rule: ReplicationRule;
  readonly due: number;
}

/** Milliseconds that a version is tried again for when a region is dark; then it has failed. */
const PATIENCE = 24 * 3_600_000;

/**
 * Replication as S3 does it: new versions arrive after a while with their id and time, markers if a rule says so,
 * deletions of versions never; what was there before the rule, and what is itself a replica, stays where it is.
 */
export function replication({ clock, authorizer, tell, id }: Foundation, store: Store): Replication {
  const queue: Item[] = [];
  let head = 0;
  let waiting = false;

  store.onAdded((kept, version) => {
    const rule = ruleFor(kept, version);
    if (!rule) return;
    if (version.object) version.replication = 'PENDING';
    enqueue({ kept, version, rule, due: clock.now() + delays.s3Replication });
  });

  /** All waits are equally long, so what is due first is in front. */
  function enqueue(item: Item): void {
    queue.push(item);
    wait();
  }

  function wait(): void {
    const next = queue[head];
    if (waiting || !next) return;
    waiting = true;
    clock.at(next.due, () => {
      waiting = false;
      for (let item = queue[head]; item && item.due <= clock.now(); item = queue[head]) {
        head++;
        arrive(item);
      }
      if (head === queue.length) queue.length = head = 0;
      wait();
    });
  }

  function arrive(item: Item): void {
    const { kept, version, rule } = item;
    const destination = store.buckets.get(rule.destination);
    const regions = [kept.bucket.region, destination?.bucket.region ?? kept.bucket.region];
    if (regions.some(store.dark) && clock.now() - version.since < PATIENCE) {
      enqueue({ ...item, due: clock.now() + delays.s3Replication });
      return;
    }
    // What was deleted for good meanwhile does not come back on the other side.
    if (kept.bucket.version(version.key, version.versionId) !== version) return;
    try {
      if (!destination) throw new Error(`there is no bucket ${rule.destination}`);
      if (regions.some(store.dark)) throw new Error('its region cannot be reached');
      permitted(item, destination);
      copy(item, destination);
      if (version.object) version.replication = 'COMPLETED';
    } catch (error) {
      version.replication = 'FAILED';
      const reason = error instanceof Error ? error.message : String(error);
      tell('S3', `${version.key} could not be replicated from ${kept.bucket.name}`, reason);
    }
  }

  /** What the role needs (S3 User Guide, setting-repl-config-perm-overview). */
  function permitted({ kept, version, rule }: Item, destination: Kept): void {
    const { role: roleArn } = kept.settings.replication ?? {};
    if (roleArn === undefined) return;
    const role = authorizer.role(roleArn);
    const may = (action: string, resource: string) => store.permit({ principal: role }, { action, resource });
    const [source, target] = [arn(kept.bucket.name, version.key), arn(rule.destination, version.key)];
    may('s3:GetReplicationConfiguration', arn(kept.bucket.name));
    may('s3:ListBucket', arn(kept.bucket.name));
    if (!version.object) {
      may('s3:ReplicateDelete', target);
      return;
    }
    may('s3:GetObjectVersionForReplication', source);
    may('s3:GetObjectVersionAcl', source);
    may('s3:ReplicateObject', target);
    if (version.tags) {
      may('s3:GetObjectVersionTagging', source);
      may('s3:ReplicateTags', target);
    }
    const use = (encryption: Encryption, action: string, { bucket }: Kept, resource: string) => {
      if (encryption.kind !== 'aws:kms') return;
      const context = {
        'kms:ViaService': `s3.${bucket.region}.amazonaws.com`,
        'kms:EncryptionContext:aws:s3:arn': resource,
      };
      store.keys.use(role, { action, resource: encryption.keyArn, context });
    };
    use(version.object.encryption, 'kms:Decrypt', kept, source);
    use(encryptionOf(store, version.object, rule, destination), 'kms:Encrypt', destination, target);
  }

  function copy({ version, rule }: Pick<Item, 'version' | 'rule'>, destination: Kept): void {
    const { bucket } = destination;
    const { key, versionId, since, lastModified, object, tags, lock } = version;
    if (!bucket.versioned) throw new Error(`${bucket.name} keeps no versions`);
    if (bucket.version(key, versionId)) return;
    const replica = object && storedAs(object, rule, destination);
    bucket.add({ key, object: replica, tags, lock, versionId, at: since, lastModified }).replication = object
      ? 'REPLICA'
      : undefined;
  }

  function storedAs(object: StoredObject, rule: ReplicationRule, destination: Kept): StoredObject {
    const encryption = encryptionOf(store, object, rule, destination);
    const storageClass = rule.storageClass ?? object.storageClass;
    const same = encryption.kind === 'AES256' && object.encryption.kind === 'AES256';
    if (same && storageClass === object.storageClass) return object;
    return object.with({ encryption, storageClass, salt: id('e') });
  }

  return {
    pending: () => queue.length - head,
    settle(kept, version) {
      const rule = ruleFor(kept, version);
      const destination = store.buckets.get(rule?.destination ?? '');
      if (!rule || !destination) return;
      copy({ version, rule }, destination);
      if (version.object) version.replication = 'COMPLETED';
    },
  };
}

/** Of the rules that speak of a version the one that comes first. */
function ruleFor(
  { settings, bucket }: Kept,
  { key, object, tags }: ObjectVersion,
): ReplicationRule | undefined {
  const rules = (settings.replication?.rules ?? []).filter(
    (rule) =>
      rule.enabled &&
      key.startsWith(rule.prefix) &&
      rule.tags.every(([name, value]) => tags?.[name] === value) &&
      (object ? object.encryption.kind === 'AES256' || rule.replicaKey !== undefined : rule.markers) &&
      rule.destination !== bucket.name,
  );
  return rules.sort((a, b) => b.priority - a.priority)[0];
}

/** A replica is encrypted by the rule's key where its source is by one, else as its bucket encrypts. */
function encryptionOf(
  { keys }: Store,
  { encryption }: StoredObject,
  { replicaKey }: ReplicationRule,
  { settings }: Kept,
): Encryption {
  if (encryption.kind === 'aws:kms' && replicaKey !== undefined) {
    const keyArn = keys.arnOf(settings.region, replicaKey);
    return { kind: 'aws:kms', keyArn, bucketKey: encryption.bucketKey };
  }
  return settings.encryption ?? { kind: 'AES256' };
}
