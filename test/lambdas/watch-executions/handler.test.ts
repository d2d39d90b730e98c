import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input } from '../../../lambdas/watch-executions/contract.ts';
import { handler } from '../../../lambdas/watch-executions/handler.ts';
import { aLock, anExecution, anIncident, duringAnIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const sns = mockClient(SNSClient);
const stopped: Input = {
  detail: {
    executionArn: anExecution,
    stateMachineArn: 'arn:aws:states:eu-central-1:111111111111:stateMachine:lifeboat-dev-incident',
    name: 'one',
    status: 'ABORTED',
  },
};
const told = () => sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  deploy({ environment: 'dev', ledgerBucket: 'ledger', topics: { oncall: 'arn:oncall' } });
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
    summary: 'Execution one was stopped by somebody (ABORTED).',
    notices: [{ kind: 'escalation', channel: 'sns', audience: 'oncall', key: 'escalation', delivered: true }],
  });
  expect(told()).toMatchObject([
    { TopicArn: 'arn:oncall', Subject: `[P0] ${anIncident.id}: a person is needed` },
  ]);
});

it('changes nothing the second time', async () => {
  const bucket = startBucket(duringAnIncident());
  await handler(stopped);
  const record = bucket.record(anIncident.id);
  expect(await handler(stopped)).toMatchObject({ action: 'nothing' });
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
    channel: 'sns',
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
