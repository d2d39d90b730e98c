import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCopyCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { failureName } from './api-failure.ts';
import { objectClient } from './s3-client.ts';
import { kept, type Copied, type CopyOrder } from './s3-copy.ts';
import { patiently } from './s3-failure.ts';
import { checksumOf, headObject, tagsOf, type ObjectHead } from './s3-object.ts';
import { copySource } from './s3-versions.ts';

/** Where the id of an upload is kept, so that the next run goes on with it. */
export interface UploadMemory {
  recall(): Promise<string | null>;
  remember(uploadId: string): Promise<void>;
}

export interface MultipartOrder extends CopyOrder {
  readonly memory: UploadMemory;
  /** Calls wait their turn here, with all others of the task. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether to stop before the next part; the parts that are copied stay. */
  readonly stopped: () => boolean;
}

/** Of our own choice, when the source does not show how it was cut: at most 10,000 parts (AWS), 512 MB at least. */
const ownPartBytes = 512 * 2 ** 20;
const mostParts = 10_000;

/**
 * Copy what is too large for one call, part by part; null when it was stopped before the end.
 *
 * It is cut as the source was, so that the ETag and a checksum over parts come out the same and can be compared. What
 * an upload does not take along is read from the source and given to it: headers, metadata, tags. A refusal aborts the
 * upload, because its parts cost money and nobody sees them; what passes by itself leaves it for the next run.
 *
 * @throws what S3 answers
 */
