import { createHash } from 'node:crypto';
import { digest, type Algorithm, type Checksum } from './checksums.ts';
import { Content } from './content.ts';

export type Tags = Readonly<Record<string, string>>;

/** Headers that S3 keeps with an object and gives back, by the names of the SDK. */
export interface Headers {
  readonly ContentType?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly Expires?: Date | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
}

export type Encryption =
  | { readonly kind: 'AES256' }
  | { readonly kind: 'aws:kms'; readonly keyArn: string; readonly bucketKey: boolean };

/** Storage classes that have to be restored before they can be read (S3 User Guide, storage-class-intro). */
const archived = new Set(['GLACIER', 'DEEP_ARCHIVE']);

interface ObjectParts {
  readonly content: Content;
  readonly headers?: Headers | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
  readonly encryption?: Encryption | undefined;
  /** CRC64NVME when the writer has no wish. */
  readonly algorithm?: Algorithm | undefined;
  /** A multipart object has another ETag and perhaps another checksum than its bytes would have. */
  readonly multipart?: {
    readonly etag: string;
    readonly checksum: Checksum;
    readonly sizes: readonly number[];
  };
  /** What the content was copied from: what was computed of it need not be again. */
  readonly copyOf?: StoredObject | undefined;
  /** Something that no other object has: the ETag of what is encrypted with a KMS key is not the bytes'. */
  readonly salt?: string | undefined;
}

/** What is stored; versions that have the same of it may share it. */
export class StoredObject {
  readonly content: Content;
  readonly headers: Headers;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly encryption: Encryption;
  /** Bytes of each part; undefined for what was written in one piece. */
  readonly partSizes: readonly number[] | undefined;
  readonly algorithm: Algorithm;
  readonly #salt: string | undefined;
  #etag: string | undefined;
  #checksum: Checksum | undefined;

  constructor({ content, headers, metadata, multipart, ...rest }: ObjectParts) {
    this.content = content;
    this.headers = { ...headers, ContentType: headers?.ContentType ?? 'binary/octet-stream' };
    this.metadata = metadata ?? {};
    this.storageClass = rest.storageClass ?? 'STANDARD';
    this.encryption = rest.encryption ?? { kind: 'AES256' };
    this.algorithm = multipart?.checksum.algorithm ?? rest.algorithm ?? 'CRC64NVME';
    this.#salt = this.encryption.kind === 'aws:kms' ? (rest.salt ?? '') : undefined;
    this.#etag = multipart?.etag;
    this.#checksum = multipart?.checksum;
    this.partSizes = multipart?.sizes;
    const { copyOf } = rest;
    if (!copyOf || multipart) return;
    const { checksum } = copyOf;
    if (checksum.algorithm === this.algorithm && checksum.type === 'FULL_OBJECT') this.#checksum = checksum;
    const plain = this.encryption.kind === 'AES256' && copyOf.encryption.kind === 'AES256';
    if (plain && !copyOf.partSizes) this.#etag = copyOf.etag;
  }

  /** The same content stored in another way; of its ETag only what its bytes decide is kept. */
  with(changes: Partial<Pick<ObjectParts, 'encryption' | 'storageClass' | 'salt'>>): StoredObject {
    const { content, headers, metadata, storageClass, encryption, algorithm, partSizes: sizes } = this;
    const multipart = sizes && { etag: this.etag, checksum: this.checksum, sizes };
    return new StoredObject({
      ...{ content, headers, metadata, storageClass, encryption, algorithm },
      ...(multipart ? { multipart } : {}),
      ...changes,
    });
  }

  get archived(): boolean {
    return archived.has(this.storageClass);
  }

  /** With its quotes: the MD5 of the bytes, but not where a KMS key encrypts (API_Object, ETag). */
  get etag(): string {
    this.#etag ??= `"${etagOf(this.content, this.#salt)}"`;
    return this.#etag;
  }

  get checksum(): Checksum {
    this.#checksum ??= {
      algorithm: this.algorithm,
      value: digest(this.algorithm, this.content.essence()),
      type: 'FULL_OBJECT',
    };
    return this.#checksum;
  }
}

/** Without quotes. */
export function etagOf(content: Content, salt = ''): string {
  return createHash('md5').update(salt).update(content.essence()).digest('hex');
}

export interface Lock {
  readonly legalHold: boolean;
  readonly mode?: 'GOVERNANCE' | 'COMPLIANCE';
  /** Milliseconds since the epoch. */
  readonly until?: number;
}

export type ReplicationState = 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA';

/** One version of an object, or a marker that says that it is gone. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  /** Milliseconds since the epoch, whole seconds. Of a multipart upload it is when the upload began. */
  readonly lastModified: number;
  /** When it became the newest version, milliseconds since the epoch: the order of versions. */
  readonly since: number;
  /** Undefined for a marker. */
  readonly object: StoredObject | undefined;
  tags: Tags | undefined;
  lock: Lock | undefined;
  replication: ReplicationState | undefined;
}

/** Clients send an ETag with or without its quotes. */
export function sameTag(tag: string, object: StoredObject | undefined): boolean {
  return object?.etag.replaceAll('"', '') === tag.replaceAll('"', '');
}
