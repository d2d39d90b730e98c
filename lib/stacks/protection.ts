import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { acknowledge } from '../constructs/acknowledge.ts';

/** In the primary's region: what must have been kept before the day on which it is needed. */
export class ProtectionStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    const { account, region } = this;
    const bucket = new s3.Bucket(this, 'Configuration', {
      bucketName: `lifeboat-${environment.name}-configuration-${account}-${region}`,
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
      'Configuration is written by deployments only, whose pipeline keeps its own log',
    );
  }
}
