import { describe, expect, it } from 'vitest';
import type { Input } from '../../../lambdas/watch-executions/contract.ts';
import { decide, heldOffUntil, noticeOf, summaryOf } from '../../../lambdas/watch-executions/decide.ts';
import { aLock, anExecution, anIncident, aRecord } from '../bucket.ts';

const machine = (name: string) =>
  `arn:aws:states:eu-central-1:111111111111:stateMachine:lifeboat-dev-${name}`;
const ended = (changes: Partial<Input['detail']> = {}): Input => ({
  detail: {
    executionArn: anExecution,
    stateMachineArn: machine('incident'),
    name: 'one',
    status: 'FAILED',
    ...changes,
  },
});
const ofIncident = (name: string) =>
  ended({
    stateMachineArn: machine(name),
    name: anIncident.id,
    executionArn: `arn:${name}`,
    status: 'TIMED_OUT',
  });

describe('an execution that ended badly', () => {
  it.each<[string, Input]>([
    ['its own lock, when it failed', ended()],
    ['its own lock, when it took too long', ended({ status: 'TIMED_OUT' })],
    ['its own lock, when it was stopped', ended({ status: 'ABORTED' })],
  ])('has left the lock: %s', (_, input) => {
    expect(decide(input, 'dev', aLock())).toMatchObject({ action: 'release' });
  });

  it.each<[string, Input, ReturnType<typeof aLock> | null]>([
    ['when it closed its incident', ended({ error: 'Escalated' }), aLock({ state: 'free' })],
    [
      "when a person's input was refused",
      ended({ error: 'InvalidInput', input: '{"scenario":"fire"}' }),
      null,
    ],
    ['when a person stopped it', ended({ status: 'ABORTED' }), null],
    ['when another execution holds the lock', ended({ executionArn: 'arn:other' }), aLock()],
    ['when it only told people', ofIncident('status-updates'), aLock()],
    ['when it was the runbook, whose incident waits for it', ofIncident('site-failover'), aLock()],
  ])('holds nothing %s', (_, input, lock) => {
    expect(decide(input, 'dev', lock)).toMatchObject({
      action: 'nothing',
      reason: expect.stringContaining('holds nothing'),
    });
  });

  it('is told when it could not open an incident and holds nothing', () => {
    expect(decide(ended({ error: 'NotOpened' }), 'dev', null)).toMatchObject({ action: 'tell' });
    expect(decide(ended({ error: 'NotOpened' }), 'dev', aLock())).toMatchObject({ action: 'release' });
    const another = aLock({ executionArn: 'arn:other' });
    expect(decide(ended({ error: 'NotOpened' }), 'dev', another)).toMatchObject({ action: 'tell' });
  });

  it.each<[string, Partial<Input['detail']>]>([
    ['an alarm that was refused', { error: 'InvalidInput', input: '{"detail-type":"CloudWatch Alarm …"}' }],
    ['a machine that broke', { error: 'States.Runtime' }],
    ['one that took too long before it opened anything', { status: 'TIMED_OUT' }],
  ])('is told where nobody else would tell it: %s', (_, detail) => {
    expect(decide(ended(detail), 'dev', null)).toMatchObject({ action: 'tell' });
  });
});

it.each(['SUCCEEDED', 'RUNNING'])('an execution that is %s is none of its business', (status) => {
  expect(decide(ended({ status }), 'dev', aLock())).toMatchObject({ action: 'nothing' });
});

it('says how it ended, with as much of the cause as fits', () => {
  expect(summaryOf(ended({ status: 'ABORTED', error: null, cause: 'stopped by me' }), 'dev')).toBe(
    'Execution one was stopped by somebody (ABORTED, stopped by me).',
  );
  expect(summaryOf(ended({ status: 'TIMED_OUT' }), 'dev')).toBe(
    'Execution one took longer than it may (TIMED_OUT).',
  );
  expect(summaryOf(ended({ cause: 'x'.repeat(30_000) }), 'dev').length).toBeLessThan(1_000);
});

describe('a stop by a person', () => {
  const stopped = ended({ status: 'ABORTED', stopDate: Date.UTC(2026, 10, 23, 4, 10) });

  it('holds off alarms for the cooldown, and says until when and how to lift that', () => {
    const until = heldOffUntil(stopped, aLock(), 3_600, Date.UTC(2026, 10, 23, 4, 12));
    expect(until).toBe('2026-11-23T05:10:00.000Z');
    expect(summaryOf(stopped, 'dev', until)).toBe(
      'Execution one was stopped by somebody (ABORTED). Until 2026-11-23T05:10:00.000Z no alarm starts another ' +
        'incident of dev. To lift that, start lifeboat-dev-incident yourself, or take heldOffUntil out of lock.json ' +
        'on the ledger.',
    );
  });

  it('counts from when it is heard of, where it does not say when it was', () => {
    const unsaid = ended({ status: 'ABORTED', stopDate: null });
    expect(heldOffUntil(unsaid, aLock(), 60, Date.UTC(2026, 10, 23))).toBe('2026-11-23T00:01:00.000Z');
  });

  it.each([
    ['a plan', stopped, aLock({ mode: 'plan' })],
    ['what failed by itself', ended(), aLock()],
    ['what took too long', ended({ status: 'TIMED_OUT' }), aLock()],
  ])('holds off nothing when it was %s', (_, input, lock) => {
    expect(heldOffUntil(input, lock, 3_600, 0)).toBeUndefined();
  });
});

describe('an execution that had closed its incident', () => {
  const free = aLock({ state: 'free' });

  it.each(['ABORTED', 'TIMED_OUT', 'FAILED'])('and then ended %s may not have told how', (status) => {
    expect(decide(ended({ status }), 'dev', free)).toMatchObject({ action: 'finish' });
  });

  it('is left alone when it has told, and when another has taken the lock since', () => {
    expect(decide(ended({ error: 'Escalated' }), 'dev', free)).toMatchObject({ action: 'nothing' });
    const another = aLock({ state: 'free', executionArn: 'arn:other' });
    expect(decide(ended({ status: 'ABORTED' }), 'dev', another)).toMatchObject({ action: 'nothing' });
  });
});

describe('the notice', () => {
  it('says what has changed, what has not, and what to do', () => {
    const record = aRecord({
      summary: 'It was stopped.',
      changed: [],
      unchanged: ['switch-dns: no'],
      nextSteps: ['Look.'],
    });
    const { subject, text } = noticeOf(ended(), 'dev', { reason: 'r', record });
    expect(subject).toBe(`[P0] ${anIncident.id}: a person is needed`);
    for (const part of [
      'It was stopped.',
      'What has changed:\n- nothing',
      '- switch-dns: no',
      '- Look.',
      anExecution,
    ]) {
      expect(text).toContain(part);
    }
  });

  it('says what it can without a record', () => {
    const { subject, text } = noticeOf(ended(), 'dev', {
      reason: 'the ledger does not answer',
      record: null,
    });
    expect(subject).toContain('dev');
    expect(text).toContain('the ledger does not answer');
    expect(text).toContain('{"scenario":"site-failure"}');
  });

  it('says PLAN for a plan', () => {
    const record = aRecord({ ref: { ...anIncident, mode: 'plan' } });
    expect(noticeOf(ended(), 'dev', { reason: 'r', record }).subject).toMatch(/^PLAN /);
  });
});
