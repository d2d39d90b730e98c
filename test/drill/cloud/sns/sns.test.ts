import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { notifications, type Notifications } from '../../../../drill/cloud/sns/sns.ts';
import { account, localCloud, start } from '../local-cloud.ts';
import { create } from '../resource.ts';

let sns!: Notifications;
const cloud = await localCloud((foundation) => {
  sns = notifications(foundation);
  return [sns.service];
});
const client = new SNSClient(cloud.client());
const { resources } = sns.service;

let count = 0;
function topic(properties: object = {}, statements?: readonly unknown[]): string {
  const { ref } = create(resources, 'AWS::SNS::Topic', { TopicName: `topic-${++count}`, ...properties });
  create(resources, 'AWS::SNS::Subscription', {
    TopicArn: ref,
    Protocol: 'email',
    Endpoint: 'oncall@company.com',
  });
  if (statements) {
    create(resources, 'AWS::SNS::TopicPolicy', {
      Topics: [ref],
      PolicyDocument: { Version: '2012-10-17', Statement: statements },
    });
  }
  return ref;
}
const publish = (TopicArn: string, more: object = {}) =>
  client.send(new PublishCommand({ TopicArn, Message: 'hello', ...more }));
const messagesOf = (arn: string) => sns.messages().filter(({ topicArn }) => topicArn === arn);

describe('a message', () => {
  it('reaches every subscriber, with subject and incident time', async () => {
    const arn = topic();
    create(resources, 'AWS::SNS::Subscription', { TopicArn: arn, Protocol: 'sms', Endpoint: '+4512345678' });
    const { MessageId } = await publish(arn, { Subject: 'P0 site-failure' });
    expect(MessageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(messagesOf(arn)).toEqual([
      {
        at: start,
        topicArn: arn,
        topicName: arn.split(':')[5],
        region: 'eu-central-1',
        protocol: 'email',
        endpoint: 'oncall@company.com',
        subject: 'P0 site-failure',
        message: 'hello',
      },
      expect.objectContaining({ protocol: 'sms', endpoint: '+4512345678' }),
    ]);
  });

  it('may differ by protocol', async () => {
    const arn = topic();
    await publish(arn, {
      MessageStructure: 'json',
      Message: JSON.stringify({ default: 'short', email: 'long' }),
    });
    expect(messagesOf(arn)).toMatchObject([{ message: 'long' }]);
  });

  it.each([
    ['a subject of 100 characters', { Subject: 'x'.repeat(100) }, /Subject/],
    ['a subject of two lines', { Subject: 'one\ntwo' }, /Subject/],
    ['a subject that is not ASCII', { Subject: 'Störung' }, /Subject/],
    ['an empty subject', { Subject: '' }, /Subject/],
    ['no text', { Message: '' }, /Empty message/],
    ['more than 256 KiB', { Message: 'ü'.repeat(131_073) }, /too long/],
    ['parts without a default', { MessageStructure: 'json', Message: '{"email":"x"}' }, /default/],
  ])('is refused with %s', async (_, more, reason) => {
    const arn = topic();
    await expect(publish(arn, more)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringMatching(reason) as string,
    });
    expect(messagesOf(arn)).toEqual([]);
  });

  it('of 99 characters subject and 256 KiB passes', async () => {
    const arn = topic();
    await publish(arn, { Subject: 'x'.repeat(99), Message: 'y'.repeat(262_144) });
    expect(messagesOf(arn)).toHaveLength(1);
  });

  it('to a topic of another region or none is refused', async () => {
    await expect(publish(`arn:aws:sns:us-east-1:${account}:topic-1`)).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await expect(publish(`arn:aws:sns:eu-central-1:${account}:none`)).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });

  it('does not pass while the topic fails', async () => {
    const arn = topic();
    sns.fail(arn);
    await expect(publish(arn)).rejects.toMatchObject({ name: 'InternalErrorException' });
    sns.fail(undefined);
    await publish(arn);
    expect(messagesOf(arn)).toHaveLength(1);
  });
});

