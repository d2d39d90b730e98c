import type {
  GetObjectAttributesOutput,
  GetObjectAttributesRequest,
  GetObjectOutput,
  GetObjectRequest,
  HeadObjectOutput,
  HeadObjectRequest,
} from '@aws-sdk/client-s3';
import { AwsError, type CallContext, type Permission } from '../contract.ts';
import { checksumMembers } from './checksums.ts';
import { encryptionMembers, type Encrypting } from './encryption.ts';
import { conditionsHold, findVersion, type Found } from './finding.ts';
import type { InBucket } from './operations.ts';
import { arn, type Kept, type Store } from './store.ts';

interface VersionRequest {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
  readonly VersionId?: string | undefined;
}

type ReadRequest = GetObjectRequest | HeadObjectRequest;

/** What reading a version needs; the actions for the newest one and for one by its id are two. */
export function reads({ Bucket, Key, VersionId }: VersionRequest, what = ''): Permission {
  const action = VersionId === undefined ? `s3:GetObject${what}` : `s3:GetObjectVersion${what}`;
  return { action, resource: arn(Bucket, Key) };
}

export function readings(store: Store, inBucket: InBucket, encryption: Encrypting) {
  function wanted(kept: Kept, input: ReadRequest, call: CallContext): Found {
    const found = findVersion(store, call, kept, { key: input.Key ?? '', versionId: input.VersionId });
    if (!conditionsHold(found, input)) {
      throw new AwsError('NotModified', 'Not Modified', 304, { etag: found.object.etag });
    }
    return found;
  }

  return {
    GetObject: inBucket<GetObjectRequest, GetObjectOutput>(
      (input) => [reads(input)],
      (kept, input, call) => {
        const found = wanted(kept, input, call);
        const { object, version } = found;
        if (object.archived) throw archived(object.storageClass);
        encryption.forReading(call, kept, version.key, object.encryption);
        const range = rangeOf(found, input);
        const content = range ? object.content.slice(range.from, range.to) : object.content;
        if (!content.whole) {
          throw new AwsError('NotImplemented', 'The local cloud reads a body of this size in ranges.', 501);
        }
        return {
          ...headers(kept, found, input),
          ...ranged(found, range),
          Body: content.bytes() as unknown as NonNullable<GetObjectOutput['Body']>,
        };
      },
    ),
    HeadObject: inBucket<HeadObjectRequest, HeadObjectOutput>(
      (input) => [reads(input)],
      (kept, input, call) => {
        const found = wanted(kept, input, call);
        // Headers are not encrypted, a checksum is (API_HeadObject).
        if (input.ChecksumMode === 'ENABLED') {
          encryption.forReading(call, kept, found.version.key, found.object.encryption);
        }
        return { ...headers(kept, found, input), ...ranged(found, rangeOf(found, input)) };
      },
    ),
    GetObjectAttributes: inBucket<GetObjectAttributesRequest, GetObjectAttributesOutput>(
      (input) => [reads(input), reads(input, 'Attributes')],
      (kept, input, call) => {
        const { version, object } = findVersion(store, call, kept, {
          key: input.Key ?? '',
          versionId: input.VersionId,
        });
        encryption.forReading(call, kept, version.key, object.encryption);
        const asks = new Set<string>(input.ObjectAttributes);
        const { partSizes } = object;
        return {
          LastModified: new Date(version.lastModified),
          ...(kept.bucket.versioned ? { VersionId: version.versionId } : {}),
          ...(asks.has('ETag') ? { ETag: object.etag.replaceAll('"', '') } : {}),
          ...(asks.has('Checksum') ? { Checksum: checksumMembers(object.checksum) } : {}),
          ...(asks.has('ObjectParts') && partSizes
            ? { ObjectParts: { TotalPartsCount: partSizes.length } }
            : {}),
          ...(asks.has('StorageClass') ? { StorageClass: object.storageClass as 'STANDARD' } : {}),
          ...(asks.has('ObjectSize') ? { ObjectSize: object.content.size } : {}),
        };
      },
    ),
  };
}

export function archived(storageClass: string): AwsError {
  return new AwsError(
    'InvalidObjectState',
    "The operation is not valid for the object's storage class",
    403,
    { StorageClass: storageClass },
  );
}

interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** @throws AwsError `InvalidRange` (416) */
function rangeOf({ object }: Found, { Range: range, PartNumber }: ReadRequest): Range | undefined {
  const { size } = object.content;
  if (PartNumber !== undefined) {
    const sizes = object.partSizes ?? [size];
    const part = sizes[PartNumber - 1];
    if (part === undefined) {
      throw new AwsError('InvalidPartNumber', 'The requested partnumber is not satisfiable', 416);
    }
    const from = sizes.slice(0, PartNumber - 1).reduce((sum, one) => sum + one, 0);
    return { from, to: from + part };
  }
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  // A range that cannot be read is as if it were not there (RFC 9110, 14.2).
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(Number(last) + 1, size);
  if (from < to) return { from, to };
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
}

function ranged({ object }: Found, range: Range | undefined) {
  if (!range) return {};
  const { from, to } = range;
  return {
    $metadata: { httpStatusCode: 206 },
    ContentLength: to - from,
    ContentRange: `bytes ${from}-${Math.max(from, to - 1)}/${object.content.size}`,
  };
}

function headers({ bucket }: Kept, { version, object }: Found, input: ReadRequest) {
  const checks =
    input.ChecksumMode === 'ENABLED' && input.Range === undefined && input.PartNumber === undefined;
  const { lock, tags, replication } = version;
  const { Expires, ...kept } = object.headers;
  return {
    ...kept,
    ...(Expires ? { Expires, ExpiresString: Expires.toUTCString() } : {}),
    AcceptRanges: 'bytes',
    ContentLength: object.content.size,
    ETag: object.etag,
    LastModified: new Date(version.lastModified),
    Metadata: { ...object.metadata },
    ...(checks ? checksumMembers(object.checksum) : {}),
    ...encryptionMembers(object.encryption),
    ...(bucket.versioned ? { VersionId: version.versionId } : {}),
    // S3 says nothing of the usual class.
    ...(object.storageClass === 'STANDARD' ? {} : { StorageClass: object.storageClass as 'GLACIER' }),
    ...(tags ? { TagCount: Object.keys(tags).length } : {}),
    ...(replication ? { ReplicationStatus: replication } : {}),
    ...(input.PartNumber !== undefined && object.partSizes ? { PartsCount: object.partSizes.length } : {}),
    ...(lock?.mode && lock.until !== undefined
      ? { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: new Date(lock.until) }
      : {}),
    ...(lock?.legalHold ? { ObjectLockLegalHoldStatus: 'ON' as const } : {}),
  };
}
