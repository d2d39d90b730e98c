import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import type { TaskFunction } from './task-function.ts';

/** What encrypts and what decrypts; a key's administrator may do neither. */
const usage = ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * Exports and snapshots of the clusters' ConfigMaps and Secrets, in the standby's region, encrypted with a key of
 * their own that only the tasks which write and read them may use: not even the account's administrators, before
 * they change the key's policy, which CloudTrail tells.
 */
export class ExportsBucket extends Construct {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const named = names(environment);
    const { account } = environment;
    const key = new kms.Key(this, 'Key', {
      description: `Exports of ${named.prefix}: ConfigMaps and Secrets of its clusters`,
      alias: `alias/${named.prefix}-exports`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({
            sid: 'Administer',
            principals: [new iam.AccountRootPrincipal()],
            actions: administration,
            resources: ['*'],
          }),
          new iam.PolicyStatement({
            sid: 'Use',
            principals: [new iam.AccountRootPrincipal()],
            actions: usage,
            resources: ['*'],
            // By name, because the primary's roles are another stack's, and may not be there yet.
            conditions: {
              ArnEquals: {
                'aws:PrincipalArn': named.exportUsers.map((role) => `arn:aws:iam::${account}:role/${role}`),
              },
            },
          }),
        ],
      }),
    });
    const bucket = new s3.Bucket(this, 'Bucket', {
      bucketName: named.exportsBucket,
      versioned: true,
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        // An export is only written when something has changed: the newest must outlast a quiet year.
        { noncurrentVersionExpiration: Duration.days(90) },
      ],
    });
    acknowledge(
      bucket,
      'AwsSolutions-S1',
      'Only the tasks that may use its key can read or write here; CloudTrail data events serve those who need more',
    );
  }
}

/** All that a key's policy needs for CloudFormation and people to manage it (KMS developer guide, "Key administrators"). */
const administration = [
  ...['kms:Create*', 'kms:Describe*', 'kms:Enable*', 'kms:List*', 'kms:Put*', 'kms:Update*', 'kms:Revoke*'],
  ...['kms:Disable*', 'kms:Get*', 'kms:Delete*', 'kms:TagResource', 'kms:UntagResource'],
  ...['kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion'],
];

/** Read exports and snapshots, or write them, too. The key is known by where it is used: its id is another region's. */
export function usesExports(
  task: TaskFunction<unknown>,
  environment: Environment,
  access: 'read' | 'write',
): void {
  const { exportsBucket } = names(environment);
  const { region } = environment.sites.standby;
  const bucket = `arn:aws:s3:::${exportsBucket}`;
  const objects = [`${bucket}/exports/*`, `${bucket}/snapshots/*`];
  task.allow(['s3:GetObject', ...(access === 'write' ? ['s3:PutObject'] : [])], objects);
  task.allow(['s3:ListBucket'], [bucket]);
  const keys = `arn:aws:kms:${region}:${Stack.of(task).account}:key/*`;
  task.allow(access === 'write' ? usage : ['kms:Decrypt'], [keys], {
    StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
  });
  for (const object of objects) {
    acknowledge(task.role, `AwsSolutions-IAM5[Resource::${object}]`, 'Named by their time, or by a person');
  }
  acknowledge(
    task.role,
    `AwsSolutions-IAM5[Resource::${keys}]`,
    "A key's policy names who may use it; its id is known in its own region only",
  );
}
