import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input as Notify } from '../../../lambdas/send-notice/contract.ts';
import type { Input, Settings } from '../../../lambdas/watch-executions/contract.ts';
import { handler } from '../../../lambdas/watch-executions/handler.ts';
import { aLock, anExecution, anIncident, duringAnIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const sns = mockClient(SNSClient);
const functions = mockClient(LambdaClient);
const stopped: Input = {
  detail: {
    executionArn: anExecution,
    stateMachineArn: 'arn:aws:states:eu-central-1:111111111111:stateMachine:lifeboat-dev-incident',
    name: 'one',
    status: 'ABORTED',
    stopDate: Date.UTC(2026, 10, 23, 4, 10),
  },
};
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  topics: ['arn:oncall'],
  cooldownSeconds: 3_600,
  sendNotice: { region: 'eu-central-1', functionName: 'lifeboat-dev-send-notice' },
};
/** What send-notice was asked to tell. */
const others = () =>
  functions
    .commandCalls(InvokeCommand)
    .map(({ args }) => JSON.parse(Buffer.from(args[0].input.Payload as Uint8Array).toString()) as Notify);
const answerOfSendNotice = () =>
  Promise.resolve({ Payload: Buffer.from('{"sent":4,"failed":0,"open":false}') });
const told = () => sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  deploy(settings);
  functions.reset();
  functions.on(InvokeCommand).callsFake(answerOfSendNotice);
  sns.reset();
  sns.on(PublishCommand).resolves({});
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

it('escalates the incident, tells on-call and frees the lock', async () => {
  const bucket = startBucket(duringAnIncident());
  expect(await handler(stopped)).toMatchObject({ action: 'released' });
  expect(bucket.lock()).toMatchObject({ state: 'free', epoch: 3 });
  expect(bucket.record(anIncident.id)).toMatchObject({
    state: 'escalated',
    summary: expect.stringMatching(
      /^Execution one was stopped by somebody \(ABORTED\)\. Until 2026-11-23T05:10:00\.000Z no alarm starts another/,
    ),
    notices: [
      { kind: 'escalation', channel: 'email', audience: 'oncall', key: 'escalation', delivered: true },
    ],
  });
  expect(told()).toMatchObject([
    { TopicArn: 'arn:oncall', Subject: `[P0] ${anIncident.id}: a person is needed` },
  ]);
  expect(others()).toMatchObject([{ incident: anIncident, kind: 'escalation' }]);
});

it('rings the telephones of on-call where there are some, and is content with one way', async () => {
  deploy({ ...settings, topics: ['arn:oncall', 'arn:oncall-sms'] });
  const bucket = startBucket(duringAnIncident());
  sns.on(PublishCommand, { TopicArn: 'arn:oncall' }).rejects(awsError('AuthorizationError', 'no', 403));
  expect(await handler(stopped)).toMatchObject({ action: 'released' });
  expect(bucket.record(anIncident.id).notices).toMatchObject([
    { channel: 'email', delivered: false },
    { channel: 'sms', delivered: true },
  ]);
});

it('holds off alarms for the cooldown after a stop, and says so', async () => {
  const bucket = startBucket(duringAnIncident());
  await handler(stopped);
  expect(bucket.lock()).toMatchObject({ state: 'free', heldOffUntil: '2026-11-23T05:10:00.000Z' });
  expect(told()[0]?.Message).toContain(
    'Until 2026-11-23T05:10:00.000Z no alarm starts another incident of dev',
  );
});

it('holds off nothing after a timeout', async () => {
  const bucket = startBucket(duringAnIncident());
  await handler({ detail: { ...stopped.detail, status: 'TIMED_OUT' } });
  expect(bucket.lock()).not.toHaveProperty('heldOffUntil');
});

describe('an incident that was closed, and whose execution ended before it had told so', () => {
  const closed = (outcome: 'recovered' | 'escalated' | 'planned') =>
    duringAnIncident(
      { state: outcome === 'escalated' ? 'escalated' : 'closed', outcome, summary: 'The standby serves.' },
      { state: 'free' },
    );

  it.each([
    ['recovered', 'recovered'],
    ['escalated', 'escalation'],
  ] as const)('is told as %s to everybody who has not heard', async (outcome, kind) => {
    const bucket = startBucket(closed(outcome));
    expect(await handler(stopped)).toMatchObject({ action: 'told' });
    expect(others()).toEqual([{ incident: anIncident, kind, detail: 'The standby serves.' }]);
    expect(bucket.lock()).toEqual(aLock({ state: 'free' }));
    expect(told()).toEqual([]);
  });

  it('is told to nobody when it was a plan', async () => {
    startBucket(closed('planned'));
    expect(await handler(stopped)).toMatchObject({ action: 'nothing' });
    expect(others()).toEqual([]);
  });

  it('wants the event again when send-notice does not answer', async () => {
    startBucket(closed('recovered'));
    functions.on(InvokeCommand).rejects(awsError('ServiceException', 'dark', 500));
    await expect(handler(stopped)).rejects.toMatchObject({ name: 'TryAgain' });
  });
});

