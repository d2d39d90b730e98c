import type {
  DeleteObjectTaggingOutput,
  DeleteObjectTaggingRequest,
  GetObjectTaggingOutput,
  GetObjectTaggingRequest,
  PutObjectTaggingOutput,
  PutObjectTaggingRequest,
} from '@aws-sdk/client-s3';
import { AwsError } from '../contract.ts';
import { findVersion } from './finding.ts';
import type { ObjectVersion, Tags } from './object.ts';
import type { InBucket } from './operations.ts';
import { reads } from './reading.ts';
import { arn, type Kept, type Store } from './store.ts';

/** Tags of one object (S3 User Guide, object-tagging). */
const MOST = 10;

/** Tags of a version; undefined for none. @throws AwsError `InvalidTag` for more, longer or doubled ones */
function tagsOf(pairs: readonly (readonly [key: string, value: string])[]): Tags | undefined {
  const tags = Object.fromEntries(pairs);
  const wrong = pairs.some(([key, value]) => key === '' || key.length > 128 || value.length > 256);
  if (wrong || Object.keys(tags).length < pairs.length) {
    throw new AwsError('InvalidTag', 'The tag that you provided was not a valid tag.');
  }
  if (pairs.length > MOST) throw new AwsError('BadRequest', `Object tags cannot be greater than ${MOST}`);
  return pairs.length === 0 ? undefined : tags;
}

/** The header `x-amz-tagging`: encoded as the parameters of a URL. */
export function taggingHeader(header: string | undefined): Tags | undefined {
  return header === undefined ? undefined : tagsOf([...new URLSearchParams(header)]);
}

export function taggings(store: Store, inBucket: InBucket) {
  const writes =
    (verb: 'Put' | 'Delete') => (input: PutObjectTaggingRequest | DeleteObjectTaggingRequest) => [
      {
        action: `s3:${verb}Object${input.VersionId === undefined ? '' : 'Version'}Tagging`,
        resource: arn(input.Bucket, input.Key),
      },
    ];
  const answer = ({ bucket }: Kept, { versionId }: ObjectVersion) =>
    bucket.versioned ? { VersionId: versionId } : {};

  return {
    GetObjectTagging: inBucket<GetObjectTaggingRequest, GetObjectTaggingOutput>(
      (input) => [reads(input, 'Tagging')],
      (kept, { Key = '', VersionId }, call) => {
        const { version } = findVersion(store, call, kept, { key: Key, versionId: VersionId });
        const pairs = Object.entries(version.tags ?? {});
        return { ...answer(kept, version), TagSet: pairs.map(([name, Value]) => ({ Key: name, Value })) };
      },
    ),
    PutObjectTagging: inBucket<PutObjectTaggingRequest, PutObjectTaggingOutput>(
      writes('Put'),
      (kept, { Key = '', VersionId, Tagging }, call) => {
        const { version } = findVersion(store, call, kept, { key: Key, versionId: VersionId });
        version.tags = tagsOf((Tagging?.TagSet ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
        return answer(kept, version);
      },
    ),
    DeleteObjectTagging: inBucket<DeleteObjectTaggingRequest, DeleteObjectTaggingOutput>(
      writes('Delete'),
      (kept, { Key = '', VersionId }, call) => {
        const { version } = findVersion(store, call, kept, { key: Key, versionId: VersionId });
        version.tags = undefined;
        return answer(kept, version);
      },
    ),
  };
}
