import { AwsError } from '../contract.ts';
import type { ObjectVersion, StoredObject } from './object.ts';
import { sameTag } from './object.ts';
import { preconditionFailed } from './bucket.ts';
import { arn, type Caller, type Kept, type Store } from './store.ts';

/** What a reader wants of a version; both of a pair of conditions hold, as RFC 9110 weighs them. */
export interface Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

export interface Found {
  readonly version: ObjectVersion;
  readonly object: StoredObject;
}

/**
 * The version that a reader means.
 *
 * @throws AwsError `NoSuchKey` or `NoSuchVersion` (404), `MethodNotAllowed` (405) for a marker by its own id, and
 *   `AccessDenied` in place of 404 for who may not list the bucket
 */
export function findVersion(
  store: Store,
  caller: Caller,
  { bucket }: Kept,
  { key, versionId }: { readonly key: string; readonly versionId?: string | undefined },
): Found {
  const version = versionId === undefined ? bucket.newest(key) : bucket.version(key, versionId);
  if (version?.object) return { version, object: version.object };
  // Who may not list a bucket does not learn what is absent from it.
  store.permit(caller, { action: 's3:ListBucket', resource: arn(bucket.name) });
  if (versionId !== undefined && !version) {
    throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  }
  const marker = version ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId } : {};
  if (versionId !== undefined) {
    throw new AwsError(
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
      405,
      {
        ...marker,
        'x-amz-allow': 'DELETE',
      },
    );
  }
  throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, marker);
}

/**
 * @returns false when the reader has it already
 * @throws AwsError `PreconditionFailed` (412)
 */
export function conditionsHold({ version, object }: Found, conditions: Conditions): boolean {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const matches = (tag: string) => tag === '*' || sameTag(tag, object);
  if (IfMatch !== undefined && !matches(IfMatch)) throw preconditionFailed();
  const newer = (than: Date) => version.lastModified > than.getTime();
  if (IfMatch === undefined && IfUnmodifiedSince !== undefined && newer(IfUnmodifiedSince)) {
    throw preconditionFailed();
  }
  if (IfNoneMatch !== undefined) return !matches(IfNoneMatch);
  return IfModifiedSince === undefined || newer(IfModifiedSince);
}