it('frees the lock before it tells the others, and tells them when the event comes again', async () => {
  const bucket = startBucket(duringAnIncident());
  functions
    .on(InvokeCommand)
    .rejectsOnce(awsError('ServiceException', 'dark', 500))
    .resolves({});
  await expect(handler(stopped)).rejects.toMatchObject({ name: 'TryAgain' });
  expect(bucket.lock().state).toBe('free');
  functions.on(InvokeCommand).callsFake(answerOfSendNotice);
  expect(await handler(stopped)).toMatchObject({ action: 'told' });
  expect(told()).toHaveLength(1);
});

it('changes nothing the second time', async () => {
  const bucket = startBucket(duringAnIncident());
  await handler(stopped);
  const record = bucket.record(anIncident.id);
  expect(await handler(stopped)).toMatchObject({ action: 'told' });
  expect(bucket.record(anIncident.id)).toEqual(record);
  expect(told()).toHaveLength(1);
});

it.each([
  ['the incident was told to on-call before', { state: 'escalated', outcome: 'escalated' } as const, 1],
  [
    'the incident had recovered',
    { state: 'closed', outcome: 'recovered', closedAt: '2026-11-23T04:05:00.000Z' } as const,
    0,
  ],
])('only frees the lock when %s', async (_, record, notices) => {
  const notice = {
    at: '',
    kind: 'escalation',
    channel: 'email',
    audience: 'oncall',
    subject: '',
    delivered: true,
  } as const;
  const bucket = startBucket(duringAnIncident({ ...record, notices: notices > 0 ? [notice] : [] }));
  expect(await handler(stopped)).toMatchObject({ action: 'released' });
  expect(bucket.record(anIncident.id).timeline).toEqual([]);
  expect(bucket.lock().state).toBe('free');
  expect(bucket.lock().lastRecoveryAt).toBe('closedAt' in record ? record.closedAt : undefined);
  expect(told()).toEqual([]);
});

it('frees the lock of an incident that never came on record', async () => {
  const bucket = startBucket({ 'lock.json': aLock() });
  expect(await handler(stopped)).toMatchObject({ action: 'released' });
  expect(bucket.lock().state).toBe('free');
  expect(told()).toHaveLength(1);
});

it('leaves an execution alone that holds nothing', async () => {
  const bucket = startBucket(duringAnIncident({}, { executionArn: 'arn:other' }));
  expect(await handler(stopped)).toMatchObject({ action: 'nothing' });
  expect(bucket.lock().state).toBe('held');
  expect(told()).toEqual([]);
});

it('tells on-call of an incident that could not be opened', async () => {
  startBucket();
  await handler({ detail: { ...stopped.detail, status: 'FAILED', error: 'NotOpened', cause: 'S3 is gone' } });
  expect(told()[0]?.Message).toContain('could not open an incident');
});

describe('when something else is broken', () => {
  it('frees the lock although the topic fails, and keeps that on record', async () => {
    const bucket = startBucket(duringAnIncident());
    sns.on(PublishCommand).rejects(awsError('AuthorizationError', 'no', 403));
    expect(await handler(stopped)).toMatchObject({ action: 'released' });
    expect(bucket.lock().state).toBe('free');
    expect(bucket.record(anIncident.id).notices).toMatchObject([
      { delivered: false, failure: 'AuthorizationError: no' },
    ]);
  });

  it('wants the event again when there was only somebody to tell, and nobody could be told', async () => {
    startBucket();
    sns.on(PublishCommand).rejects(awsError('InternalError', 'dark', 500));
    await expect(
      handler({ detail: { ...stopped.detail, status: 'FAILED', error: 'NotOpened' } }),
    ).rejects.toMatchObject({ name: 'TryAgain', message: expect.stringContaining('nobody could be told') });
  });

  it('tells on-call although the ledger does not answer, and wants the event again', async () => {
    startBucket().fail('get', 'lock.json', awsError('InternalError', 'dark', 500));
    await expect(handler(stopped)).rejects.toMatchObject({ name: 'TryAgain' });
    expect(told()[0]?.Message).toContain('the ledger does not answer');
  });

  it('finishes what a crash before the release has left', async () => {
    const bucket = startBucket(duringAnIncident());
    bucket.fail('put', 'lock.json', awsError('InternalError', '', 500));
    await expect(handler(stopped)).rejects.toMatchObject({ name: 'TryAgain' });
    expect(await handler(stopped)).toMatchObject({ action: 'released' });
    expect(bucket.record(anIncident.id).timeline).toHaveLength(1);
    expect(told()).toHaveLength(1);
  });
});
