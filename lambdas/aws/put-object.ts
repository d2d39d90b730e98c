import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { TryAgain } from '../incident/errors.ts';
import { region } from '../runtime/settings.ts';
import { describeFailure, passesByItself } from './api-failure.ts';
import { clientOptions } from './client.ts';

let client: S3Client | undefined;

/**
 * Write a text into a bucket of this region, over what stood there: its versions are kept.
 *
 * @param maxAgeSeconds for how long a reader may keep a copy
 * @throws TryAgain for what passes by itself, else what S3 answers
 */
export async function putText(
  bucket: string,
  key: string,
  text: string,
  contentType: string,
  maxAgeSeconds?: number,
): Promise<void> {
  client ??= new S3Client(clientOptions(region()));
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: text,
        ContentType: `${contentType}; charset=utf-8`,
        ...(maxAgeSeconds === undefined ? {} : { CacheControl: `max-age=${maxAgeSeconds}` }),
      }),
    );
  } catch (error) {
    if (!passesByItself(error)) throw error;
    throw new TryAgain(`could not write ${key}: ${describeFailure(error)}`, { cause: error });
  }
}