export async function copyInParts(order: MultipartOrder): Promise<Copied | null> {
  const { s3, target, key, wanted, memory, turn, stopped } = order;
  const source = { bucket: order.source.bucket, key, versionId: wanted.versionId };
  const partBytes = await turn(() => cutOf(order));
  const known = await memory.recall();
  const copied = known === null ? null : await turn(() => partsOf(order, known));
  let uploadId = known;
  if (uploadId === null || copied === null) {
    uploadId = await turn(() => begin(order));
    await memory.remember(uploadId);
  }
  const parts = new Map<number, CompletedPart>(copied ?? []);
  const numbers = Array.from({ length: Math.ceil(wanted.size / partBytes) }, (_, at) => at + 1);
  const upload = { Bucket: target.bucket, Key: key, UploadId: uploadId };
  let failed = false;
  try {
    const ends = await Promise.allSettled(
      numbers
        .filter((number) => !parts.has(number))
        .map((number) =>
          turn(async () => {
            if (failed || stopped()) return;
            const first = (number - 1) * partBytes;
            const last = Math.min(first + partBytes, wanted.size) - 1;
            const { CopyPartResult: result } = await patiently(() =>
              s3.send(
                new UploadPartCopyCommand({
                  ...upload,
                  PartNumber: number,
                  CopySource: copySource(source.bucket, key, wanted.versionId),
                  CopySourceRange: `bytes=${first}-${last}`,
                }),
              ),
            );
            parts.set(number, { PartNumber: number, ...partOf(result ?? {}) });
          }).catch((error: unknown) => {
            failed = true;
            throw error;
          }),
        ),
    );
    // All have ended: a part that arrives after an abort would stay.
    const failure = ends.find((end) => end.status === 'rejected');
    if (failure) throw failure.reason;
    if (parts.size < numbers.length) return null;
    const answer = await turn(() =>
      patiently(() =>
        s3.send(
          new CompleteMultipartUploadCommand({
            ...upload,
            ...order.condition,
            MultipartUpload: { Parts: numbers.flatMap((number) => parts.get(number) ?? []) },
          }),
        ),
      ),
    );
    const checksum = checksumOf(answer);
    return {
      etag: answer.ETag ?? '',
      ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
      ...(checksum === undefined ? {} : { checksum }),
      ...(answer.ServerSideEncryption === undefined ? {} : { encryption: answer.ServerSideEncryption }),
    };
  } catch (error) {
    if (isRefusal(error)) await s3.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

/** 409 is another write under way, and the upload is still good (aws-facts §6). */
function isRefusal(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 500;
  return status >= 400 && status < 500 && status !== 409 && status !== 429;
}

/** The size of the source's own parts, when they are alike; bytes. */
async function cutOf({ source, key, wanted }: MultipartOrder): Promise<number> {
  const chosen = Math.max(ownPartBytes, Math.ceil(wanted.size / mostParts));
  if (!wanted.etag.includes('-')) return chosen;
  const { answer, size } = await headObject(objectClient(source.region), {
    bucket: source.bucket,
    key,
    versionId: wanted.versionId,
    part: 1,
  });
  const alike = size > 0 && answer.PartsCount === Math.ceil(wanted.size / size);
  return alike ? size : chosen;
}

async function begin({ s3, target, source, key, wanted }: MultipartOrder): Promise<string> {
  const which = { bucket: source.bucket, key, versionId: wanted.versionId };
  const there = objectClient(source.region);
  const head = await headObject(there, which);
  const tags = head.tags === 0 ? [] : await tagsOf(there, which);
  const { UploadId: uploadId } = await patiently(() =>
    s3.send(
      new CreateMultipartUploadCommand({
        Bucket: target.bucket,
        Key: key,
        ...described(head),
        ...kept(wanted, target),
        ...(tags.length === 0
          ? {}
          : {
              Tagging: new URLSearchParams(
                tags.map(([name, value]): [string, string] => [name, value]),
              ).toString(),
            }),
      }),
    ),
  );
  if (uploadId === undefined) throw new Error(`S3 began an upload of ${key} without an id`);
  return uploadId;
}

function described({ answer, checksum }: ObjectHead) {
  const [algorithm, type] = checksum?.split(' ') ?? [];
  return {
    ...(answer.ContentType === undefined ? {} : { ContentType: answer.ContentType }),
    ...(answer.CacheControl === undefined ? {} : { CacheControl: answer.CacheControl }),
    ...(answer.ContentDisposition === undefined ? {} : { ContentDisposition: answer.ContentDisposition }),
    ...(answer.ContentEncoding === undefined ? {} : { ContentEncoding: answer.ContentEncoding }),
    ...(answer.ContentLanguage === undefined ? {} : { ContentLanguage: answer.ContentLanguage }),
    ...(answer.ExpiresString === undefined ? {} : { Expires: new Date(answer.ExpiresString) }),
    ...(answer.Metadata === undefined ? {} : { Metadata: answer.Metadata }),
    ...(algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm as 'CRC64NVME' }),
    ...(type === undefined ? {} : { ChecksumType: type as 'FULL_OBJECT' }),
  };
}

/** The parts that an upload has; null when there is no such upload any more. */
async function partsOf(
  { s3, target, key }: MultipartOrder,
  uploadId: string,
): Promise<[number, CompletedPart][] | null> {
  const found: [number, CompletedPart][] = [];
  let marker: string | undefined;
  try {
    do {
      const after: string | undefined = marker;
      const answer = await patiently(() =>
        s3.send(
          new ListPartsCommand({
            Bucket: target.bucket,
            Key: key,
            UploadId: uploadId,
            ...(after === undefined ? {} : { PartNumberMarker: after }),
          }),
        ),
      );
      for (const part of answer.Parts ?? []) {
        const number = part.PartNumber ?? 0;
        found.push([number, { PartNumber: number, ...partOf(part) }]);
      }
      marker = answer.IsTruncated === true ? answer.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return found;
  } catch (error) {
    if (failureName(error) === 'NoSuchUpload') return null;
    throw error;
  }
}

const partFields = [
  'ETag',
  'ChecksumCRC64NVME',
  'ChecksumSHA256',
  'ChecksumSHA1',
  'ChecksumCRC32C',
  'ChecksumCRC32',
] as const;

type PartFields = Partial<Record<(typeof partFields)[number], string | undefined>>;

function partOf(answer: PartFields): PartFields {
  return Object.fromEntries(
    partFields.flatMap((field) => (answer[field] === undefined ? [] : [[field, answer[field]]])),
  );
}
