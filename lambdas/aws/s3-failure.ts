import type { BucketPlace } from '../configuration/contract.ts';
import { describeFailure, failureName, passesByItself } from './api-failure.ts';
import { withBackoff } from './backoff.ts';

/** What an answer of S3 to one object means for it. HEAD has no body, so its errors are known by their status. */

export function statusOf(error: unknown): number | undefined {
  const metadata = (error as { $metadata?: { httpStatusCode?: unknown } } | null)?.$metadata;
  return typeof metadata?.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** The key, or this version of it, is not there; a bucket that is not there is another matter. */
export function isAbsent(error: unknown): boolean {
  return failureName(error) !== 'NoSuchBucket' && statusOf(error) === 404;
}

/** A condition of a write did not hold, or another write was under way (aws-facts §6). */
export function isOutrun(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409;
}

/**
 * Call again while S3 says that it is too busy: up to eight times, a random wait below 0.2, 0.4, … 10 s each, 25 s at
 * most in total. S3 scales a prefix up within minutes and says SlowDown until then.
 */
export function patiently<T>(call: () => Promise<T>): Promise<T> {
  return withBackoff(call, { attempts: 8, baseMs: 200, capMs: 10_000, again: passesByItself });
}

/** Why an object could not be read or written, for the person who must do something about it. */
export function objectProblem(error: unknown, { bucket, region }: BucketPlace): string {
  const said = describeFailure(error);
  const name = failureName(error);
  if (name === 'NoSuchBucket') return `there is no bucket ${bucket} in ${region}`;
  if (name === 'NoSuchVersion' || isAbsent(error)) {
    return `its version is gone from ${bucket}: a lifecycle rule or somebody removed it`;
  }
  if (name === 'InvalidObjectState') {
    return `its version is archived in ${bucket}: restore it there first (RestoreObject), then start the restore again`;
  }
  if (statusOf(error) === 403) {
    return `${bucket} refuses it (${said}): it is locked, or its bucket's policy, its KMS key or this function's role does not allow it`;
  }
  return `${bucket} refuses it: ${said}`;
}