describe('a role', () => {
  it('needs the key of a topic that has one of its own', async () => {
    const key = `arn:aws:kms:eu-central-1:${account}:key/notices`;
    const arn = topic({ KmsMasterKeyId: key });
    const allow = (Action: string | string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
    const keyless = cloud.role('keyless', [allow('sns:Publish', arn)]);
    const keyed = cloud.role('keyed', [
      allow('sns:Publish', arn),
      allow(['kms:Decrypt', 'kms:GenerateDataKey*'], key),
    ]);
    const as = (role: typeof keyed) =>
      new SNSClient(cloud.client(role)).send(new PublishCommand({ TopicArn: arn, Message: 'x' }));
    await expect(as(keyless)).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
      message: expect.stringContaining('kms:GenerateDataKey') as string,
    });
    await as(keyed);
    expect(messagesOf(arn)).toHaveLength(1);
  });
});

describe('a service of AWS', () => {
  const secureOnly = {
    Effect: 'Deny',
    Principal: '*',
    Action: 'sns:Publish',
    Resource: '*',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const letting = (Service: string) => ({
    Effect: 'Allow',
    Principal: { Service },
    Action: 'sns:Publish',
    Resource: '*',
  });
  const alarm = sns.publisher('cloudwatch.amazonaws.com');
  const rule = sns.publisher('events.amazonaws.com');

  it('publishes as far as the policy of the topic lets it', () => {
    const arn = topic({}, [secureOnly, letting('events.amazonaws.com')]);
    rule(arn, undefined, 'from a rule');
    expect(() => alarm(arn, 'ALARM', 'from an alarm')).toThrow(/cloudwatch.amazonaws.com is not authorized/);
    expect(messagesOf(arn)).toMatchObject([{ message: 'from a rule' }]);
  });

  it('is CloudWatch alone where the topic has no policy of its own', () => {
    const arn = topic();
    alarm(arn, 'ALARM', 'from an alarm');
    expect(() => rule(arn, undefined, 'from a rule')).toThrow(/events.amazonaws.com is not authorized/);
    expect(messagesOf(arn)).toMatchObject([{ subject: 'ALARM', message: 'from an alarm' }]);
  });

  it('cannot use the key that AWS manages', () => {
    const arn = topic({ KmsMasterKeyId: 'alias/aws/sns' }, [letting('events.amazonaws.com')]);
    expect(() => rule(arn, undefined, 'x')).toThrow(/alias\/aws\/sns/);
  });

  it('tells of a failure instead of throwing it, when asked to', () => {
    const failures: string[] = [];
    const told = sns.publisher('events.amazonaws.com', ({ code }) => failures.push(code));
    told(topic(), undefined, 'x');
    expect(failures).toEqual(['AuthorizationErrorException']);
  });
});

describe('topics', () => {
  it('are listed with attributes and subscriptions', async () => {
    const arn = topic({ DisplayName: 'Lifeboat dev' });
    const { Topics } = await client.send(new ListTopicsCommand({}));
    expect(Topics).toContainEqual({ TopicArn: arn });
    const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: arn }));
    expect(Attributes).toMatchObject({ DisplayName: 'Lifeboat dev', SubscriptionsConfirmed: '1' });
    const { Subscriptions } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: arn }));
    expect(Subscriptions).toMatchObject([
      { Protocol: 'email', Endpoint: 'oncall@company.com', TopicArn: arn },
    ]);
  });

  it('are refused with what is not imitated', () => {
    expect(() => topic({ FifoTopic: true })).toThrow(/FifoTopic/);
    expect(() =>
      create(resources, 'AWS::SNS::Subscription', {
        TopicArn: topic(),
        Protocol: 'lambda',
        Endpoint: 'arn:f',
      }),
    ).toThrow(/Protocol/);
  });
});
