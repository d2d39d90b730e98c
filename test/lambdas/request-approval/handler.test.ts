import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { forgetSecretToken } from '../../../lambdas/aws/secret-token.ts';
import { readSignedLink } from '../../../lambdas/incident/signed-link.ts';
import type { Approval, Input, Settings } from '../../../lambdas/request-approval/contract.ts';
import { handler } from '../../../lambdas/request-approval/handler.ts';
import { anIncident, duringAnIncident, startBucket, type Bucket } from '../bucket.ts';
import { startSlack, type FakeSlack } from '../fake-slack.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const sns = mockClient(SNSClient);
const secrets = mockClient(SecretsManagerClient);
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  application: 'erlmcp',
  answerUrl: 'https://abc.lambda-url.eu-central-1.on.aws/',
  signingSecret: 'lifeboat/dev/approvals',
  topics: { oncall: 'arn:oncall' },
  slack: { channel: 'C0INCIDENTS', tokenSecret: 'lifeboat/dev/slack' },
};
const key = `approvals/${anIncident.id}/promotion.json`;
const input = (changes: Partial<Input> = {}): Input => ({
  incident: anIncident,
  gate: 'promotion',
  question: 'Shall the standby take over?\n- erlmcp: 4 s of writes would be lost.',
  evidence: 'replica lag 4 s <at 04:05>',
  taskToken: 'token-of-the-waiting-state',
  timeoutSeconds: 1_800,
  ...changes,
});
let bucket: Bucket;
let slack: FakeSlack;
let logged: string;
const approval = () => bucket.read<Approval>(key);
const mails = () =>
  sns
    .commandCalls(PublishCommand)
    .map(({ args }) => (JSON.parse(args[0].input.Message ?? '{}') as { default: string }).default);

beforeEach(() => {
  deploy(settings);
  forgetSecretToken('lifeboat/dev/slack');
  forgetSecretToken('lifeboat/dev/approvals');
  bucket = startBucket(duringAnIncident());
  slack = startSlack('xoxb-1');
  sns.reset();
  sns.on(PublishCommand).resolves({});
  secrets.reset();
  secrets.on(GetSecretValueCommand, { SecretId: 'lifeboat/dev/slack' }).resolves({ SecretString: 'xoxb-1' });
  secrets
    .on(GetSecretValueCommand, { SecretId: 'lifeboat/dev/approvals' })
    .resolves({ SecretString: 'the-signing-key' });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T04:10:00.000Z') });
  logged = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    logged += String(text);
    return true;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('keeps the question, notes it on the incident, and asks on-call by mail and on Slack', async () => {
  expect(await handler(input())).toBeNull();
  expect(approval()).toMatchObject({
    state: 'asked',
    taskToken: 'token-of-the-waiting-state',
    expiresAt: '2026-11-23T04:40:00.000Z',
  });
  expect(bucket.record(anIncident.id)).toMatchObject({
    pending: [{ gate: 'promotion', expiresAt: '2026-11-23T04:40:00.000Z' }],
    timeline: [{ actor: 'request-approval', event: 'asks a person about the promotion' }],
    notices: [
      { kind: 'approval', channel: 'sns', audience: 'oncall', delivered: true },
      { kind: 'approval', channel: 'slack', audience: 'oncall', delivered: true },
    ],
  });
  expect(slack.posts).toHaveLength(1);
});

it('says what is asked and why, until when, what happens without an answer, and both ways to answer', async () => {
  await handler(input());
  const [mail = ''] = mails();
  for (const part of [
    'Answer by 2026-11-23 04:40:00 UTC, in 30 min. If nobody does, nothing is done, and the automation stops.',
    'Question (promotion):\nShall the standby take over?\n- erlmcp: 4 s of writes would be lost.',
    'Evidence:\nreplica lag 4 s <at 04:05>',
    `npm run approve -- --env dev --incident ${anIncident.id} --gate promotion --decision approve --reason "why"`,
    `npm run approve -- --env dev --incident ${anIncident.id} --gate promotion --decision reject --reason "why"`,
  ]) {
    expect(mail).toContain(part);
  }
  const links = (mail.match(/https:\S+/g) ?? []).map((url) =>
    readSignedLink('the-signing-key', 'dev', new URL(url).search.slice(1)),
  );
  expect(links).toMatchObject([{ decision: 'approve' }, { decision: 'reject' }]);
  expect(links[0]).toMatchObject({ incident: anIncident.id, gate: 'promotion', expires: 1_795_408_800 });
});

it('tells nobody the token, nor the key', async () => {
  await handler(input());
  const said = [
    logged,
    ...mails(),
    JSON.stringify(slack.posts),
    JSON.stringify(bucket.record(anIncident.id)),
  ];
  expect(said.join()).not.toMatch(/token-of-the-waiting-state|the-signing-key/);
});

it('asks nobody twice when its state is tried again, and keeps the new token', async () => {
  await handler(input());
  await handler(input({ taskToken: 'second' }));
  await handler(input({ taskToken: 'second' }));
  expect(approval().taskToken).toBe('second');
  expect(mails()).toHaveLength(1);
  expect(bucket.record(anIncident.id).timeline).toHaveLength(1);
});

it('asks by the command line alone where there is no address to answer at, or no key', async () => {
  deploy({ ...settings, answerUrl: undefined });
  await handler(input());
  deploy(settings);
  secrets.on(GetSecretValueCommand, { SecretId: 'lifeboat/dev/approvals' }).rejects(awsError('AccessDenied'));
  await handler(input({ gate: 'restore' }));
  expect(mails()).toHaveLength(2);
  for (const mail of mails()) {
    expect(mail).toContain('npm run approve');
    expect(mail).not.toContain('https:');
  }
});

it('is content with one way that reaches somebody, and fails when none does', async () => {
  sns.on(PublishCommand).rejects(awsError('ThrottlingException'));
  expect(await handler(input())).toBeNull();
  slack.token = 'revoked';
  await expect(handler(input({ gate: 'restore' }))).rejects.toMatchObject({
    name: 'TryAgain',
    message: expect.stringContaining('nobody could be asked about the restore: sns: ThrottlingException'),
  });
});

it('leaves a question that was answered meanwhile alone', async () => {
  await handler(input());
  const answered = { ...approval(), state: 'approved' };
  bucket.write(key, answered);
  await handler(input());
  expect(approval()).toEqual(answered);
  expect(mails()).toHaveLength(1);
});
