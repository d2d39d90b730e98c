import type {
  CopyObjectOutput,
  CopyObjectRequest,
  PutObjectOutput,
  PutObjectRequest,
} from '@aws-sdk/client-s3';
import { AwsError, type Permission } from '../contract.ts';
import { algorithmOf, checksumIn, checksumMembers, digest } from './checksums.ts';
import { Content } from './content.ts';
import { findSource, LARGEST_COPY, mayReadTags, tooLargeToCopy } from './copy-source.ts';
import { encryptionMembers, type Encrypting } from './encryption.ts';
import { StoredObject, type Headers, type Tags } from './object.ts';
import type { InBucket } from './operations.ts';
import { arn, type Kept, type Store } from './store.ts';
import { taggingHeader } from './tags.ts';

interface WriteRequest extends Headers {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly StorageClass?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

/** What writing an object needs, with what a policy may look at. */
export function writes(input: WriteRequest): Permission[] {
  const resource = arn(input.Bucket, input.Key);
  const named = {
    's3:x-amz-server-side-encryption': input.ServerSideEncryption,
    's3:x-amz-server-side-encryption-aws-kms-key-id': input.SSEKMSKeyId,
    's3:x-amz-storage-class': input.StorageClass,
    's3:if-match': input.IfMatch,
    's3:if-none-match': input.IfNoneMatch,
  };
  const context = Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return [
    { action: 's3:PutObject', resource, context },
    // A matching ETag tells something of the object, so S3 wants the right to read it too.
    ...(input.IfMatch === undefined ? [] : [{ action: 's3:GetObject', resource }]),
    ...(input.Tagging === undefined ? [] : [{ action: 's3:PutObjectTagging', resource }]),
    ...(input.ObjectLockMode === undefined ? [] : [{ action: 's3:PutObjectRetention', resource }]),
    ...(input.ObjectLockLegalHoldStatus === undefined ? [] : [{ action: 's3:PutObjectLegalHold', resource }]),
  ];
}

export function headersOf(input: Headers): Headers {
  const { ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage } = input;
  const { Expires, WebsiteRedirectLocation } = input;
  return {
    ...{ ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage },
    ...{ Expires, WebsiteRedirectLocation },
  };
}

export function lockIn(input: WriteRequest) {
  return {
    mode: input.ObjectLockMode,
    until: input.ObjectLockRetainUntilDate,
    legalHold: input.ObjectLockLegalHoldStatus,
  };
}

export function preconditionOf({ IfMatch, IfNoneMatch }: WriteRequest) {
  return { ifMatch: IfMatch, ifNoneMatch: IfNoneMatch };
}

export function writings(store: Store, inBucket: InBucket, encryption: Encrypting) {
  return {
    PutObject: inBucket<PutObjectRequest, PutObjectOutput>(writes, (kept, input, call) => {
      const body = (input.Body ?? new Uint8Array()) as Uint8Array;
      const brought = checksumIn(input);
      if (brought && brought.value !== digest(brought.algorithm, body)) {
        throw new AwsError(
          'BadDigest',
          `The ${brought.algorithm} you specified did not match the calculated checksum.`,
        );
      }
      const named = input.ChecksumAlgorithm === undefined ? undefined : algorithmOf(input.ChecksumAlgorithm);
      const object = new StoredObject({
        content: Content.of(body),
        headers: headersOf(input),
        metadata: input.Metadata,
        storageClass: input.StorageClass,
        encryption: encryption.forWriting(call, kept, input.Key ?? '', input),
        algorithm: brought?.algorithm ?? named,
        salt: store.unique(),
      });
      const added = store.write(kept, {
        key: input.Key ?? '',
        object,
        tags: taggingHeader(input.Tagging),
        lock: lockIn(input),
        precondition: preconditionOf(input),
      });
      return {
        ETag: object.etag,
        ...checksumMembers(object.checksum),
        ...encryptionMembers(object.encryption),
        ...(kept.bucket.versioned ? { VersionId: added.versionId } : {}),
      };
    }),

    CopyObject: inBucket<CopyObjectRequest, CopyObjectOutput>(
      // Tags are copied only if there are any; what they need is known when the source is.
      (input) =>
        writes({ ...input, Tagging: input.TaggingDirective === 'REPLACE' ? input.Tagging : undefined }),
      (kept, input, call) => {
        const key = input.Key ?? '';
        const source = findSource(store, encryption, call, input);
        const { object: original } = source.found;
        if (original.content.size > LARGEST_COPY) throw tooLargeToCopy();
        requireChange(kept, input, source);
        const replaced = input.MetadataDirective === 'REPLACE';
        const named =
          input.ChecksumAlgorithm === undefined ? undefined : algorithmOf(input.ChecksumAlgorithm);
        const object = new StoredObject({
          content: original.content,
          headers: replaced
            ? headersOf(input)
            : // The redirect is the one header that a copy loses (API_CopyObject).
              { ...original.headers, WebsiteRedirectLocation: input.WebsiteRedirectLocation },
          metadata: replaced ? input.Metadata : original.metadata,
          // A copy is of the usual class unless the request says otherwise, whatever its source is of.
          storageClass: input.StorageClass,
          encryption: encryption.forWriting(call, kept, key, input),
          algorithm: named ?? original.algorithm,
          copyOf: original,
          salt: store.unique(),
        });
        let tags: Tags | undefined;
        if (input.TaggingDirective === 'REPLACE') tags = taggingHeader(input.Tagging);
        else if (source.found.version.tags) {
          mayReadTags(store, call, source);
          store.permit(call, { action: 's3:PutObjectTagging', resource: arn(input.Bucket, key) });
          tags = source.found.version.tags;
        }
        const added = store.write(kept, {
          key,
          object,
          tags,
          lock: lockIn(input),
          precondition: preconditionOf(input),
        });
        const { versionId } = source.found.version;
        return {
          CopyObjectResult: {
            ETag: object.etag,
            LastModified: new Date(added.lastModified),
            ...checksumMembers(object.checksum),
          },
          ...encryptionMembers(object.encryption),
          ...(source.kept.bucket.versioned ? { CopySourceVersionId: versionId } : {}),
          ...(kept.bucket.versioned ? { VersionId: added.versionId } : {}),
        };
      },
    ),
  };
}

/** @throws AwsError `InvalidRequest` for a copy of an object onto itself that would change nothing about it */
function requireChange(kept: Kept, input: CopyObjectRequest, source: ReturnType<typeof findSource>): void {
  const itself = source.kept === kept && source.key === input.Key && source.versionId === undefined;
  const changes =
    input.MetadataDirective === 'REPLACE' ||
    input.TaggingDirective === 'REPLACE' ||
    input.ChecksumAlgorithm !== undefined ||
    input.StorageClass !== undefined ||
    input.ServerSideEncryption !== undefined ||
    input.WebsiteRedirectLocation !== undefined;
  if (!itself || changes) return;
  throw new AwsError(
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}
