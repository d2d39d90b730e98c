import {
  CopyObjectCommand,
  type S3Client,
  type ServerSideEncryption,
  type StorageClass,
} from '@aws-sdk/client-s3';
import type { BucketPlace, WantedVersion } from '../configuration/contract.ts';
import { patiently } from './s3-failure.ts';
import { checksumOf, isKms } from './s3-object.ts';
import { copySource } from './s3-versions.ts';

/** What must still stand at the key, so that nobody's later write is overwritten. */
export type Condition = { readonly IfMatch: string } | { readonly IfNoneMatch: '*' };

export interface CopyOrder {
  /** In the region of `target`: S3 fetches the source from wherever it is. */
  readonly s3: S3Client;
  readonly target: BucketPlace;
  readonly source: BucketPlace;
  readonly key: string;
  readonly wanted: WantedVersion;
  readonly condition: Condition;
}

/** What a copy has become, as S3 answers. */
export interface Copied {
  readonly versionId?: string;
  readonly etag: string;
  readonly checksum?: string;
  readonly encryption?: string;
}

/** AWS's limit for a copy in one call, bytes (CopyObject). */
export const singleCopyBytes = 5 * 2 ** 30;

/**
 * Make an old version the newest, in one call: content, metadata and tags go along by themselves, the rest is asked
 * for. Access control lists, legal holds and retention do not: the bucket's own rules apply to the copy.
 *
 * @throws what S3 answers, after waiting while it is too busy
 */
export async function copyVersion(order: CopyOrder): Promise<Copied> {
  const { s3, target, source, key, wanted, condition } = order;
  const answer = await patiently(() =>
    s3.send(
      new CopyObjectCommand({
        Bucket: target.bucket,
        Key: key,
        CopySource: copySource(source.bucket, key, wanted.versionId),
        ...condition,
        ...kept(wanted, target),
      }),
    ),
  );
  const checksum = checksumOf(answer.CopyObjectResult ?? {});
  return {
    etag: answer.CopyObjectResult?.ETag ?? '',
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(answer.ServerSideEncryption === undefined ? {} : { encryption: answer.ServerSideEncryption }),
  };
}

interface Kept {
  readonly StorageClass?: StorageClass;
  readonly ServerSideEncryption?: ServerSideEncryption;
  readonly SSEKMSKeyId?: string;
  readonly BucketKeyEnabled?: boolean;
  readonly WebsiteRedirectLocation?: string;
}

/**
 * What a copy would lose if it were not asked for: storage class, KMS key, redirect (CopyObject). An archived version
 * comes back readable; one that had no KMS key gets what the bucket encrypts with now.
 */
export function kept(wanted: WantedVersion, { region }: BucketPlace): Kept {
  const { storageClass, encryption, kmsKey, bucketKey, redirect, from } = wanted;
  const archived = storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
  const plain = storageClass === undefined || storageClass === 'STANDARD' || archived;
  const key = kmsKey === undefined || from === 'own' ? kmsKey : keyInRegion(kmsKey, region);
  const keyed = isKms(encryption) && key !== undefined;
  return {
    ...(plain ? {} : { StorageClass: storageClass as StorageClass }),
    ...(keyed ? { ServerSideEncryption: encryption as ServerSideEncryption, SSEKMSKeyId: key } : {}),
    ...(keyed && bucketKey !== undefined ? { BucketKeyEnabled: bucketKey } : {}),
    ...(redirect === undefined ? {} : { WebsiteRedirectLocation: redirect }),
  };
}

/**
 * The same key in another region, which only a multi-Region key has (AWS KMS: their ids begin with `mrk-`). Of any
 * other key of a replica nothing is known here, and the bucket encrypts with its own.
 */
function keyInRegion(arn: string, region: string): string | undefined {
  if (!arn.includes(':key/mrk-')) return undefined;
  return arn
    .split(':')
    .map((part, at) => (at === 3 ? region : part))
    .join(':');
}
