import * as z from 'zod';
import type { CreateResource } from '../contract.ts';
import { readPolicy, type Statement } from '../iam/policy.ts';
import { readProperties } from '../template-properties.ts';

/** Properties that change nothing a recovery can see are accepted as they are. */
const inert = z.unknown().optional();

const bucket = z.strictObject({
  BucketName: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not a name that a bucket can have')
    .optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  BucketEncryption: inert,
  LifecycleConfiguration: inert,
  LoggingConfiguration: inert,
  OwnershipControls: inert,
  PublicAccessBlockConfiguration: inert,
  Tags: inert,
});

const bucketPolicy = z.strictObject({ Bucket: z.string(), PolicyDocument: z.unknown() });

interface BucketStore {
  create(name: string, region: string, versioned: boolean): void;
  /** @throws Error when there is no such bucket */
  restrict(name: string, statements: readonly Statement[]): void;
}

/** `AWS::S3::Bucket` and `AWS::S3::BucketPolicy`, whose Deny statements are enforced. */
export function bucketResources(store: BucketStore): Readonly<Record<string, CreateResource>> {
  return {
    'AWS::S3::Bucket': (resource) => {
      const { BucketName, VersioningConfiguration } = readProperties(resource, bucket);
      const { stack, logicalId, account, region } = resource;
      const name = BucketName ?? `${stack}-${logicalId}-${account}`.toLowerCase().slice(0, 63);
      store.create(name, region, VersioningConfiguration?.Status === 'Enabled');
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
      store.restrict(Bucket, readPolicy(PolicyDocument, 'resource'));
      return { ref: Bucket };
    },
  };
}
