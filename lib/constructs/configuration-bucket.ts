import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * In the primary's region: a versioned bucket for what the application is configured by, with the log of who wrote
 * what, and every version on its way to the replica in the standby's region.
 */
export class ConfigurationBucket extends Construct {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { account, region } = Stack.of(this);
    const named = names(environment);
    const kept = {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    // Short last parts: with the longest environment and region a name has 60 of the 63 characters that S3 takes.
    const logs = new s3.Bucket(this, 'AccessLogs', {
      ...kept,
      bucketName: `lifeboat-${environment.name}-logs-${account}-${region}`,
      lifecycleRules: [{ expiration: Duration.days(400) }],
    });
    new s3.Bucket(this, 'Bucket', {
      ...kept,
      bucketName: named.configurationBucket('primary'),
      versioned: true,
      // Who wrote what, for the day on which a configuration turns out to be wrong.
      // The assertion: CDK's own class does not fit its interface under exactOptionalPropertyTypes (aws-cdk#37996).
      serverAccessLogsBucket: logs as s3.IBucket,
      serverAccessLogsPrefix: 'config/',
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(90) }],
      replicationRole: this.#replicator(environment),
      // What was deleted is deleted in the replica, too, where it is a version like any other.
      replicationRules: [
        {
          id: 'standby',
          destination: s3.Bucket.fromBucketName(this, 'Replica', named.configurationBucket('standby')),
          deleteMarkerReplication: true,
          metrics: s3.ReplicationTimeValue.FIFTEEN_MINUTES,
          replicationTimeControl: s3.ReplicationTimeValue.FIFTEEN_MINUTES,
        },
      ],
    });
  }

  /** What S3 does in our name (S3 user guide, "Setting up permissions for live replication"). */
  #replicator(environment: Environment): iam.Role {
    const named = names(environment);
    const role = new iam.Role(this, 'Replicator', {
      roleName: `${named.prefix}-replicate-configuration`,
      assumedBy: new iam.ServicePrincipal('s3.amazonaws.com'),
      description: 'Copies the versions of the configuration bucket into its replica',
    });
    const [source, replica] = (['primary', 'standby'] as const).map(
      (site) => `arn:aws:s3:::${named.configurationBucket(site)}`,
    );
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'],
        resources: [`${source}`],
      }),
    );
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: [
          's3:GetObjectVersionForReplication',
          's3:GetObjectVersionAcl',
          's3:GetObjectVersionTagging',
        ],
        resources: [`${source}/*`],
      }),
    );
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'],
        resources: [`${replica}/*`],
      }),
    );
    for (const objects of [`${source}/*`, `${replica}/*`]) {
      acknowledge(
        role,
        `AwsSolutions-IAM5[Resource::${objects}]`,
        'Every object of the bucket is replicated',
      );
    }
    return role;
  }
}
