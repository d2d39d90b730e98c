import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentNames, loadEnvironment } from '../../../lib/config/load.ts';
import { type Properties, synthesized } from '../synthesized.ts';

const environment = loadEnvironment('dev');
const { detection, recovery, protection, all } = synthesized(environment);

describe('detection', () => {
  it('is where the metrics of Route 53 are', () => {
    expect(detection.region).toBe('us-east-1');
  });

  it('asks both sites directly, at their health endpoint', () => {
    const checks = detection
      .of('AWS::Route53::HealthCheck')
      .map(([, { HealthCheckConfig }]) => HealthCheckConfig as Properties);
    for (const site of ['primary', 'standby']) {
      expect(checks).toContainEqual({
        Type: 'HTTPS_STR_MATCH',
        FullyQualifiedDomainName: `${site}.erlmcp.company.com`,
        Port: 443,
        ResourcePath: '/health',
        SearchString: 'ok',
        EnableSNI: true,
        RequestInterval: 10,
        FailureThreshold: 3,
      });
    }
  });

  it('steers by the metric of the switch, not inverted, and stays where it is without data', () => {
    const check = detection
      .of('AWS::Route53::HealthCheck')
      .map(([, { HealthCheckConfig }]) => HealthCheckConfig as Properties)
      .find(({ Type }) => Type === 'CLOUDWATCH_METRIC');
    expect(check).toEqual({
      Type: 'CLOUDWATCH_METRIC',
      AlarmIdentifier: { Name: 'lifeboat-dev-traffic-on-standby', Region: 'eu-central-1' },
      InsufficientDataHealthStatus: 'LastKnownStatus',
    });
  });

  it('watches an alarm that the recovery stack has under that name', () => {
    const names = recovery.of('AWS::CloudWatch::Alarm').map(([, { AlarmName }]) => AlarmName as string);
    expect(names).toContain('lifeboat-dev-traffic-on-standby');
  });

  it('gives each record to the primary while the switch says so, and else to the standby', () => {
    const records = detection
      .of('AWS::Route53::RecordSet')
      .map(([, properties]) => properties)
      .filter(({ Name }) => Name === 'erlmcp.company.com.');
    expect(records).toEqual([
      expect.objectContaining({
        Failover: 'PRIMARY',
        ResourceRecords: ['192.0.2.10'],
        HealthCheckId: expect.anything(),
      }),
      expect.objectContaining({ Failover: 'SECONDARY', ResourceRecords: ['198.51.100.10'] }),
    ]);
    expect(records[1]).not.toHaveProperty('HealthCheckId');
  });

  it('forwards the alarms of both sites, and of events that missed it, to the region that recovers, for ten minutes, and keeps what it could not', () => {
    const [[, rule] = ['', {} as Properties]] = detection.of('AWS::Events::Rule');
    expect(rule['EventPattern'].resources).toHaveLength(3);
    expect(rule['Targets']).toEqual([
      expect.objectContaining({
        Arn: 'arn:aws:events:eu-central-1:111111111111:event-bus/default',
        RetryPolicy: { MaximumEventAgeInSeconds: 600, MaximumRetryAttempts: 10 },
        DeadLetterConfig: expect.anything(),
      }),
    ]);
  });

  it('takes silence for no evidence', () => {
    for (const [, alarm] of detection.of('AWS::CloudWatch::Alarm')) {
      if (alarm['Namespace'] === 'AWS/Route53') expect(alarm['TreatMissingData']).toBe('ignore');
    }
  });

  it('provisions no failover records where the records are changed instead', () => {
    const upsert = synthesized({ ...environment, dns: { ...environment.dns, mode: 'upsert' } });
    const names = upsert.detection.of('AWS::Route53::RecordSet').map(([, { Name }]) => Name as string);
    expect(names.filter((name) => !name.startsWith('_lifeboat-'))).toEqual([]);
    expect(upsert.recovery.text).toContain('route53:ChangeResourceRecordSetsNormalizedRecordNames');
    expect(recovery.text).not.toContain('route53:ChangeResourceRecordSets');
  });
});

