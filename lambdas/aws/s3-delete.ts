import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { patiently } from './s3-failure.ts';

/**
 * Put a delete marker on top, if what stands there still has this ETag. No version is removed: taking the marker away
 * brings the object back.
 *
 * @returns the marker's id
 * @throws what S3 answers: 412 when something else stands there
 */
export async function deleteCurrent(
  s3: S3Client,
  bucket: string,
  key: string,
  etag: string,
): Promise<string | undefined> {
  const answer = await patiently(() =>
    s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag })),
  );
  return answer.VersionId;
}
