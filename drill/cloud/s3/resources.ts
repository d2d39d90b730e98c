import * as z from 'zod';
import type { CreateResource, DeployedResource } from '../contract.ts';
import { readPolicy, type Statement } from '../iam/policy.ts';
import type { Keys } from '../kms/kms.ts';
import { readProperties } from '../template-properties.ts';
import { lifecycleProperty, rulesOf } from './lifecycle-property.ts';
import { replicationProperty, replicationOf } from './replication-property.ts';
import type { BucketSettings } from './store.ts';

/** Properties that change nothing a recovery can see are accepted as they are. */
const inert = z.unknown().optional();

const encryption = z.strictObject({
  ServerSideEncryptionConfiguration: z
    .array(
      z.strictObject({
        BucketKeyEnabled: z.boolean().optional(),
        BlockedEncryptionTypes: inert,
        ServerSideEncryptionByDefault: z
          .strictObject({
            SSEAlgorithm: z.enum(['AES256', 'aws:kms']),
            KMSMasterKeyID: z.string().optional(),
          })
          .optional(),
      }),
    )
    .optional(),
});

const objectLock = z.strictObject({
  ObjectLockEnabled: z.literal('Enabled').optional(),
  Rule: z
    .strictObject({
      DefaultRetention: z.strictObject({
        Mode: z.enum(['GOVERNANCE', 'COMPLIANCE']),
        Days: z.number().optional(),
        Years: z.number().optional(),
      }),
    })
    .optional(),
});

const bucket = z.strictObject({
  BucketName: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not a name that a bucket can have')
    .optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  BucketEncryption: encryption.optional(),
  LifecycleConfiguration: lifecycleProperty.optional(),
  ReplicationConfiguration: replicationProperty.optional(),
  ObjectLockEnabled: z.boolean().optional(),
  ObjectLockConfiguration: objectLock.optional(),
  AccessControl: inert,
  InventoryConfigurations: inert,
  LoggingConfiguration: inert,
  MetricsConfigurations: inert,
  OwnershipControls: inert,
  PublicAccessBlockConfiguration: inert,
  Tags: inert,
});

const bucketPolicy = z.strictObject({ Bucket: z.string(), PolicyDocument: z.unknown() });

interface BucketMaker {
  create(settings: BucketSettings): void;
  /** @throws Error when there is no such bucket */
  restrict(name: string, statements: readonly Statement[]): void;
}

/** `AWS::S3::Bucket` and `AWS::S3::BucketPolicy`, whose Deny statements are enforced. */
export function bucketResources(maker: BucketMaker, keys: Keys): Readonly<Record<string, CreateResource>> {
  return {
    'AWS::S3::Bucket': (resource) => {
      const properties = readProperties(resource, bucket);
      const { stack, logicalId, account, region } = resource;
      const name = properties.BucketName ?? `${stack}-${logicalId}-${account}`.toLowerCase().slice(0, 63);
      const versioning = properties.VersioningConfiguration?.Status;
      const lockable = properties.ObjectLockEnabled ?? properties.ObjectLockConfiguration !== undefined;
      for (const [property, needed] of Object.entries({
        ReplicationConfiguration: properties.ReplicationConfiguration !== undefined,
        ObjectLockEnabled: lockable,
      })) {
        if (needed && versioning !== 'Enabled') {
          throw new Error(`stack ${stack}: ${logicalId}: ${property} needs a bucket that keeps versions`);
        }
      }
      const retention = properties.ObjectLockConfiguration?.Rule?.DefaultRetention;
      maker.create({
        name,
        region,
        versioning,
        encryption: usualEncryption(properties.BucketEncryption, resource, keys),
        lifecycle: rulesOf(properties.LifecycleConfiguration),
        replication: replicationOf(properties.ReplicationConfiguration),
        lockable,
        retention: retention && {
          mode: retention.Mode,
          days: retention.Days ?? (retention.Years ?? 0) * 365,
        },
      });
      return {
        ref: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
        },
      };
    },
    'AWS::S3::BucketPolicy': (resource) => {
      const { Bucket, PolicyDocument } = readProperties(resource, bucketPolicy);
      maker.restrict(Bucket, readPolicy(PolicyDocument, 'resource'));
      return { ref: Bucket };
    },
  };
}

function usualEncryption(
  property: z.output<typeof encryption> | undefined,
  { region }: DeployedResource,
  keys: Keys,
): BucketSettings['encryption'] {
  const [rule] = property?.ServerSideEncryptionConfiguration ?? [];
  const { SSEAlgorithm, KMSMasterKeyID = 'alias/aws/s3' } = rule?.ServerSideEncryptionByDefault ?? {};
  if (SSEAlgorithm === undefined) return undefined;
  if (SSEAlgorithm === 'AES256') return { kind: 'AES256' };
  return {
    kind: 'aws:kms',
    keyArn: keys.arnOf(region, KMSMasterKeyID),
    bucketKey: rule?.BucketKeyEnabled ?? false,
  };
}
