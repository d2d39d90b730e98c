import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sendByEmail } from '../../../../lambdas/communication/channels/email.ts';
import { sendBySms } from '../../../../lambdas/communication/channels/sms.ts';
import type { ChannelSettings, Content, Delivery } from '../../../../lambdas/communication/contract.ts';
import type { Audience } from '../../../../lambdas/incident/contract.ts';
import { awsError, deploy, incident } from '../../memory-ledger.ts';
import { openRecord, start } from '../routing.ts';

const sns = mockClient(SNSClient);
const ses = mockClient(SESv2Client);
const published = () => sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);
const mailed = () => ses.commandCalls(SendEmailCommand).map(({ args }) => args[0].input);
const signal = new AbortController().signal;

const content: Content = {
  subject: 'erlmcp: service <interruption>',
  short: 'It is interrupted.',
  facts: [['Incident ID', incident.id]],
  sections: [{ title: 'Issue', body: 'a <b>bold</b> claim & more' }],
  links: [],
  tone: 'trouble',
};

function delivery(audience: Audience, channel: 'email' | 'sms'): Delivery {
  return {
    incident,
    record: openRecord(),
    message: { kind: 'opened', channel, audience, key: 'opened', content },
    now: start,
  };
}

const topics = { 'customers-enterprise': 'arn:enterprise', oncall: 'arn:oncall' };
const addresses = ['a@company.com', 'b@company.com'];
const withSes: ChannelSettings['email'] = {
  topics,
  ses: { from: 'lifeboat@company.com', to: { 'customers-enterprise': addresses } },
};

beforeEach(() => {
  deploy({});
  sns.reset();
  ses.reset();
  sns.on(PublishCommand).resolves({});
  ses.on(SendEmailCommand).resolves({});
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

describe('a mail', () => {
  it('goes by the topic of its audience where there is no SES', async () => {
    await sendByEmail({ topics })(delivery('oncall', 'email'), signal);
    expect(published()).toMatchObject([
      {
        TopicArn: 'arn:oncall',
        Subject: content.subject,
        MessageAttributes: { kind: { StringValue: 'opened' } },
      },
    ]);
    expect(mailed()).toEqual([]);
  });

  it('goes by SES in both shapes, one to each address, so that readers do not see each other', async () => {
    await sendByEmail(withSes)(delivery('customers-enterprise', 'email'), signal);
    expect(mailed().map(({ Destination: to }) => to?.ToAddresses)).toEqual(addresses.map((each) => [each]));
    const simple = mailed()[0]?.Content?.Simple;
    expect(simple?.Body?.Text?.Data).toContain('a <b>bold</b> claim & more');
    expect(simple?.Body?.Html?.Data).toContain('a &lt;b&gt;bold&lt;/b&gt; claim &amp; more');
    expect(simple?.Headers).toEqual([{ Name: 'References', Value: `<${incident.id}@company.com>` }]);
    expect(published()).toEqual([]);
  });

  it('goes by the topic when SES takes none', async () => {
    ses.on(SendEmailCommand).rejects(awsError('SendingPausedException'));
    expect(await sendByEmail(withSes)(delivery('customers-enterprise', 'email'), signal)).toEqual({});
    expect(published()).toMatchObject([{ TopicArn: 'arn:enterprise' }]);
  });

  it('goes once more to those who got none, and to nobody twice', async () => {
    let calls = 0;
    ses.on(SendEmailCommand).callsFake(({ Destination: to }: { Destination: { ToAddresses: string[] } }) => {
      if (to.ToAddresses[0] === 'b@company.com' && ++calls === 1) throw awsError('TooManyRequestsException');
      return {};
    });
    expect(await sendByEmail(withSes)(delivery('customers-enterprise', 'email'), signal)).toEqual({});
    expect(mailed().flatMap(({ Destination: to }) => to?.ToAddresses)).toEqual([
      ...addresses,
      'b@company.com',
    ]);
    expect(published()).toEqual([]);
  });

  it('says who got none in the end, and is not sent again for the others', async () => {
    ses.on(SendEmailCommand).callsFake(({ Destination: to }: { Destination: { ToAddresses: string[] } }) => {
      if (to.ToAddresses[0] === 'b@company.com') throw awsError('MessageRejected', 'not verified');
      return {};
    });
    expect(await sendByEmail(withSes)(delivery('customers-enterprise', 'email'), signal)).toEqual({
      shortfall: '1 of 2 addresses got no mail: MessageRejected: not verified',
    });
  });

  it.each([
    ['ThrottledException', 429, true],
    ['InternalErrorException', 500, true],
    ['NotFoundException', 404, false],
    ['AuthorizationErrorException', 403, false],
  ])('that SNS refuses with %s may be tried again: %s, %s', async (name, status, again) => {
    sns.on(PublishCommand).rejects(awsError(name, 'no', status));
    const sent = sendByEmail({ topics })(delivery('oncall', 'email'), signal);
    await expect(sent).rejects.toMatchObject({ name: 'ChannelFailure', again });
  });

  it('to an audience without a topic is refused for good', async () => {
    await expect(sendByEmail({ topics })(delivery('partners', 'email'), signal)).rejects.toMatchObject({
      again: false,
      message: 'there is no topic with mails for partners',
    });
  });
});

describe('a text message', () => {
  it('goes by a topic of its own, short enough to be read on a lock screen', async () => {
    await sendBySms({ topics })(delivery('oncall', 'sms'), signal);
    const { sms } = JSON.parse(published()[0]?.Message ?? '{}') as { sms: string };
    expect(sms).toMatch(/^erlmcp: service <interruption>\nIt is interrupted\./);
    expect(Buffer.byteLength(sms)).toBeLessThanOrEqual(700);
  });

  it('to an audience without telephones is refused for good', async () => {
    const sent = sendBySms({ topics })(delivery('management', 'sms'), signal);
    await expect(sent).rejects.toMatchObject({ again: false });
  });
});
