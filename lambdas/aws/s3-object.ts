import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { patiently } from './s3-failure.ts';

/** A version of an object without its content. */
export interface ObjectHead {
  readonly versionId: string;
  readonly etag: string;
  readonly size: number;
  /** Algorithm, type and value: `CRC64NVME FULL_OBJECT 5rD2…=`. */
  readonly checksum?: string;
  readonly storageClass: string;
  readonly encryption?: string;
  readonly kmsKey?: string;
  readonly bucketKey?: boolean;
  readonly redirect?: string;
  /** Of an archived object: whether a copy of it has been made available. */
  readonly retrieved: boolean;
  readonly archived: boolean;
  readonly replicationStatus?: string;
  readonly tags: number;
  /** Content type, the other headers that are kept, and the metadata: alike when equal. */
  readonly described: string;
  readonly answer: HeadObjectCommandOutput;
}

interface Which {
  readonly bucket: string;
  readonly key: string;
  /** Without it the newest. */
  readonly versionId?: string;
  /** Of a part: `answer.PartsCount`, and its size as `answer.ContentLength`. */
  readonly part?: number;
}

const checksums = [
  ['ChecksumCRC64NVME', 'CRC64NVME'],
  ['ChecksumSHA256', 'SHA256'],
  ['ChecksumSHA1', 'SHA1'],
  ['ChecksumCRC32C', 'CRC32C'],
  ['ChecksumCRC32', 'CRC32'],
] as const;

/** @throws what S3 answers: 404 for what is not there, 403 for what is not to be known (see s3-failure.ts) */
export async function headObject(s3: S3Client, { bucket, key, versionId, part }: Which): Promise<ObjectHead> {
  const answer = await patiently(() =>
    s3.send(
      new HeadObjectCommand({
        Bucket: bucket,
        Key: key,
        ChecksumMode: 'ENABLED',
        ...(versionId === undefined ? {} : { VersionId: versionId }),
        ...(part === undefined ? {} : { PartNumber: part }),
      }),
    ),
  );
  const checksum = checksumOf(answer);
  const {
    ServerSideEncryption: encryption,
    SSEKMSKeyId: kmsKey,
    BucketKeyEnabled: bucketKey,
    WebsiteRedirectLocation: redirect,
    ReplicationStatus: replicationStatus,
    StorageClass: storageClass = 'STANDARD',
  } = answer;
  return {
    versionId: answer.VersionId ?? 'null',
    etag: answer.ETag ?? '',
    size: answer.ContentLength ?? 0,
    storageClass,
    retrieved: answer.Restore?.includes('ongoing-request="false"') === true,
    archived: isArchive(storageClass) || answer.ArchiveStatus !== undefined,
    tags: answer.TagCount ?? 0,
    described: JSON.stringify([
      answer.ContentType ?? null,
      answer.CacheControl ?? null,
      answer.ContentDisposition ?? null,
      answer.ContentEncoding ?? null,
      answer.ContentLanguage ?? null,
      answer.ExpiresString ?? null,
      redirect ?? null,
      Object.entries(answer.Metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
    answer,
    ...(checksum === undefined ? {} : { checksum }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(kmsKey === undefined ? {} : { kmsKey }),
    ...(bucketKey === undefined ? {} : { bucketKey }),
    ...(redirect === undefined ? {} : { redirect }),
    ...(replicationStatus === undefined ? {} : { replicationStatus }),
  };
}

/** GLACIER_IR is read at once, in spite of its name. */
function isArchive(storageClass: string): boolean {
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
}

interface Checksums {
  readonly ChecksumCRC64NVME?: string | undefined;
  readonly ChecksumSHA256?: string | undefined;
  readonly ChecksumSHA1?: string | undefined;
  readonly ChecksumCRC32C?: string | undefined;
  readonly ChecksumCRC32?: string | undefined;
  readonly ChecksumType?: string | undefined;
}

/** The checksum of an answer; undefined when the object was written without one. */
export function checksumOf(answer: Checksums): string | undefined {
  for (const [field, algorithm] of checksums) {
    const value = answer[field];
    if (value !== undefined) {
      return `${algorithm} ${answer.ChecksumType ?? (value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT')} ${value}`;
    }
  }
  return undefined;
}

interface Content {
  readonly etag: string;
  readonly size?: number;
  readonly checksum?: string | undefined;
}

/**
 * Whether two versions have the same content, or undefined when what S3 tells of them does not say.
 *
 * Equal ETags and sizes are the same content. Unequal ETags say that it is another only where both are MD5s, which
 * they are not under a KMS key and after a multipart upload; there a checksum of the same kind decides.
 */
export function sameContent(one: Content, other: Content, md5: boolean): boolean | undefined {
  if (one.size !== undefined && other.size !== undefined && one.size !== other.size) return false;
  if (one.etag === other.etag) return true;
  const [a, b] = [one.checksum?.split(' '), other.checksum?.split(' ')];
  if (a && b && a[0] === b[0] && a[1] === b[1]) return a[2] === b[2];
  return md5 && isMd5(one.etag) && isMd5(other.etag) ? false : undefined;
}

/** Of a single upload that is not encrypted by a KMS key; which the ETag itself does not tell. */
function isMd5(etag: string): boolean {
  return /^"?[0-9a-f]{32}"?$/.test(etag);
}

/** An ETag that says nothing about the content by itself. */
export function isOpaque({
  etag,
  encryption,
}: {
  readonly etag: string;
  readonly encryption?: string | undefined;
}): boolean {
  return isKms(encryption) || !isMd5(etag);
}

export function isKms(encryption: string | undefined): boolean {
  return encryption?.startsWith('aws:kms') === true;
}

/** Tags by name, in order: alike when equal. */
export async function tagsOf(
  s3: S3Client,
  { bucket, key, versionId }: Which,
): Promise<readonly (readonly [string, string])[]> {
  const { TagSet = [] } = await patiently(() =>
    s3.send(
      new GetObjectTaggingCommand({
        Bucket: bucket,
        Key: key,
        ...(versionId === undefined ? {} : { VersionId: versionId }),
      }),
    ),
  );
  return TagSet.map(({ Key = '', Value = '' }) => [Key, Value] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}
