import { AwsQueryProtocol } from '@aws-sdk/core/protocols';
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { DescribeNodegroupCommand, EKSClient, UpdateNodegroupConfigCommand } from '@aws-sdk/client-eks';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { CreateScheduleCommand, GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ListTopicsCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { AwsError, operation, type CloudService } from '../../../../drill/cloud/contract.ts';
import { localCloud } from '../local-cloud.ts';

/** What the last call of an operation was given, and what it shall answer. */
const inputs: Record<string, unknown> = {};
const answers: Record<string, unknown> = {};

function service(signingName: string, names: readonly string[]): CloudService {
  const operations = names.map((name) => [
    name,
    operation<unknown, unknown>({
      permissions: () => [],
      run(input) {
        inputs[name] = input;
        if (answers[name] instanceof Error) throw answers[name];
        return answers[name];
      },
    }),
  ]);
  return { signingName, operations: Object.fromEntries(operations) };
}

const cloud = await localCloud(() => [
  service('route53', ['ChangeResourceRecordSets', 'ListResourceRecordSets']),
  service('eks', ['DescribeNodegroup', 'UpdateNodegroupConfig']),
  service('states', ['StartExecution', 'DescribeExecution']),
  service('monitoring', ['PutMetricData', 'GetMetricStatistics']),
  service('lambda', ['Invoke']),
  service('events', ['PutEvents']),
  service('scheduler', ['CreateSchedule', 'GetSchedule']),
  service('sns', ['Publish', 'ListTopics']),
  service('secretsmanager', ['GetSecretValue']),
]);

describe('Route 53, REST-XML', () => {
  const client = new Route53Client(cloud.client());

  it('carries a change batch there and the change back', async () => {
    const submitted = new Date('2026-11-23T09:00:00.000Z');
    answers['ChangeResourceRecordSets'] = {
      ChangeInfo: { Id: '/change/C1', Status: 'PENDING', SubmittedAt: submitted },
    };
    const ChangeBatch = {
      Comment: 'move <all> & sundry',
      Changes: [
        {
          Action: 'UPSERT' as const,
          ResourceRecordSet: {
            Name: 'erlmcp.company.com',
            Type: 'A' as const,
            TTL: 30,
            ResourceRecords: [{ Value: '192.0.2.10' }, { Value: '192.0.2.11' }],
          },
        },
        {
          Action: 'UPSERT' as const,
          ResourceRecordSet: {
            Name: 'alias.company.com',
            Type: 'A' as const,
            Weight: 0,
            SetIdentifier: 'blue',
            AliasTarget: { HostedZoneId: 'Z2', DNSName: 'lb.example.com', EvaluateTargetHealth: true },
          },
        },
      ],
    };
    const answer = await client.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId: '/hostedzone/Z1', ChangeBatch }),
    );
    expect(inputs['ChangeResourceRecordSets']).toEqual({ HostedZoneId: 'Z1', ChangeBatch });
    expect(answer.ChangeInfo).toEqual({ Id: '/change/C1', Status: 'PENDING', SubmittedAt: submitted });
  });

  it('carries query parameters there and lists, numbers and booleans back', async () => {
    answers['ListResourceRecordSets'] = {
      ResourceRecordSets: [
        { Name: 'a.', Type: 'TXT', TTL: 5, ResourceRecords: [{ Value: '"healthy"' }] },
        {
          Name: 'b.',
          Type: 'A',
          AliasTarget: { HostedZoneId: 'Z', DNSName: 'd', EvaluateTargetHealth: false },
        },
      ],
      IsTruncated: false,
      MaxItems: 300,
    };
    const answer = await client.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: 'Z1', StartRecordName: 'a b', MaxItems: 10 }),
    );
    expect(inputs['ListResourceRecordSets']).toEqual({
      HostedZoneId: 'Z1',
      StartRecordName: 'a b',
      MaxItems: 10,
    });
    expect(answer).toMatchObject(answers['ListResourceRecordSets'] as object);
  });

  it('carries an error with its messages', async () => {
    answers['ChangeResourceRecordSets'] = new AwsError('InvalidChangeBatch', '[two faults]', 400, {
      messages: ['first fault', 'second fault'],
    });
    const sent = client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: 'Z1',
        ChangeBatch: { Changes: [{ Action: 'DELETE', ResourceRecordSet: { Name: 'a', Type: 'A' } }] },
      }),
    );
    const error = await sent.catch((thrown: unknown) => thrown as InvalidChangeBatch);
    expect(error).toBeInstanceOf(InvalidChangeBatch);
    expect(error).toMatchObject({
      name: 'InvalidChangeBatch',
      message: '[two faults]',
      messages: ['first fault', 'second fault'],
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('refuses a request that lacks a required member, however deep', async () => {
    const sent = client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: 'Z1',
        ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet: { Name: 'a', Type: undefined } }] },
      }),
    );
    await expect(sent).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('ChangeBatch.Changes.0.ResourceRecordSet.Type'),
    });
  });
});

