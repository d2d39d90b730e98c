import type { CopyObjectRequest } from '@aws-sdk/client-s3';
import { AwsError, type CallContext } from '../contract.ts';
import { preconditionFailed } from './bucket.ts';
import type { Encrypting } from './encryption.ts';
import { conditionsHold, findVersion, type Found } from './finding.ts';
import { archived, reads } from './reading.ts';
import type { Kept, Store } from './store.ts';

/** What is copied at once at most, in bytes: 5 GB, which are GiB (API_CopyObject). */
export const LARGEST_COPY = 5 * 2 ** 30;

export function tooLargeToCopy(): AwsError {
  return new AwsError(
    'InvalidRequest',
    `The specified copy source is larger than the maximum allowable size for a copy source: ${LARGEST_COPY}`,
  );
}

type SourceRequest = Pick<
  CopyObjectRequest,
  | 'CopySource'
  | 'CopySourceIfMatch'
  | 'CopySourceIfNoneMatch'
  | 'CopySourceIfModifiedSince'
  | 'CopySourceIfUnmodifiedSince'
>;

export interface Source {
  readonly kept: Kept;
  readonly key: string;
  /** Undefined when the newest one is meant. */
  readonly versionId: string | undefined;
  readonly found: Found;
}

/**
 * What a copy is made of: any bucket of the account, in whichever region.
 *
 * @throws AwsError `InvalidArgument` for a source that is none, `NoSuchKey`, `NoSuchVersion`, `InvalidRequest` for a
 *   delete marker, `InvalidObjectState` for an archived object, `PreconditionFailed`, and `AccessDenied` unless the
 *   caller may read it and decrypt it
 */
export function findSource(
  store: Store,
  encryption: Encrypting,
  call: CallContext,
  request: SourceRequest,
): Source {
  const { bucket, key, versionId } = parse(request.CopySource ?? '');
  const kept = store.find(bucket);
  store.permit(call, reads({ Bucket: bucket, Key: key, VersionId: versionId }));
  if (store.dark(kept.bucket.region)) {
    throw new AwsError('ServiceUnavailable', 'Service is unable to handle request.', 503);
  }
  if (versionId !== undefined && kept.bucket.version(key, versionId)?.object === undefined) {
    const marker = kept.bucket.version(key, versionId);
    if (marker) {
      throw new AwsError(
        'InvalidRequest',
        'The source of a copy request may not specifically refer to a delete marker by version id.',
      );
    }
  }
  const found = findVersion(store, call, kept, { key, versionId });
  const holds = conditionsHold(found, {
    IfMatch: request.CopySourceIfMatch,
    IfNoneMatch: request.CopySourceIfNoneMatch,
    IfModifiedSince: request.CopySourceIfModifiedSince,
    IfUnmodifiedSince: request.CopySourceIfUnmodifiedSince,
  });
  if (!holds) throw preconditionFailed();
  if (found.object.archived) throw archived(found.object.storageClass);
  encryption.forReading(call, kept, key, found.object.encryption);
  return { kept, key, versionId, found };
}

/** @throws AwsError `AccessDenied` unless the caller may read the tags, too */
export function mayReadTags(store: Store, call: CallContext, { kept, key, versionId }: Source): void {
  store.permit(call, reads({ Bucket: kept.bucket.name, Key: key, VersionId: versionId }, 'Tagging'));
}

/** `bucket/key?versionId=id`, percent-encoded, with or without a slash before it. */
function parse(source: string): { bucket: string; key: string; versionId: string | undefined } {
  const [, path = '', versionId] = /^\/?(.*?)(?:\?versionId=([^?]*))?$/s.exec(source) ?? [];
  const decoded = decode(path);
  const slash = decoded.indexOf('/');
  if (slash <= 0 || slash === decoded.length - 1) {
    throw new AwsError(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  }
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1), versionId };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