describe('every stack', () => {
  it('is in the region that the environment says', () => {
    expect([recovery.region, protection.region]).toEqual(['eu-central-1', 'eu-west-1']);
  });

  it.each(environmentNames())('of %s has no record that is cached for longer than a minute', (name) => {
    const { detection: records } = synthesized(name);
    for (const [, record] of records.of('AWS::Route53::RecordSet')) {
      if (record['AliasTarget'] === undefined) expect(Number(record['TTL'])).toBeLessThanOrEqual(60);
    }
  });

  it('lets no failover alias follow a load balancer, which would move traffic by itself', () => {
    const { detection: records } = synthesized('prod');
    const aliases = records
      .of('AWS::Route53::RecordSet')
      .map(([, record]) => record)
      .filter((record) => record['AliasTarget'] !== undefined);
    const [followed, following] = [
      aliases.filter(({ Failover }) => Failover === undefined),
      aliases.filter(({ Failover }) => Failover !== undefined),
    ];
    expect(followed.map(({ AliasTarget }) => AliasTarget.EvaluateTargetHealth as unknown)).toEqual([
      false,
      false,
    ]);
    expect(following.map(({ AliasTarget }) => AliasTarget as unknown)).toEqual(
      followed.map(({ Name }) => ({
        DNSName: Name,
        HostedZoneId: 'Z0PRODUCTION123456789',
        EvaluateTargetHealth: true,
      })),
    );
  });

  it('runs no custom resource and imports nothing', () => {
    for (const { text } of all) {
      expect(text).not.toMatch(/"Custom::|CustomResource|Fn::ImportValue|Fn::GetStackOutput/);
    }
  });

  it('keeps its buckets private, over TLS only', () => {
    const buckets = all.flatMap((stack) =>
      stack.of('AWS::S3::Bucket').map(([id, bucket]) => ({ stack, id, bucket })),
    );
    expect(buckets).toHaveLength(5);
    for (const { stack, id, bucket } of buckets) {
      expect(Object.values(bucket['PublicAccessBlockConfiguration'] as object)).toEqual([
        true,
        true,
        true,
        true,
      ]);
      const policy = stack.of('AWS::S3::BucketPolicy').find(([, { Bucket }]) => Bucket.Ref === id);
      expect(policy?.[1]['PolicyDocument'].Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  it('can be deployed under the longest name, in the regions with the longest names', () => {
    const { primary, standby } = environment.sites;
    const long = synthesized({
      ...environment,
      name: 'production-green',
      sites: {
        primary: { ...primary, region: 'ap-southeast-1' },
        standby: { ...standby, region: 'ap-northeast-1' },
      },
    });
    const named = (type: string, key: string) =>
      long.all.flatMap((stack) => stack.of(type)).map(([, properties]) => properties[key] as string);
    expect(Math.max(...named('AWS::S3::Bucket', 'BucketName').map(({ length }) => length))).toBe(61);
    for (const name of named('AWS::IAM::Role', 'RoleName').filter(Boolean))
      expect(name.length).toBeLessThanOrEqual(64);
    for (const name of named('AWS::Lambda::Function', 'FunctionName'))
      expect(name.length).toBeLessThanOrEqual(64);
  });

  it('keeps a log of who wrote the configuration, where only S3 may write it', () => {
    const [log] = protection.of('AWS::S3::Bucket').filter(([, bucket]) => !bucket['LoggingConfiguration']);
    const [config] = protection.of('AWS::S3::Bucket').filter(([, bucket]) => bucket['LoggingConfiguration']);
    expect(config?.[1]['LoggingConfiguration']).toEqual({
      DestinationBucketName: { Ref: log?.[0] },
      LogFilePrefix: 'config/',
    });
    const policy = protection.of('AWS::S3::BucketPolicy').find(([, { Bucket }]) => Bucket.Ref === log?.[0]);
    const allowed = (policy?.[1]['PolicyDocument'].Statement as Properties[]).filter(
      ({ Effect }) => Effect === 'Allow',
    );
    expect(allowed).toEqual([
      expect.objectContaining({
        Action: 's3:PutObject',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Condition: {
          ArnLike: { 'aws:SourceArn': { 'Fn::GetAtt': [config?.[0], 'Arn'] } },
          StringEquals: { 'aws:SourceAccount': '111111111111' },
        },
      }),
    ]);
    // Access control lists, which S3 no longer takes on a new bucket, are not how S3 is let in.
    expect(log?.[1]['AccessControl']).toBeUndefined();
  });

  it('leads from each of its alarms to an entry of the runbook', () => {
    const runbook = readFileSync('docs/runbook.md', 'utf8');
    const entries = [...runbook.matchAll(/^## (.+)$/gm)].map(([, entry]) => entry);
    const alarms = all.flatMap((stack) => stack.of('AWS::CloudWatch::Alarm'));
    expect(alarms.length).toBeGreaterThanOrEqual(6);
    for (const [, { AlarmDescription }] of alarms) {
      const [, entry] = /docs\/runbook\.md#([\w-]+)$/.exec(AlarmDescription as string) ?? [];
      expect(entries).toContain(entry);
    }
  });
});
