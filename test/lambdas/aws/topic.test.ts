import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { publishToTopic, subjectLine } from '../../../lambdas/aws/topic.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const sns = mockClient(SNSClient);
const published = () => sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);

const parts = () => JSON.parse(published()[0]!.Message!) as { default: string; sms: string };

beforeEach(() => {
  deploy({});
  sns.reset();
  sns.on(PublishCommand).resolves({});
});

it('publishes subject, text and attributes', async () => {
  await publishToTopic('arn:oncall', { subject: 'hello', text: 'world', attributes: { severity: 'P0' } });
  expect(published()).toEqual([
    {
      TopicArn: 'arn:oncall',
      Subject: 'hello',
      MessageStructure: 'json',
      Message: JSON.stringify({ default: 'world', sms: 'hello\nworld' }),
      MessageAttributes: { severity: { DataType: 'String', StringValue: 'P0' } },
    },
  ]);
});

it('cuts a text that SNS would refuse, within a character never, and says so', async () => {
  await publishToTopic('arn:oncall', { subject: 'long', text: 'ä€'.repeat(100_000) });
  expect(Buffer.byteLength(published()[0]!.Message!)).toBeLessThan(256 * 1024);
  expect(parts().default).toMatch(/(ä€)+ä?\n\(cut: 500000 bytes are more than a notice may have\)$/);
});

it('stays within what SNS takes when every character has to be escaped', async () => {
  await publishToTopic('arn:oncall', { subject: 'long', text: '"\n'.repeat(200_000) });
  expect(Buffer.byteLength(published()[0]!.Message!)).toBeLessThan(256 * 1024);
});

it('sends to telephones what a text message can hold: SNS drops one above 1,600 characters', async () => {
  await publishToTopic('arn:oncall', {
    subject: '[P0] dev-1: a person is needed',
    text: 'why '.repeat(1_000),
  });
  const { sms } = parts();
  expect(sms.length).toBeLessThan(800);
  expect(sms).toMatch(
    /^\[P0\] dev-1: a person is needed\nwhy why .*\n\(cut: 4031 bytes; the rest is in the e-mail\)$/s,
  );
});

it('throws what SNS answers', async () => {
  sns.on(PublishCommand).rejects(awsError('NotFound', 'no such topic', 404));
  await expect(publishToTopic('arn:x', { subject: 'a', text: 'b' })).rejects.toMatchObject({
    name: 'NotFound',
  });
});

it('makes every subject one that SNS takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (subject) => {
      expect(subjectLine(subject)).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,98}$/);
    }),
  );
  expect(subjectLine('two\nlines  and\ttabs')).toBe('two lines and tabs');
  expect(subjectLine('x'.repeat(100))).toBe(`${'x'.repeat(96)}...`);
  expect(subjectLine(' ')).toBe('Lifeboat');
});