describe('EKS, REST-JSON', () => {
  const client = new EKSClient(cloud.client());

  it('carries labels and body there and a nested document with dates back', async () => {
    const createdAt = new Date('2026-11-23T08:00:00.000Z');
    answers['UpdateNodegroupConfig'] = {
      update: { id: 'u1', status: 'InProgress', createdAt, params: [{ type: 'DesiredSize', value: '3' }] },
    };
    const answer = await client.send(
      new UpdateNodegroupConfigCommand({
        clusterName: 'erlmcp-standby',
        nodegroupName: 'workers',
        scalingConfig: { desiredSize: 3 },
        clientRequestToken: 'token',
      }),
    );
    expect(inputs['UpdateNodegroupConfig']).toEqual({
      clusterName: 'erlmcp-standby',
      nodegroupName: 'workers',
      scalingConfig: { desiredSize: 3 },
      clientRequestToken: 'token',
    });
    expect(answer.update).toEqual((answers['UpdateNodegroupConfig'] as { update: object }).update);
  });

  it('carries an error with its members', async () => {
    answers['DescribeNodegroup'] = new AwsError('ResourceNotFoundException', 'no workers', 404, {
      clusterName: 'erlmcp-standby',
      nodegroupName: 'workers',
    });
    await expect(
      client.send(new DescribeNodegroupCommand({ clusterName: 'c', nodegroupName: 'workers' })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'no workers',
      nodegroupName: 'workers',
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe('Step Functions, JSON 1.0', () => {
  const client = new SFNClient(cloud.client());

  it('carries a start there and its date back', async () => {
    const startDate = new Date('2026-11-23T09:00:00.250Z');
    answers['StartExecution'] = { executionArn: 'arn:e', startDate };
    const input = { stateMachineArn: 'arn:m', input: '{"scenario":"site-failure"}', name: 'once' };
    const answer = await client.send(new StartExecutionCommand(input));
    expect(inputs['StartExecution']).toEqual(input);
    expect(answer).toMatchObject({ executionArn: 'arn:e', startDate });
  });

  it('carries an error as its class', async () => {
    answers['DescribeExecution'] = new AwsError('ExecutionDoesNotExist', 'Execution Does Not Exist: arn:x');
    const error: unknown = await client
      .send(new DescribeExecutionCommand({ executionArn: 'arn:x' }))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExecutionDoesNotExist);
    expect(error).toMatchObject({ message: 'Execution Does Not Exist: arn:x' });
  });
});

describe('CloudWatch', () => {
  it('carries samples in JSON 1.0, also compressed', async () => {
    const client = new CloudWatchClient(cloud.client());
    const Timestamp = new Date('2026-11-23T09:01:00.000Z');
    const MetricData = Array.from({ length: 150 }, (_, i) => ({
      MetricName: 'PrimaryReachable',
      Dimensions: [{ Name: 'Environment', Value: 'dev' }],
      Timestamp,
      Value: i,
    }));
    await client.send(new PutMetricDataCommand({ Namespace: 'Lifeboat', MetricData }));
    expect(inputs['PutMetricData']).toEqual({ Namespace: 'Lifeboat', MetricData });
  });

  it('speaks the query protocol with older clients', async () => {
    const old = new CloudWatchClient({ ...cloud.client(), protocol: AwsQueryProtocol });
    const question = {
      Namespace: 'N',
      MetricName: 'M',
      Period: 60,
      StartTime: new Date('2026-11-23T09:00:00Z'),
      EndTime: new Date('2026-11-23T10:00:00Z'),
      Statistics: ['Minimum' as const],
      Dimensions: [{ Name: 'Environment', Value: 'dev' }],
    };
    answers['GetMetricStatistics'] = {
      Label: 'M',
      Datapoints: [{ Timestamp: new Date('2026-11-23T09:00:00Z'), Minimum: 0, Unit: 'None' }],
    };
    const answer = await old.send(new GetMetricStatisticsCommand(question));
    expect(inputs['GetMetricStatistics']).toEqual(question);
    expect(answer).toMatchObject(answers['GetMetricStatistics'] as object);
  });

  it('carries an error that the query protocol named otherwise', async () => {
    const client = new CloudWatchClient(cloud.client());
    answers['GetMetricStatistics'] = new AwsError('InvalidParameterValueException', 'bad period');
    await expect(
      client.send(
        new GetMetricStatisticsCommand({
          Namespace: 'N',
          MetricName: 'M',
          Period: 7,
          StartTime: new Date(0),
          EndTime: new Date(60_000),
        }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidParameterValueException', message: 'bad period' });
  });
});

describe('Lambda, REST-JSON with a payload of its own', () => {
  const client = new LambdaClient(cloud.client());

  it('carries the payload both ways and the function error in a header', async () => {
    answers['Invoke'] = {
      StatusCode: 200,
      FunctionError: 'Unhandled',
      Payload: Buffer.from('{"errorType":"LockLost"}'),
    };
    const answer = await client.send(
      new InvokeCommand({
        FunctionName: 'arn:aws:lambda:eu-central-1:111111111111:function:f',
        Payload: Buffer.from('{"a":1}'),
      }),
    );
    const { Payload, FunctionName } = inputs['Invoke'] as { Payload: Uint8Array; FunctionName: string };
    expect(FunctionName).toBe('arn:aws:lambda:eu-central-1:111111111111:function:f');
    expect(Buffer.from(Payload).toString()).toBe('{"a":1}');
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(answer.Payload?.transformToString()).toBe('{"errorType":"LockLost"}');
  });
});

describe('EventBridge and Secrets Manager, JSON 1.1', () => {
  it('carries events there and their ids back', async () => {
    answers['PutEvents'] = { FailedEntryCount: 0, Entries: [{ EventId: 'e1' }] };
    const Entries = [{ Source: 's', DetailType: 't', Detail: '{}', Time: new Date('2026-11-23T09:00:00Z') }];
    const answer = await new EventBridgeClient(cloud.client()).send(new PutEventsCommand({ Entries }));
    expect(inputs['PutEvents']).toEqual({ Entries });
    expect(answer).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: 'e1' }] });
  });

  it('carries an error whose message the model spells with a capital', async () => {
    answers['GetSecretValue'] = new AwsError('ResourceNotFoundException', 'no such secret');
    await expect(
      new SecretsManagerClient(cloud.client()).send(new GetSecretValueCommand({ SecretId: 'x' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'no such secret' });
  });
});

describe('EventBridge Scheduler, REST-JSON', () => {
  it('carries a schedule both ways', async () => {
    const client = new SchedulerClient(cloud.client());
    const schedule = {
      Name: 'probe',
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' as const },
      Target: { Arn: 'arn:f', RoleArn: 'arn:r', RetryPolicy: { MaximumRetryAttempts: 0 } },
      EndDate: new Date('2026-12-01T00:00:00Z'),
      ClientToken: 't',
    };
    answers['CreateSchedule'] = { ScheduleArn: 'arn:s' };
    expect(await client.send(new CreateScheduleCommand(schedule))).toMatchObject({ ScheduleArn: 'arn:s' });
    expect(inputs['CreateSchedule']).toEqual(schedule);
    answers['GetSchedule'] = { Name: 'probe', EndDate: schedule.EndDate };
    expect(await client.send(new GetScheduleCommand({ Name: 'probe', GroupName: 'default' }))).toMatchObject({
      EndDate: schedule.EndDate,
    });
    expect(inputs['GetSchedule']).toEqual({ Name: 'probe', GroupName: 'default' });
  });
});

describe('SNS, query and XML', () => {
  const client = new SNSClient(cloud.client());

  it('carries maps there and lists back', async () => {
    answers['Publish'] = { MessageId: 'm1' };
    const message = {
      TopicArn: 'arn:aws:sns:eu-central-1:111111111111:t',
      Message: 'Ünïcode & <tags>\nline two',
      MessageAttributes: {
        severity: { DataType: 'String', StringValue: 'P0' },
        raw: { DataType: 'Binary', BinaryValue: Buffer.from('bytes') },
      },
    };
    expect(await client.send(new PublishCommand(message))).toMatchObject({ MessageId: 'm1' });
    expect(inputs['Publish']).toMatchObject({ TopicArn: message.TopicArn, Message: message.Message });
    const { MessageAttributes } = inputs['Publish'] as typeof message;
    expect(MessageAttributes.severity).toEqual(message.MessageAttributes.severity);
    expect(Buffer.from(MessageAttributes.raw.BinaryValue).toString()).toBe('bytes');
    answers['ListTopics'] = { Topics: [{ TopicArn: 'arn:a' }, { TopicArn: 'arn:b' }], NextToken: 'n' };
    expect(await client.send(new ListTopicsCommand({}))).toMatchObject(answers['ListTopics'] as object);
  });

  it('carries an error by the name of the SDK, thrown under either of its names', async () => {
    const publish = () => client.send(new PublishCommand({ TopicArn: 'arn:t', Message: 'x' }));
    answers['Publish'] = new AwsError('NotFoundException', 'Topic does not exist');
    await expect(publish()).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Topic does not exist',
      $metadata: { httpStatusCode: 404 },
    });
    answers['Publish'] = new AwsError('InvalidParameter', 'Invalid parameter: Subject');
    await expect(publish()).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});
