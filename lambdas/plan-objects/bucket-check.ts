import { GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { objectClient } from '../aws/s3-client.ts';
import { patiently, statusOf } from '../aws/s3-failure.ts';
import { listVersions } from '../aws/s3-versions.ts';
import type { RestorePlaces } from '../configuration/place.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';

/**
 * Refuse a bucket that cannot be restored without losing what is in it.
 *
 * @throws UnsafePlan without versioning, without the bucket, without the right to look
 */
export async function requireVersions({ own, replica }: RestorePlaces): Promise<void> {
  const { bucket, region } = own;
  const from = replica
    ? `What it held is in its replica ${replica.bucket} in ${replica.region}, and is copied back from there then`
    : 'The environment names no replica of it, so what it held is lost unless there is a backup elsewhere';
  try {
    const { Status: status } = await patiently(() =>
      objectClient(region).send(new GetBucketVersioningCommand({ Bucket: bucket })),
    );
    if (status === 'Enabled') return;
    const how =
      status === 'Suspended'
        ? 'is suspended: what is overwritten now is lost'
        : 'was never enabled: it has no old versions, and what is overwritten now is lost';
    throw new UnsafePlan(
      `versioning of the bucket ${bucket} in ${region} ${how}. Nothing was changed. ` +
        `Enable versioning, and restore its objects by hand from a backup; ${from.charAt(0).toLowerCase()}${from.slice(1)}.`,
    );
  } catch (error) {
    if (failureName(error) === 'NoSuchBucket' || statusOf(error) === 404) {
      throw new UnsafePlan(
        `there is no bucket ${bucket} in ${region}. Nothing was changed. Make it again with versioning enabled ` +
          `(deploy the stack it belongs to), wait a quarter of an hour until versioning is in force, and start the ` +
          `restore again. ${from}.`,
      );
    }
    throw refusal(bucket, error);
  }
}

/**
 * Whether the replica can be read now. A restore does not wait for it: its region may be what is down.
 *
 * @returns why it cannot, or null
 */
export async function replicaUnreadable({ replica, prefixes }: RestorePlaces): Promise<string | null> {
  if (!replica) return null;
  try {
    const { bucket, region } = replica;
    await listVersions(objectClient(region), { bucket, prefix: prefixes[0] ?? '', limit: 1 });
    return null;
  } catch (error) {
    return describeFailure(error);
  }
}

/** A refusal to list or to look is a refusal of the plan; what passes by itself is tried again. */
export function refusal(bucket: string, error: unknown): unknown {
  if (passesByItself(error)) {
    return new TryAgain(`could not read ${bucket}: ${describeFailure(error)}`, { cause: error });
  }
  if (statusOf(error) !== 403) return error;
  return new UnsafePlan(
    `${bucket} may not be listed (${describeFailure(error)}). Nothing was changed. ` +
      `This function's role needs s3:GetBucketVersioning and s3:ListBucketVersions there, and the bucket's policy must not deny them.`,
  );
}
