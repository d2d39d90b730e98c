import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { acknowledge } from './acknowledge.ts';

/** In the standby's region: every version of the configuration bucket, also when the primary's is gone. */
export class ConfigurationReplica extends Construct {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const bucket = new s3.Bucket(this, 'Bucket', {
      bucketName: names(environment).configurationBucket('standby'),
      versioned: true,
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(90) }],
    });
    acknowledge(
      bucket,
      'AwsSolutions-S1',
      `Only replication writes here: who wrote what is in the access logs of ${Stack.of(this).account}'s primary bucket`,
    );
  }
}
