import type {
  AbortMultipartUploadOutput,
  AbortMultipartUploadRequest,
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  ListPartsOutput,
  ListPartsRequest,
  UploadPartCopyOutput,
  UploadPartCopyRequest,
  UploadPartOutput,
  UploadPartRequest,
} from '@aws-sdk/client-s3';
import { AwsError } from '../contract.ts';
import { algorithmOf, checksumIn, checksumMembers, digest } from './checksums.ts';
import { Content } from './content.ts';
import { findSource, LARGEST_COPY, tooLargeToCopy } from './copy-source.ts';
import { encryptionMembers, type Encrypting } from './encryption.ts';
import { byteOrder } from './key-index.ts';
import type { InBucket } from './operations.ts';
import { arn, type Kept, type Store } from './store.ts';
import { taggingHeader } from './tags.ts';
import { checksumTypeOf, Upload, type Part } from './upload.ts';
import { headersOf, lockIn, preconditionOf, writes } from './writing.ts';

const PAGE = 1000;

interface OfUpload {
  readonly Key: string | undefined;
  readonly UploadId: string | undefined;
}

interface InKey {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
}

export function multipart(store: Store, inBucket: InBucket, encryption: Encrypting) {
  function find({ uploads }: Kept, { Key, UploadId }: OfUpload): Upload {
    const upload = uploads.get(UploadId ?? '');
    if (upload && upload.announced.key === Key) return upload;
    throw new AwsError(
      'NoSuchUpload',
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
      404,
    );
  }

  const needs = (action: string) => (input: InKey) => [{ action, resource: arn(input.Bucket, input.Key) }];

  return {
    CreateMultipartUpload: inBucket<CreateMultipartUploadRequest, CreateMultipartUploadOutput>(
      writes,
      (kept, input, call) => {
        const key = input.Key ?? '';
        const algorithm = algorithmOf(input.ChecksumAlgorithm ?? 'CRC64NVME');
        const upload = new Upload({
          uploadId: store.unique(),
          key,
          initiated: store.now(),
          headers: headersOf(input),
          metadata: input.Metadata,
          storageClass: input.StorageClass,
          encryption: encryption.forWriting(call, kept, key, input),
          tags: taggingHeader(input.Tagging),
          lock: lockIn(input),
          algorithm,
          checksumType: checksumTypeOf(algorithm, input.ChecksumType),
          salt: store.unique(),
        });
        const { uploadId, checksumType } = upload.announced;
        kept.uploads.set(uploadId, upload);
        return {
          Bucket: kept.bucket.name,
          Key: key,
          UploadId: uploadId,
          ...(input.ChecksumAlgorithm ? { ChecksumAlgorithm: algorithm, ChecksumType: checksumType } : {}),
          ...encryptionMembers(upload.announced.encryption),
        };
      },
    ),

    UploadPart: inBucket<UploadPartRequest, UploadPartOutput>(needs('s3:PutObject'), (kept, input, call) => {
      const upload = find(kept, input);
      encryption.forReading(call, kept, upload.announced.key, upload.announced.encryption);
      const body = (input.Body ?? new Uint8Array()) as Uint8Array;
      const brought = checksumIn(input);
      if (brought && brought.value !== digest(brought.algorithm, body)) {
        throw new AwsError(
          'BadDigest',
          `The ${brought.algorithm} you specified did not match the calculated checksum.`,
        );
      }
      const part = upload.add(input.PartNumber ?? 0, Content.of(body), store.now());
      return {
        ETag: `"${part.etag}"`,
        ...checksumOf(upload, part),
        ...encryptionMembers(upload.announced.encryption),
      };
    }),

    UploadPartCopy: inBucket<UploadPartCopyRequest, UploadPartCopyOutput>(
      needs('s3:PutObject'),
      (kept, input, call) => {
        const upload = find(kept, input);
        const source = findSource(store, encryption, call, input);
        encryption.forReading(call, kept, upload.announced.key, upload.announced.encryption);
        const { object, version } = source.found;
        const content = ranged(object.content, input.CopySourceRange);
        if (content.size > LARGEST_COPY) throw tooLargeToCopy();
        const part = upload.add(input.PartNumber ?? 0, content, store.now());
        return {
          CopyPartResult: {
            ETag: `"${part.etag}"`,
            LastModified: new Date(part.modified),
            ...checksumOf(upload, part),
          },
          ...encryptionMembers(upload.announced.encryption),
          ...(source.kept.bucket.versioned ? { CopySourceVersionId: version.versionId } : {}),
        };
      },
    ),

    /** The new version is the newest from now on, though its time is that of the beginning (UsingMetadata). */
    CompleteMultipartUpload: inBucket<CompleteMultipartUploadRequest, CompleteMultipartUploadOutput>(
      writes,
      (kept, input, call) => {
        const upload = find(kept, input);
        const { key, tags, lock, initiated, uploadId, encryption: used } = upload.announced;
        encryption.forReading(call, kept, key, used);
        const object = upload.complete(input.MultipartUpload?.Parts ?? []);
        const added = store.write(kept, {
          ...{ key, object, tags, lock, lastModified: initiated },
          precondition: preconditionOf(input),
        });
        kept.uploads.delete(uploadId);
        return {
          Location: `https://${kept.bucket.name}.s3.${kept.bucket.region}.amazonaws.com/${key}`,
          Bucket: kept.bucket.name,
          Key: key,
          ETag: object.etag,
          ...checksumMembers(object.checksum),
          ...encryptionMembers(used),
          ...(kept.bucket.versioned ? { VersionId: added.versionId } : {}),
        };
      },
    ),

    AbortMultipartUpload: inBucket<AbortMultipartUploadRequest, AbortMultipartUploadOutput>(
      needs('s3:AbortMultipartUpload'),
      (kept, input) => {
        kept.uploads.delete(find(kept, input).announced.uploadId);
        return {};
      },
    ),

    ListParts: inBucket<ListPartsRequest, ListPartsOutput>(
      needs('s3:ListMultipartUploadParts'),
      (kept, input) => {
        const upload = find(kept, input);
        const { key, uploadId, storageClass, algorithm, checksumType } = upload.announced;
        const marker = Number(input.PartNumberMarker ?? 0);
        const limit = Math.min(input.MaxParts ?? PAGE, PAGE);
        const rest = upload.parts().filter(({ number }) => number > marker);
        const page = rest.slice(0, limit);
        const more = rest.length > page.length;
        return {
          Bucket: kept.bucket.name,
          Key: key,
          UploadId: uploadId,
          StorageClass: (storageClass ?? 'STANDARD') as 'STANDARD',
          ChecksumAlgorithm: algorithm,
          ChecksumType: checksumType,
          PartNumberMarker: String(marker),
          MaxParts: limit,
          IsTruncated: more,
          ...(more ? { NextPartNumberMarker: String(page.at(-1)?.number ?? marker) } : {}),
          Parts: page.map((part) => ({
            PartNumber: part.number,
            LastModified: new Date(part.modified),
            ETag: `"${part.etag}"`,
            Size: part.content.size,
            ...checksumOf(upload, part),
          })),
        };
      },
    ),

    ListMultipartUploads: inBucket<ListMultipartUploadsRequest, ListMultipartUploadsOutput>(
      ({ Bucket }) => [{ action: 's3:ListBucketMultipartUploads', resource: arn(Bucket) }],
      ({ bucket, uploads }, { Prefix: prefix = '', KeyMarker, UploadIdMarker, MaxUploads }) => {
        const limit = Math.min(MaxUploads ?? PAGE, PAGE);
        const all = [...uploads.values()]
          .map(({ announced }) => announced)
          .filter(({ key }) => key.startsWith(prefix))
          .sort((a, b) => byteOrder(a.key, b.key) || a.initiated - b.initiated);
        const at = all.findIndex(({ key, uploadId }) => key === KeyMarker && uploadId === UploadIdMarker);
        const after = ({ key }: { readonly key: string }) =>
          KeyMarker === undefined || byteOrder(key, KeyMarker) > 0;
        const rest = at >= 0 ? all.slice(at + 1) : all.filter(after);
        const page = rest.slice(0, limit);
        const last = page.at(-1);
        const more = rest.length > page.length;
        return {
          Bucket: bucket.name,
          Prefix: prefix,
          MaxUploads: limit,
          IsTruncated: more,
          ...(more && last ? { NextKeyMarker: last.key, NextUploadIdMarker: last.uploadId } : {}),
          Uploads: page.map(({ key, uploadId, initiated, storageClass }) => ({
            Key: key,
            UploadId: uploadId,
            Initiated: new Date(initiated),
            StorageClass: (storageClass ?? 'STANDARD') as 'STANDARD',
          })),
        };
      },
    ),
  };
}

function checksumOf({ announced: { algorithm } }: Upload, { checksum }: Part) {
  return { [`Checksum${algorithm}`]: checksum };
}

/** @throws AwsError `InvalidArgument` for what is no range, or none of the source */
function ranged(content: Content, range: string | undefined): Content {
  if (range === undefined) return content;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined || last === undefined || Number(first) > Number(last)) {
    throw new AwsError(
      'InvalidArgument',
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (Number(last) >= content.size) {
    throw new AwsError(
      'InvalidArgument',
      `Range specified is not valid for source object of size: ${content.size}`,
    );
  }
  return content.slice(Number(first), Number(last) + 1);
}
