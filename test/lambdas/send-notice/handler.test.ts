import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { forgetSecretToken } from '../../../lambdas/aws/secret-token.ts';
import type { NoticeKind } from '../../../lambdas/incident/contract.ts';
import type { Settings } from '../../../lambdas/send-notice/contract.ts';
import { handler } from '../../../lambdas/send-notice/handler.ts';
import { anIncident, duringAnIncident, startBucket, type Bucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';
import { startSlack, type FakeSlack } from '../fake-slack.ts';

const sns = mockClient(SNSClient);
const secrets = mockClient(SecretsManagerClient);
const topic = (audience: string) => `arn:aws:sns:eu-central-1:111111111111:lifeboat-dev-${audience}`;
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  application: 'erlmcp',
  publicName: 'erlmcp.company.com',
  topics: {
    oncall: topic('oncall'),
    management: topic('management'),
    customers: topic('customers'),
    partners: topic('partners'),
  },
  slack: { channel: 'C0INCIDENTS', tokenSecret: 'lifeboat/dev/slack' },
  contacts: { oncall: ['John Doe'], management: ['CTO'], customers: ['support'], partners: ['partners'] },
};
let bucket: Bucket;
let slack: FakeSlack;
const send = (kind: NoticeKind, detail?: string) =>
  handler({ incident: anIncident, kind, ...(detail === undefined ? {} : { detail }) });
const mails = () => sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);
const notices = () => bucket.record(anIncident.id).notices;

beforeEach(() => {
  deploy(settings);
  forgetSecretToken('lifeboat/dev/slack');
  bucket = startBucket(duringAnIncident());
  slack = startSlack('xoxb-1');
  sns.reset();
  sns.on(PublishCommand).resolves({});
  secrets.reset();
  secrets
    .on(GetSecretValueCommand, { SecretId: 'lifeboat/dev/slack' })
    .resolves({ SecretString: 'xoxb-1\n' });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(anIncident.startedAt) });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('a notice', () => {
  it('goes to every audience by its topic and to Slack, and is on the record', async () => {
    expect(await send('opened')).toEqual({ sent: 5, failed: 0, open: true });
    expect(mails().map(({ TopicArn }) => TopicArn)).toEqual(Object.values(settings.topics));
    expect(mails()[0]).toMatchObject({
      Subject: `[P0] ${anIncident.id}: recovery started`,
      MessageAttributes: { severity: { StringValue: 'P0' }, kind: { StringValue: 'opened' } },
    });
    expect(slack.posts).toMatchObject([
      { channel: 'C0INCIDENTS', text: expect.stringContaining('*[P0] dev-') },
    ]);
    expect(notices()).toHaveLength(5);
    expect(notices()[4]).toEqual({
      at: anIncident.startedAt,
      kind: 'opened',
      channel: 'slack',
      audience: 'oncall',
      subject: `[P0] ${anIncident.id}: recovery started`,
      key: 'opened',
      delivered: true,
    });
  });

  it('is not sent again by a retry', async () => {
    await send('opened');
    expect(await send('opened')).toEqual({ sent: 0, failed: 0, open: true });
    expect(mails()).toHaveLength(4);
    expect(slack.posts).toHaveLength(1);
  });

  it('is in the thread of its incident, and its end is shown in the channel', async () => {
    await send('opened');
    vi.setSystemTime(Date.parse(anIncident.startedAt) + 900_000);
    await send('update');
    await send('recovered', 'The standby serves.');
    const root = bucket.record(anIncident.id).slackThread;
    expect(root).toBe('1700000000.000001');
    expect(slack.posts.slice(1)).toMatchObject([
      { thread_ts: root, reply_broadcast: false },
      { thread_ts: root, reply_broadcast: true },
    ]);
  });

  it('of another start is on Slack only, and begins no thread', async () => {
    expect(await send('joined', 'an alarm joins')).toEqual({ sent: 1, failed: 0, open: true });
    expect(mails()).toEqual([]);
    expect(bucket.record(anIncident.id)).not.toHaveProperty('slackThread');
  });

  it('of an incident that is over is no update', async () => {
    bucket = startBucket(duringAnIncident({ state: 'closed' }));
    expect(await send('update')).toEqual({ sent: 0, failed: 0, open: false });
    expect(mails()).toEqual([]);
    expect(await send('recovered')).toMatchObject({ sent: 5, open: false });
  });

  it('goes without Slack where there is none', async () => {
    deploy({ ...settings, slack: undefined });
    expect(await send('opened')).toMatchObject({ sent: 4, failed: 0 });
    expect(slack.asked).toBe(0);
  });
});

describe('a channel that fails', () => {
  it.each([
    [
      'a topic',
      () => sns.on(PublishCommand, { TopicArn: topic('partners') }).rejects(awsError('NotFound', 'no topic')),
      'NotFound: no topic',
    ],
    ['Slack', () => slack.instead.push(() => new Response('', { status: 503 })), 'Error: Slack answered 503'],
    [
      'the secret',
      () => secrets.on(GetSecretValueCommand).rejects(awsError('AccessDeniedException', 'no')),
      'AccessDeniedException: no',
    ],
    [
      'an empty secret',
      () => secrets.on(GetSecretValueCommand).resolves({ SecretString: '{}' }),
      'Error: secret lifeboat/dev/slack holds no token',
    ],
  ])(
    'is on the record, keeps no other from being used, and is not thrown: %s',
    async (_, breakIt, failure) => {
      breakIt();
      expect(await send('opened')).toEqual({ sent: 4, failed: 1, open: true });
      expect(notices().filter(({ delivered }) => !delivered)).toMatchObject([{ failure }]);
    },
  );

  it('is tried again by the next try, and only that one', async () => {
    slack.instead.push(() => new Response('', { status: 503 }));
    await send('opened');
    expect(await send('opened')).toMatchObject({ sent: 1, failed: 0 });
    expect(mails()).toHaveLength(4);
    expect(bucket.record(anIncident.id).slackThread).toBe('1700000000.000001');
  });
});

describe('the token', () => {
  it('is read once while the function is warm', async () => {
    await send('opened');
    await send('recovered');
    expect(secrets.commandCalls(GetSecretValueCommand)).toHaveLength(1);
  });

  it('may be JSON', async () => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString: '{"token":"xoxb-1"}' });
    expect(await send('opened')).toMatchObject({ failed: 0 });
  });

  it('is read again after Slack has refused it', async () => {
    await send('opened');
    slack.token = 'xoxb-2';
    secrets.on(GetSecretValueCommand).resolves({ SecretString: 'xoxb-2' });
    expect(await send('escalation')).toMatchObject({ failed: 1 });
    expect(await send('escalation')).toEqual({ sent: 1, failed: 0, open: true });
  });
});

describe('a ledger that does not answer', () => {
  it('keeps nobody uninformed, and lets the updates go on', async () => {
    bucket.fail('get', 'incidents/', awsError('InternalError', 'dark', 500), { times: Infinity });
    expect(await send('escalation', 'the ledger is dark')).toEqual({ sent: 5, failed: 0, open: true });
    expect(mails()[0]?.Message).toContain('the ledger is dark');
  });

  it('may fail after the sending', async () => {
    bucket.fail('put', 'incidents/', awsError('AccessDenied', 'no', 403));
    expect(await send('opened')).toEqual({ sent: 5, failed: 0, open: true });
    expect(notices()).toEqual([]);
  });

  it('may lose the answer, and has each notice once', async () => {
    bucket.fail('put', 'incidents/', awsError('PreconditionFailed', '', 412), { after: true });
    await send('opened');
    expect(notices()).toHaveLength(5);
  });
});
