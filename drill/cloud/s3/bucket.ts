import { AwsError } from '../contract.ts';
import { KeyIndex } from './key-index.ts';
import { sameTag, type Lock, type ObjectVersion, type StoredObject, type Tags } from './object.ts';

interface NewVersion {
  readonly key: string;
  /** Undefined for a marker. */
  readonly object: StoredObject | undefined;
  readonly tags?: Tags | undefined;
  readonly lock?: Lock | undefined;
  /** A replica has its source's. */
  readonly versionId?: string | undefined;
  /** When it came to be, if not now; milliseconds since the epoch. */
  readonly at?: number | undefined;
  /** Milliseconds since the epoch, when it is not the time it came to be. */
  readonly lastModified?: number | undefined;
}

/** What must hold for a write; both look at the current version only. */
export interface Precondition {
  /** ETag that the object must have. */
  readonly ifMatch?: string | undefined;
  /** `*`: the object must not exist. */
  readonly ifNoneMatch?: string | undefined;
}

interface BucketOptions {
  readonly name: string;
  readonly region: string;
  readonly versioned: boolean;
  readonly now: () => number;
  readonly nextVersion: () => string;
}

/** Objects of a bucket with all their versions. */
export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly versioned: boolean;
  readonly created: Date;
  readonly index = new KeyIndex();
  readonly #now: () => number;
  readonly #nextVersion: () => string;
  /** Oldest first: a new one is added at the end, whatever their number. */
  readonly #versions = new Map<string, ObjectVersion[]>();

  constructor({ name, region, versioned, now, nextVersion }: BucketOptions) {
    this.name = name;
    this.region = region;
    this.versioned = versioned;
    this.created = new Date(now());
    this.#now = now;
    this.#nextVersion = nextVersion;
  }

  /** Keys that have a version or a marker, in the order of their bytes, as S3 lists them. */
  keys(): readonly string[] {
    return this.index.all();
  }

  /** All versions of a key, oldest first. */
  versions(key: string): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /** A version by its id; undefined when the key has none of that id. */
  version(key: string, versionId: string): ObjectVersion | undefined {
    return this.versions(key).find((candidate) => candidate.versionId === versionId);
  }

  /** The newest version, be it a marker. */
  newest(key: string): ObjectVersion | undefined {
    return this.versions(key).at(-1);
  }

  /** What is there now; undefined when the newest version is a marker. */
  current(key: string): StoredObject | undefined {
    return this.newest(key)?.object;
  }

  /** Add a version. Where versions are not kept it takes the place of the one that was there. */
  add({
    key,
    object,
    tags,
    lock,
    versionId,
    at = this.#now(),
    lastModified = at,
  }: NewVersion): ObjectVersion {
    const added: ObjectVersion = {
      key,
      versionId: versionId ?? (this.versioned ? this.#nextVersion() : 'null'),
      // S3 keeps whole seconds.
      lastModified: Math.floor(lastModified / 1000) * 1000,
      since: at,
      object,
      tags,
      lock,
      replication: undefined,
    };
    const known = this.#versions.get(key);
    if (!known) this.index.add(key);
    if (!known || !this.versioned) this.#versions.set(key, [added]);
    // Replicas of what happened on both sides come late: the newest is what was written last.
    else known.splice(known.findLastIndex(({ since }) => since <= at) + 1, 0, added);
    return added;
  }

  /** Take a version away for good; the key goes with its last one. */
  erase({ key, versionId }: Pick<ObjectVersion, 'key' | 'versionId'>): ObjectVersion | undefined {
    const versions = this.#versions.get(key) ?? [];
    const place = versions.findIndex((version) => version.versionId === versionId);
    const [erased] = place < 0 ? [] : versions.splice(place, 1);
    if (erased && versions.length === 0) {
      this.#versions.delete(key);
      this.index.remove(key);
    }
    return erased;
  }

  /**
   * @throws AwsError `PreconditionFailed` (412), `NoSuchKey` when a matching object is asked for and there is none,
   *   or `NotImplemented` for what S3 does not compare with
   */
  require(key: string, { ifMatch, ifNoneMatch }: Precondition): void {
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
      throw new AwsError(
        'NotImplemented',
        'A header you provided implies functionality that is not implemented',
        501,
      );
    }
    const current = this.current(key);
    if (ifMatch !== undefined && !current) {
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    }
    const changed = ifMatch !== undefined && ifMatch !== '*' && !sameTag(ifMatch, current);
    if (changed || (ifNoneMatch === '*' && current !== undefined)) throw preconditionFailed();
  }
}

export function preconditionFailed(): AwsError {
  return new AwsError(
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    412,
  );
}
