import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import type { ClusterExport } from './contract.ts';
import { exportHash } from './export-hash.ts';
import { isDenied, whatToGrant } from './exports-bucket.ts';

/**
 * An export or a snapshot, whole; null when there is none of this key. What it holds is in no error.
 *
 * @throws UnsafePlan when it may not be read, or is damaged
 * @throws TryAgain when S3 does not answer
 */
export async function readWholeExport(
  s3: S3Client,
  bucket: string,
  key: string,
): Promise<ClusterExport | null> {
  const found = await readText(s3, bucket, key);
  if (found === null) return null;
  const content = parsed(found);
  if (content === null) {
    throw new UnsafePlan(
      `${key} of ${bucket} is damaged: what it holds is not what its hash says. Nothing was changed. ` +
        'Restore to another time, whose export is another object',
    );
  }
  return content;
}

async function readText(s3: S3Client, bucket: string, key: string): Promise<string | null> {
  try {
    const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await body?.transformToString()) ?? '';
  } catch (error) {
    if (failureName(error) === 'NoSuchKey') return null;
    const what = `could not read ${key} of ${bucket}: ${describeFailure(error)}`;
    if (passesByItself(error)) throw new TryAgain(what, { cause: error });
    if (isDenied(error))
      throw new UnsafePlan(`${what}. Nothing was changed. ${whatToGrant}, then start again`);
    throw error;
  }
}

/** What a parser says of a text that is none would quote it: it is not repeated. */
function parsed(text: string): ClusterExport | null {
  try {
    const content = JSON.parse(text) as ClusterExport;
    return content.hash === exportHash(content) ? content : null;
  } catch {
    return null;
  }
}
