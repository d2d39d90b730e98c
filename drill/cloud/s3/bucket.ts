import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../contract.ts';

export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: Date;
  /** A marker says that the object is gone; it has no content. */
  readonly marker: boolean;
  readonly body: Uint8Array;
  /** With its quotes. */
  readonly etag: string;
  readonly checksumCrc32: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface NewObject {
  readonly key: string;
  readonly body: Uint8Array;
  readonly contentType?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** What must hold for a write; both look at the current version only. */
interface Precondition {
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
  readonly #now: () => number;
  readonly #nextVersion: () => string;
  /** Newest first. */
  readonly #versions = new Map<string, ObjectVersion[]>();

  constructor({ name, region, versioned, now, nextVersion }: BucketOptions) {
    this.name = name;
    this.region = region;
    this.versioned = versioned;
    this.created = new Date(now());
    this.#now = now;
    this.#nextVersion = nextVersion;
  }

  /** Keys in the order of their bytes, as S3 lists them. */
  keys(): readonly string[] {
    return [...this.#versions.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** All versions of a key, newest first. */
  versions(key: string): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /** The newest version, if it is not a marker. */
  current(key: string): ObjectVersion | undefined {
    const [newest] = this.versions(key);
    return newest?.marker === false ? newest : undefined;
  }

  /** @throws AwsError `PreconditionFailed` (412), or `NoSuchKey` when a matching object is asked for and there is none */
  put({ key, body, contentType, metadata }: NewObject, precondition: Precondition = {}): ObjectVersion {
    this.#require(key, precondition);
    return this.#add({
      key,
      marker: false,
      body,
      etag: `"${createHash('md5').update(body).digest('hex')}"`,
      checksumCrc32: checksum(body),
      contentType: contentType ?? 'application/octet-stream',
      metadata: metadata ?? {},
    });
  }

  /**
   * Delete the object: by a marker where versions are kept, which undoes nothing; or one version for good.
   *
   * @returns the marker that was added or the version that was removed; undefined when nothing was there
   */
  remove(key: string, versionId?: string, precondition: Precondition = {}): ObjectVersion | undefined {
    this.#require(key, precondition);
    const versions = this.#versions.get(key) ?? [];
    if (versionId === undefined && this.versioned) {
      const none = { body: new Uint8Array(), etag: '', checksumCrc32: '', contentType: '', metadata: {} };
      return this.#add({ key, marker: true, ...none });
    }
    const index = versions.findIndex((version) => versionId === undefined || version.versionId === versionId);
    const [removed] = index < 0 ? [] : versions.splice(index, 1);
    if (versions.length === 0) this.#versions.delete(key);
    return removed;
  }

  #add(version: Omit<ObjectVersion, 'versionId' | 'lastModified'>): ObjectVersion {
    const added = {
      ...version,
      versionId: this.versioned ? this.#nextVersion() : 'null',
      // S3 keeps whole seconds.
      lastModified: new Date(Math.floor(this.#now() / 1000) * 1000),
    };
    this.#versions.set(version.key, this.versioned ? [added, ...this.versions(version.key)] : [added]);
    return added;
  }

  #require(key: string, { ifMatch, ifNoneMatch }: Precondition): void {
    const current = this.current(key);
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
      throw new AwsError(
        'NotImplemented',
        'A header you provided implies functionality that is not implemented',
        501,
      );
    }
    if (ifMatch !== undefined && !current) {
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    }
    const changed = ifMatch !== undefined && !sameTag(ifMatch, current);
    if (changed || (ifNoneMatch === '*' && current !== undefined)) {
      throw new AwsError(
        'PreconditionFailed',
        'At least one of the pre-conditions you specified did not hold',
        412,
      );
    }
  }
}

/** Clients send an ETag with or without its quotes. */
export function sameTag(tag: string, version: ObjectVersion | undefined): boolean {
  return version?.etag.replaceAll('"', '') === tag.replaceAll('"', '');
}

/** CRC-32 as S3 writes it: big-endian, in base64. */
export function checksum(body: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}
