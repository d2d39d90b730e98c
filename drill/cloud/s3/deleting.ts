import type {
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  ObjectIdentifier,
} from '@aws-sdk/client-s3';
import { AwsError, type Permission } from '../contract.ts';
import { requireUnlocked } from './locks.ts';
import type { ObjectVersion } from './object.ts';
import type { InBucket } from './operations.ts';
import { arn, type Caller, type Kept, type Store } from './store.ts';

/** Keys of one DeleteObjects (API_DeleteObjects). */
const MOST = 1000;

interface Removal {
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly ifMatch?: string | undefined;
  /** Governance is passed by. */
  readonly bypass?: boolean;
}

/**
 * Delete an object: by a marker where versions are kept, which undoes nothing; or one version for good.
 *
 * A condition is one on the current version, and where there is none, or a marker, it answers 404 as S3 was measured
 * to, not 412 as its user guide says.
 *
 * @returns the marker that was added or the version that was removed; undefined when nothing was there
 * @throws AwsError as `Store.require` does, `AccessDenied` for a version that is locked, or
 *   `NotImplemented` for a condition on a version by its id
 */
export function removeFrom(
  store: Store,
  kept: Kept,
  { key, versionId, ifMatch, bypass = false }: Removal,
): ObjectVersion | undefined {
  const { bucket } = kept;
  if (versionId !== undefined && ifMatch !== undefined) {
    throw new AwsError(
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
      501,
    );
  }
  store.require(kept, key, { ifMatch });
  if (versionId === undefined && bucket.versioned) {
    const marker = bucket.add({ key, object: undefined });
    store.added(kept, marker);
    return marker;
  }
  const found = versionId === undefined ? bucket.newest(key) : bucket.version(key, versionId);
  if (!found) return undefined;
  requireUnlocked(found, store.now(), bypass);
  return bucket.erase(found);
}

export function deletions(store: Store, inBucket: InBucket) {
  const needs = (
    name: string | undefined,
    { Key = '', VersionId, ETag }: Partial<ObjectIdentifier>,
    bypass: boolean | undefined,
  ): Permission[] => [
    {
      action: VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion',
      resource: arn(name, Key),
      ...(ETag === undefined ? {} : { context: { 's3:if-match': ETag } }),
    },
    // A matching ETag tells something of the object (S3 User Guide, conditional-deletes); that it exists does not.
    ...(ETag === undefined || ETag === '*' ? [] : [{ action: 's3:GetObject', resource: arn(name, Key) }]),
    ...(bypass === true ? [{ action: 's3:BypassGovernanceRetention', resource: arn(name, Key) }] : []),
  ];

  function one(kept: Kept, wanted: ObjectIdentifier, bypass: boolean | undefined): DeleteObjectOutput {
    const changed = removeFrom(store, kept, {
      key: wanted.Key ?? '',
      versionId: wanted.VersionId,
      ifMatch: wanted.ETag,
      bypass: bypass === true,
    });
    if (!kept.bucket.versioned) return {};
    if (!changed) return wanted.VersionId === undefined ? {} : { VersionId: wanted.VersionId };
    return { VersionId: changed.versionId, ...(changed.object ? {} : { DeleteMarker: true }) };
  }

  function entry(kept: Kept, caller: Caller, request: DeleteObjectsRequest, wanted: ObjectIdentifier) {
    const named = { Key: wanted.Key, ...(wanted.VersionId ? { VersionId: wanted.VersionId } : {}) };
    try {
      for (const need of needs(request.Bucket, wanted, request.BypassGovernanceRetention)) {
        store.permit(caller, need);
      }
      const { VersionId, DeleteMarker } = one(kept, wanted, request.BypassGovernanceRetention);
      const marker = DeleteMarker === true ? { DeleteMarker, DeleteMarkerVersionId: VersionId } : {};
      return { deleted: { ...named, ...marker } };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const Code = error.code === 'AccessDeniedException' ? 'AccessDenied' : error.code;
      return { error: { ...named, Code, Message: error.message } };
    }
  }

  return {
    DeleteObject: inBucket<DeleteObjectRequest, DeleteObjectOutput>(
      ({ Bucket, Key, VersionId, IfMatch, BypassGovernanceRetention }) =>
        needs(Bucket, { Key, VersionId, ETag: IfMatch }, BypassGovernanceRetention),
      (kept, { Key, VersionId, IfMatch, BypassGovernanceRetention }) =>
        one(kept, { Key, VersionId, ETag: IfMatch }, BypassGovernanceRetention),
    ),
    /** Each key is permitted, or not, by itself. */
    DeleteObjects: inBucket<DeleteObjectsRequest, DeleteObjectsOutput>(
      () => [],
      (kept, request, call) => {
        const wanted = request.Delete?.Objects ?? [];
        if (wanted.length === 0 || wanted.length > MOST) {
          throw new AwsError(
            'MalformedXML',
            'The XML you provided was not well-formed or did not validate against our published schema',
          );
        }
        const done = wanted.map((identifier) => entry(kept, call, request, identifier));
        const quiet = request.Delete?.Quiet === true;
        return {
          Deleted: quiet ? [] : done.flatMap(({ deleted }) => (deleted ? [deleted] : [])),
          Errors: done.flatMap(({ error }) => (error ? [error] : [])),
        };
      },
    ),
  };
}
