import type {
  DeleteObjectOutput,
  DeleteObjectRequest,
  GetBucketVersioningOutput,
  GetBucketVersioningRequest,
  GetObjectOutput,
  GetObjectRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  HeadObjectOutput,
  HeadObjectRequest,
  ListBucketsOutput,
  ListObjectsV2Output,
  ListObjectsV2Request,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
  PutObjectOutput,
  PutObjectRequest,
} from '@aws-sdk/client-s3';
import {
  AwsError,
  operation,
  type CallContext,
  type CloudService,
  type Foundation,
  type Operation,
  type Permission,
} from '../contract.ts';
import { denies, type Statement } from '../iam/policy.ts';
import { Bucket, checksum, sameTag, type ObjectVersion } from './bucket.ts';
import { listObjects, listVersions } from './listing.ts';
import { bucketResources } from './resources.ts';

export interface SimpleStorage {
  readonly service: CloudService;
  /** Content of the current object; undefined when there is none. */
  read(bucket: string, key: string): Buffer | undefined;
  /** Keys of the objects that a bucket has or had, in S3's order. */
  keys(bucket: string): readonly string[];
  /** Names of the buckets and where they are. */
  buckets(): readonly { readonly name: string; readonly region: string }[];
}

interface InBucket {
  readonly Bucket: string | undefined;
}

interface ReadRequest extends InBucket {
  readonly Key: string | undefined;
  readonly VersionId?: string | undefined;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly Range?: string | undefined;
}

