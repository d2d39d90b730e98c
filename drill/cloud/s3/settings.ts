import type {
  GetBucketEncryptionOutput,
  GetBucketEncryptionRequest,
  GetBucketLifecycleConfigurationOutput,
  GetBucketLifecycleConfigurationRequest,
  GetBucketReplicationOutput,
  GetBucketReplicationRequest,
  GetBucketVersioningOutput,
  GetBucketVersioningRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  GetBucketLocationOutput,
  GetBucketLocationRequest,
  LifecycleRule as AnsweredRule,
  ListBucketsOutput,
} from '@aws-sdk/client-s3';
import { AwsError, operation } from '../contract.ts';
import type { LifecycleRule } from './lifecycle.ts';
import type { InBucket } from './operations.ts';
import { arn, type Store } from './store.ts';

/** What buckets there are, and what each was told to do. */
export function settingsOperations(store: Store, inBucket: InBucket) {
  const needs =
    (action: string) =>
    ({ Bucket }: { readonly Bucket: string | undefined }) => [{ action, resource: arn(Bucket) }];

  return {
    HeadBucket: inBucket<HeadBucketRequest, HeadBucketOutput>(needs('s3:ListBucket'), ({ bucket }) => ({
      BucketRegion: bucket.region,
      BucketArn: arn(bucket.name),
    })),
    GetBucketLocation: inBucket<GetBucketLocationRequest, GetBucketLocationOutput>(
      needs('s3:GetBucketLocation'),
      ({ bucket: { region } }) =>
        region === 'us-east-1' ? {} : { LocationConstraint: region as 'eu-central-1' },
    ),
    GetBucketVersioning: inBucket<GetBucketVersioningRequest, GetBucketVersioningOutput>(
      needs('s3:GetBucketVersioning'),
      ({ settings: { versioning } }) => (versioning ? { Status: versioning } : {}),
    ),
    GetBucketLifecycleConfiguration: inBucket<
      GetBucketLifecycleConfigurationRequest,
      GetBucketLifecycleConfigurationOutput
    >(needs('s3:GetLifecycleConfiguration'), ({ settings: { lifecycle } }) => {
      if (lifecycle.length > 0) return { Rules: lifecycle.map(answered) };
      throw new AwsError('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist', 404);
    }),
    GetBucketEncryption: inBucket<GetBucketEncryptionRequest, GetBucketEncryptionOutput>(
      needs('s3:GetEncryptionConfiguration'),
      ({ settings: { encryption = { kind: 'AES256' } } }) => {
        const key = encryption.kind === 'AES256' ? {} : { KMSMasterKeyID: encryption.keyArn };
        const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: encryption.kind, ...key };
        const BucketKeyEnabled = encryption.kind !== 'AES256' && encryption.bucketKey;
        return {
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault, BucketKeyEnabled }],
          },
        };
      },
    ),
    GetBucketReplication: inBucket<GetBucketReplicationRequest, GetBucketReplicationOutput>(
      needs('s3:GetReplicationConfiguration'),
      ({ settings: { replication } }) => {
        if (!replication) {
          throw new AwsError(
            'ReplicationConfigurationNotFoundError',
            'The replication configuration was not found',
            404,
          );
        }
        return {
          ReplicationConfiguration: {
            Role: replication.role ?? '',
            Rules: replication.rules.map((rule) => ({
              ID: rule.id,
              Status: rule.enabled ? 'Enabled' : 'Disabled',
              Priority: rule.priority,
              Filter: { Prefix: rule.prefix },
              DeleteMarkerReplication: { Status: rule.markers ? 'Enabled' : 'Disabled' },
              Destination: { Bucket: arn(rule.destination) },
            })),
          },
        };
      },
    ),
    ListBuckets: operation<unknown, ListBucketsOutput>({
      permissions: () => [{ action: 's3:ListAllMyBuckets', resource: '*' }],
      run: () => ({
        Buckets: [...store.buckets.values()].map(({ bucket }) => ({
          Name: bucket.name,
          CreationDate: bucket.created,
          BucketRegion: bucket.region,
        })),
      }),
    }),
  };
}

function answered(rule: LifecycleRule): AnsweredRule {
  const { noncurrent, expireAfter, emptyMarkers, abortUploadsAfter, tags, prefix } = rule;
  const Tags = tags.map(([Key, Value]) => ({ Key, Value }));
  return {
    ID: rule.id,
    Status: rule.enabled ? 'Enabled' : 'Disabled',
    Filter: tags.length === 0 ? { Prefix: prefix } : { And: { Prefix: prefix, Tags } },
    ...(noncurrent
      ? {
          NoncurrentVersionExpiration: {
            NoncurrentDays: noncurrent.days,
            ...(noncurrent.keep > 0 ? { NewerNoncurrentVersions: noncurrent.keep } : {}),
          },
        }
      : {}),
    ...(expireAfter !== undefined || emptyMarkers
      ? {
          Expiration: {
            ...(expireAfter === undefined ? {} : { Days: expireAfter }),
            ...(emptyMarkers ? { ExpiredObjectDeleteMarker: true } : {}),
          },
        }
      : {}),
    ...(abortUploadsAfter === undefined
      ? {}
      : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortUploadsAfter } }),
  };
}
