import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { TaskFunction } from './task-function.ts';

/** The kinds of object on the ledger, and the keys they have. */
const objects = {
  lock: 'lock.json',
  switch: 'switch.json',
  incidents: 'incidents/*',
  events: 'events/*',
} as const;

type LedgerObject = keyof typeof objects;

/**
 * The incident ledger: lock, switch and incidents as objects that are only changed on condition.
 *
 * It keeps every version, because it is the record of what was done on the worst day of the year.
 */
export class Ledger extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: { readonly environmentName: string }) {
    super(scope, id);
    const { account, region } = Stack.of(this);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      bucketName: `lifeboat-${props.environmentName}-ledger-${account}-${region}`,
      versioned: true,
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(400) }],
    });
    acknowledge(
      this.bucket,
      'AwsSolutions-S1',
      'Only the functions of this stack write here, and each object says which incident wrote it; CloudTrail data events serve those who need more',
    );
  }

  /** What a task reads and what it writes; writing includes reading. */
  grant(task: TaskFunction<unknown>, read: readonly LedgerObject[], write: readonly LedgerObject[]): void {
    const keys = (kinds: readonly LedgerObject[]) =>
      kinds.map((kind) => this.bucket.arnForObjects(objects[kind]));
    task.allow(['s3:GetObject'], keys([...new Set([...read, ...write])]));
    if (write.length > 0) task.allow(['s3:PutObject'], keys(write));
    // Without it S3 answers 403, not 404, for an object that is not there yet.
    task.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
    for (const kind of [...read, ...write]) {
      if (!objects[kind].endsWith('*')) continue;
      const resource = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as s3.CfnBucket);
      acknowledge(
        task.role,
        `AwsSolutions-IAM5[Resource::<${resource}.Arn>/${objects[kind]}]`,
        'One object per incident or event, named by its id',
      );
    }
  }
}
