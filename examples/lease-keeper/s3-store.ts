import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LeaseStore } from './keeper.ts';

/** Answers of S3 to a condition that does not hold, or no longer. */
const conflicts: ReadonlySet<string> = new Set([
  'PreconditionFailed',
  'ConditionalRequestConflict',
  'NoSuchKey',
]);

/**
 * Leases in the ledger's bucket.
 *
 * Needs `s3:GetObject` and `s3:PutObject` on `leases/*`, and `s3:ListBucket` on the bucket: without that S3
 * answers 403 for a lease that is not there yet, which must not be read as "there is none".
 */
export function s3LeaseStore(s3: S3Client, bucket: string): LeaseStore {
  const put = async (key: string, value: unknown, condition: { IfMatch: string } | { IfNoneMatch: '*' }) => {
    const body = JSON.stringify(value, null, 2);
    try {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: 'application/json',
          ...condition,
        }),
      );
      return true;
    } catch (error) {
      if (conflicts.has(nameOf(error))) return false;
      throw error;
    }
  };
  return {
    async read<T>(key: string) {
      try {
        const { Body: body, ETag: etag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (body === undefined || etag === undefined) throw new Error(`${key} came without content or ETag`);
        return { value: JSON.parse(await body.transformToString()) as T, etag };
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return null;
        throw error;
      }
    },
    create: (key, value) => put(key, value, { IfNoneMatch: '*' }),
    replace: (key, value, etag) => put(key, value, { IfMatch: etag }),
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
