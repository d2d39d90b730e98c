import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { SiteTasks } from '../constructs/site-tasks.ts';
import { WorkloadTasks } from '../constructs/workload-tasks.ts';
import { names } from '../names.ts';

/**
 * In the primary's region: what must have been kept before the day on which it is needed, and the two functions that
 * must be beside its databases and its cluster.
 */
export class ProtectionStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    const { account, region } = this;
    new SiteTasks(this, 'SiteTasks', { environment, site: 'primary' });
    new WorkloadTasks(this, 'WorkloadTasks', { environment, site: 'primary' });
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
    new s3.Bucket(this, 'Configuration', {
      ...kept,
      bucketName: named.configurationBucket('primary'),
      versioned: true,
      // Who wrote what, for the day on which a configuration turns out to be wrong.
      // The assertion: CDK's own class does not fit its interface under exactOptionalPropertyTypes (aws-cdk#37996).
      serverAccessLogsBucket: logs as s3.IBucket,
      serverAccessLogsPrefix: 'config/',
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(90) }],
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
}
