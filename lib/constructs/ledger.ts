import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
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
  approvals: 'approvals/*',
  databases: 'databases/*',
  leases: 'leases/*',
  lostWrites: 'lost-writes/*',
  recoveries: 'recoveries/*',
  writers: 'writers/*',
  configuration: 'configuration/*',
  restores: 'restores/*',
  exports: 'exports/*',
  watch: 'watch/*',
  evidence: 'evidence/*',
  reports: 'reports/*',
  drift: 'drift.json',
} as const;

export type LedgerObject = keyof typeof objects;

/**
 * The incident ledger: lock, switch and incidents as objects that are only changed on condition.
 *
 * It keeps every version, because it is the record of what was done on the worst day of the year.
 */
export class Ledger extends Construct {
  readonly bucket: s3.Bucket;
  readonly bucketName: string;

  constructor(scope: Construct, id: string, props: { readonly bucketName: string }) {
    super(scope, id);
    this.bucketName = props.bucketName;
    this.bucket = new s3.Bucket(this, 'Bucket', {
      bucketName: props.bucketName,
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
    grantLedger(task, this.bucketName, read, write);
  }

  /** Let a person list the incidents and read them; of what else is kept here they see the names. */
  letRead(policy: iam.ManagedPolicy): void {
    const bucket = `arn:aws:s3:::${this.bucketName}`;
    const incidents = `${bucket}/${objects.incidents}`;
    policy.addStatements(
      // Of the whole bucket: else S3 answers 403, not 404, for an incident that is not there.
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket] }),
      new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [incidents] }),
    );
    acknowledge(
      policy,
      `AwsSolutions-IAM5[Resource::${incidents}]`,
      'One object per incident, named by its id',
    );
  }

  /** Keepers that renew leases under a role of their own, which may be of another account. */
  letIn(keeperRoleArns: readonly string[]): void {
    if (keeperRoleArns.length === 0) return;
    const principals = keeperRoleArns.map((arn) => new iam.ArnPrincipal(arn));
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        principals,
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: [this.bucket.arnForObjects(objects.leases)],
      }),
    );
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        principals,
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
      }),
    );
  }
}

/** The same for a task of any region: the ledger is named, not looked up. */
export function grantLedger(
  task: TaskFunction<unknown>,
  bucketName: string,
  read: readonly LedgerObject[],
  write: readonly LedgerObject[],
): void {
  const bucket = `arn:aws:s3:::${bucketName}`;
  const keys = (kinds: readonly LedgerObject[]) => kinds.map((kind) => `${bucket}/${objects[kind]}`);
  task.allow(['s3:GetObject'], keys([...new Set([...read, ...write])]));
  if (write.length > 0) task.allow(['s3:PutObject'], keys(write));
  // Without it S3 answers 403, not 404, for an object that is not there yet.
  task.allow(['s3:ListBucket'], [bucket]);
  for (const kind of new Set([...read, ...write])) {
    if (!objects[kind].endsWith('*')) continue;
    acknowledge(
      task.role,
      `AwsSolutions-IAM5[Resource::${bucket}/${objects[kind]}]`,
      'One object per incident, event or database, named by its id',
    );
  }
}
