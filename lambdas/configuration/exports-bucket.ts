import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import type { ClusterExport } from './contract.ts';

const clients = new Map<string, S3Client>();

/** An export may be tens of megabytes, and its bucket in another region: twenty seconds rather than three. */
export function exportsClient(region: string): S3Client {
  const { requestHandler, ...options } = clientOptions(region);
  const client =
    clients.get(region) ??
    new S3Client({ ...options, requestHandler: { ...requestHandler, requestTimeout: 20_000 } });
  clients.set(region, client);
  return client;
}

/**
 * Write an export or a snapshot, if there is none of this key.
 *
 * @returns false when there is one: it is left as it is
 * @throws TryAgain when S3 does not answer
 * @throws UnsafePlan when the bucket or its key is denied to this function
 */
export async function writeExport(
  s3: S3Client,
  bucket: string,
  key: string,
  content: ClusterExport,
): Promise<boolean> {
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: JSON.stringify(content),
        ContentType: 'application/json',
        IfNoneMatch: '*',
      }),
    );
    return true;
  } catch (error) {
    const name = failureName(error);
    if (name === 'PreconditionFailed') return false;
    const what = `could not write ${key} to ${bucket}: ${describeFailure(error)}`;
    // Two that write the same key at once: who is told so finds it there the next time, or not.
    if (passesByItself(error) || name === 'ConditionalRequestConflict') {
      throw new TryAgain(what, { cause: error });
    }
    if (isDenied(error)) throw new UnsafePlan(`${what}. ${whatToGrant}`);
    throw error;
  }
}

export const whatToGrant =
  "Let this function's role use the bucket and the KMS key that encrypts it, and see that the key is enabled";

/** S3 answers so for what a policy denies, and for a KMS key that is denied, disabled or about to be deleted. */
export function isDenied(error: unknown): boolean {
  const name = failureName(error);
  return name === 'AccessDenied' || name.startsWith('KMS.');
}