/** Amazon S3: versioned objects, conditional writes, listings, and what a bucket's policy forbids. */
export function simpleStorage({ clock, authorizer, id }: Foundation): SimpleStorage {
  const buckets = new Map<string, { readonly bucket: Bucket; readonly policy: Statement[] }>();

  function find(name: string | undefined): { bucket: Bucket; policy: Statement[] } {
    const found = buckets.get(name ?? '');
    if (!found) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return found;
  }

  /** An operation on a bucket: in the bucket's own region, and unless the bucket's policy forbids it. */
  function inBucket<Input extends InBucket, Output>(
    needs: (input: Input) => readonly Permission[],
    run: (bucket: Bucket, input: Input, call: CallContext) => Output,
  ): Operation {
    return operation<Input, Output>({
      permissions: needs,
      run(input, call) {
        const { bucket, policy } = find(input.Bucket);
        if (bucket.region !== call.region) {
          throw new AwsError(
            'PermanentRedirect',
            `The bucket ${bucket.name} is in ${bucket.region}; it must be addressed there.`,
            301,
            { 'x-amz-bucket-region': bucket.region },
          );
        }
        for (const { action, resource, context } of needs(input)) {
          const request = { action, resource, context: { 'aws:SecureTransport': 'true', ...context } };
          if (denies(policy, call.principal.arn, request)) {
            throw new AwsError(
              'AccessDenied',
              `User: ${call.principal.arn} is not authorized to perform: ${action} on resource: "${resource}" with an explicit deny in a resource-based policy`,
              403,
            );
          }
        }
        return run(bucket, input, call);
      },
    });
  }

  function version(bucket: Bucket, input: ReadRequest, { principal }: CallContext): ObjectVersion {
    if (input.Range !== undefined) {
      throw new AwsError('NotImplemented', 'The local cloud does not read ranges.', 501);
    }
    const key = input.Key ?? '';
    const found =
      input.VersionId === undefined ? bucket.versions(key)[0] : specific(bucket, key, input.VersionId);
    if (!found || found.marker) {
      // Who may not list a bucket does not learn what is absent from it.
      authorizer.authorize(principal, { action: 's3:ListBucket', resource: arn(bucket.name) });
      const marker = found ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': found.versionId } : {};
      if (found && input.VersionId !== undefined) {
        throw new AwsError('MethodNotAllowed', 'The specified method is not allowed.', 405, marker);
      }
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, marker);
    }
    if (input.IfMatch !== undefined && !sameTag(input.IfMatch, found)) {
      throw new AwsError(
        'PreconditionFailed',
        'At least one of the pre-conditions you specified did not hold',
        412,
      );
    }
    if (input.IfNoneMatch !== undefined && sameTag(input.IfNoneMatch, found)) {
      throw new AwsError('NotModified', 'Not Modified', 304);
    }
    return found;
  }

  const service: CloudService = {
    signingName: 's3',
    operations: {
      GetObject: inBucket<GetObjectRequest, GetObjectOutput>(reads, (bucket, input, call) => {
        const found = version(bucket, input, call);
        return {
          ...headers(bucket, found),
          Body: found.body as unknown as NonNullable<GetObjectOutput['Body']>,
        };
      }),
      HeadObject: inBucket<HeadObjectRequest, HeadObjectOutput>(reads, (bucket, input, call) =>
        headers(bucket, version(bucket, input, call)),
      ),
      PutObject: inBucket<PutObjectRequest, PutObjectOutput>(
        (input) => [
          { action: 's3:PutObject', resource: arn(input.Bucket, input.Key) },
          // A matching ETag tells something of the object, so S3 wants the right to read it too.
          ...(input.IfMatch === undefined ? [] : reads(input)),
        ],
        (bucket, input) => {
          const body = (input.Body ?? new Uint8Array()) as Uint8Array;
          if (input.ChecksumCRC32 !== undefined && input.ChecksumCRC32 !== checksum(body)) {
            throw new AwsError('BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
          }
          const added = bucket.put(
            { key: input.Key ?? '', body, contentType: input.ContentType, metadata: input.Metadata },
            { ifMatch: input.IfMatch, ifNoneMatch: input.IfNoneMatch },
          );
          return {
            ETag: added.etag,
            ChecksumCRC32: added.checksumCrc32,
            ChecksumType: 'FULL_OBJECT',
            ServerSideEncryption: 'AES256',
            ...(bucket.versioned ? { VersionId: added.versionId } : {}),
          };
        },
      ),
      DeleteObject: inBucket<DeleteObjectRequest, DeleteObjectOutput>(
        ({ Bucket: name, Key, VersionId }) => [
          {
            action: VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion',
            resource: arn(name, Key),
          },
        ],
        (bucket, { Key = '', VersionId, IfMatch }) => {
          const changed = bucket.remove(Key, VersionId, { ifMatch: IfMatch });
          if (!changed || !bucket.versioned) return {};
          return { VersionId: changed.versionId, ...(changed.marker ? { DeleteMarker: true } : {}) };
        },
      ),
      ListObjectsV2: inBucket<ListObjectsV2Request, ListObjectsV2Output>(
        ({ Bucket: name, Prefix = '', Delimiter = '' }) => [
          {
            action: 's3:ListBucket',
            resource: arn(name),
            context: { 's3:prefix': Prefix, 's3:delimiter': Delimiter },
          },
        ],
        listObjects,
      ),
      ListObjectVersions: inBucket<ListObjectVersionsRequest, ListObjectVersionsOutput>(
        ({ Bucket: name, Prefix = '' }) => [
          { action: 's3:ListBucketVersions', resource: arn(name), context: { 's3:prefix': Prefix } },
        ],
        listVersions,
      ),
      HeadBucket: inBucket<HeadBucketRequest, HeadBucketOutput>(
        ({ Bucket: name }) => [{ action: 's3:ListBucket', resource: arn(name) }],
        (bucket) => ({ BucketRegion: bucket.region }),
      ),
      GetBucketVersioning: inBucket<GetBucketVersioningRequest, GetBucketVersioningOutput>(
        ({ Bucket: name }) => [{ action: 's3:GetBucketVersioning', resource: arn(name) }],
        (bucket) => (bucket.versioned ? { Status: 'Enabled' } : {}),
      ),
      ListBuckets: operation<unknown, ListBucketsOutput>({
        permissions: () => [{ action: 's3:ListAllMyBuckets', resource: '*' }],
        run: () => ({
          Buckets: [...buckets.values()].map(({ bucket }) => ({
            Name: bucket.name,
            CreationDate: bucket.created,
            BucketRegion: bucket.region,
          })),
        }),
      }),
    },
    resources: bucketResources({
      create(name, region, versioned) {
        if (buckets.has(name)) throw new Error(`two buckets have the name ${name}`);
        const nextVersion = () => id('v');
        const bucket = new Bucket({ name, region, versioned, now: () => clock.now(), nextVersion });
        buckets.set(name, { bucket, policy: [] });
      },
      restrict(name, statements) {
        find(name).policy.push(...statements);
      },
    }),
  };

  return {
    service,
    read(name, key) {
      const found = buckets.get(name)?.bucket.current(key);
      return found && Buffer.from(found.body);
    },
    keys: (name) => buckets.get(name)?.bucket.keys() ?? [],
    buckets: () => [...buckets.values()].map(({ bucket: { name, region } }) => ({ name, region })),
  };
}

function arn(bucket: string | undefined, key?: string): string {
  return `arn:aws:s3:::${bucket ?? ''}${key === undefined ? '' : `/${key}`}`;
}

function reads({ Bucket: name, Key, VersionId }: ReadRequest): Permission[] {
  const action = VersionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  return [{ action, resource: arn(name, Key) }];
}

function specific(bucket: Bucket, key: string, versionId: string): ObjectVersion {
  const found = bucket.versions(key).find((candidate) => candidate.versionId === versionId);
  if (!found) throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  return found;
}

function headers(bucket: Bucket, found: ObjectVersion) {
  return {
    AcceptRanges: 'bytes',
    ContentLength: found.body.length,
    ContentType: found.contentType,
    ETag: found.etag,
    LastModified: found.lastModified,
    Metadata: { ...found.metadata },
    ChecksumCRC32: found.checksumCrc32,
    ChecksumType: 'FULL_OBJECT' as const,
    ServerSideEncryption: 'AES256' as const,
    ...(bucket.versioned ? { VersionId: found.versionId } : {}),
  };
}
