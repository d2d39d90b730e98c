import type {
  ListObjectsV2Output,
  ListObjectsV2Request,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
} from '@aws-sdk/client-s3';
import type { CloudService, Foundation } from '../contract.ts';
import { kms, type Keys } from '../kms/kms.ts';
import { deletions } from './deleting.ts';
import { encrypting } from './encryption.ts';
import { levers, type StorageLevers } from './levers.ts';
import { listObjects, listVersions } from './listing.ts';
import { lockings } from './locking.ts';
import { multipart } from './multipart.ts';
import { operationsOf } from './operations.ts';
import { readings } from './reading.ts';
import { replication } from './replication.ts';
import { bucketResources } from './resources.ts';
import { settingsOperations } from './settings.ts';
import { arn, bucketStore } from './store.ts';
import { taggings } from './tags.ts';
import { writings } from './writing.ts';

export interface SimpleStorage extends StorageLevers {
  readonly service: CloudService;
}

interface StorageNeeds {
  /** What objects are encrypted with; none but AWS's own key by default. */
  readonly keys?: Keys;
  /** Whether the services of a region cannot be reached; never by default. */
  readonly dark?: (region: string) => boolean;
}

/**
 * Amazon S3: versioned objects, conditional writes and deletes, copies, listings, locks, tags, lifecycles,
 * replication, encryption with KMS keys, and what a bucket's policy forbids.
 */
export function simpleStorage(
  foundation: Foundation,
  { keys = kms(foundation), dark = () => false }: StorageNeeds = {},
): SimpleStorage {
  const store = bucketStore(foundation, keys, dark);
  const inBucket = operationsOf(store);
  const encryption = encrypting(store);
  const replicas = replication(foundation, store);

  const service: CloudService = {
    signingName: 's3',
    operations: {
      ...readings(store, inBucket, encryption),
      ...writings(store, inBucket, encryption),
      ...multipart(store, inBucket, encryption),
      ...deletions(store, inBucket),
      ...lockings(store, inBucket),
      ...taggings(store, inBucket),
      ...settingsOperations(store, inBucket),
      ListObjectsV2: inBucket<ListObjectsV2Request, ListObjectsV2Output>(
        ({ Bucket: name, Prefix = '', Delimiter = '' }) => [
          {
            action: 's3:ListBucket',
            resource: arn(name),
            context: { 's3:prefix': Prefix, 's3:delimiter': Delimiter },
          },
        ],
        ({ bucket }, request) => listObjects(bucket, request),
      ),
      ListObjectVersions: inBucket<ListObjectVersionsRequest, ListObjectVersionsOutput>(
        ({ Bucket: name, Prefix = '', Delimiter = '' }) => [
          {
            action: 's3:ListBucketVersions',
            resource: arn(name),
            context: { 's3:prefix': Prefix, 's3:delimiter': Delimiter },
          },
        ],
        ({ bucket }, request) => listVersions(bucket, request),
      ),
    },
    resources: bucketResources(
      {
        create: (settings) => store.create(settings),
        restrict: (name, statements) => void store.find(name).policy.push(...statements),
      },
      keys,
    ),
  };

  return { service, ...levers(store, replicas) };
}
