import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import type { TaskFunction } from './task-function.ts';

interface StatusPageProps {
  readonly environment: Environment;
}

/**
 * The status page of our own: files in a private bucket of the standby's region, which everybody reads through
 * CloudFront. Nothing of it is in the primary's region, and nothing runs when it is read.
 */
export class StatusPage extends Construct {
  readonly bucketName: string;
  /** Known once it is deployed. */
  readonly url: string;

  constructor(scope: Construct, id: string, { environment }: StatusPageProps) {
    super(scope, id);
    const named = names(environment);
    this.bucketName = named.statusBucket;
    const bucket = new s3.Bucket(this, 'Bucket', {
      bucketName: this.bucketName,
      versioned: true,
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
    });
    acknowledge(bucket, 'AwsSolutions-S1', 'What is in it is public, and only send-notice writes it');
    const distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: `Status page of ${named.prefix}`,
      defaultRootObject: 'index.html',
      defaultBehavior: {
        origin: origins.S3BucketOrigin.withOriginAccessControl(bucket as s3.IBucket),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
        // Half a minute at most, so that nothing has to be invalidated.
        cachePolicy: new cloudfront.CachePolicy(this, 'Cache', {
          cachePolicyName: `${named.prefix}-status`,
          minTtl: Duration.seconds(0),
          defaultTtl: Duration.seconds(30),
          maxTtl: Duration.seconds(30),
        }),
        responseHeadersPolicy: new cloudfront.ResponseHeadersPolicy(this, 'Headers', {
          responseHeadersPolicyName: `${named.prefix}-status`,
          securityHeadersBehavior: {
            contentSecurityPolicy: {
              contentSecurityPolicy:
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
              override: true,
            },
            contentTypeOptions: { override: true },
            frameOptions: { frameOption: cloudfront.HeadersFrameOption.DENY, override: true },
            referrerPolicy: {
              referrerPolicy: cloudfront.HeadersReferrerPolicy.NO_REFERRER,
              override: true,
            },
            strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
          },
        }),
      },
    });
    acknowledge(distribution, 'AwsSolutions-CFR1', 'Customers may be anywhere');
    acknowledge(
      distribution,
      'AwsSolutions-CFR2',
      'It serves one static file; there is nothing to protect by a WAF',
    );
    acknowledge(distribution, 'AwsSolutions-CFR3', 'Who reads a public page is nobody’s business');
    acknowledge(
      distribution,
      'AwsSolutions-CFR4',
      "CloudFront's own certificate only knows its own policy; with a domain of its own it is TLS 1.2 at least",
    );
    this.url = `https://${distribution.distributionDomainName}/`;
  }

  /** Let a task write the page. */
  grantTo(task: TaskFunction<unknown>): void {
    const bucket = `arn:aws:s3:::${this.bucketName}`;
    task.allow(['s3:GetObject', 's3:PutObject'], [`${bucket}/history.json`, `${bucket}/index.html`]);
    // Without it S3 answers 403, not 404, for an object that is not there yet.
    task.allow(['s3:ListBucket'], [bucket]);
  }
}
