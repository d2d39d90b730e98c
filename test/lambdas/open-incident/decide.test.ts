import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { End } from '../../../lambdas/aws/execution.ts';
import type { Lock } from '../../../lambdas/incident/lock.ts';
import type { SwitchState } from '../../../lambdas/incident/switch.ts';
import {
  decide,
  incidentId,
  incidentRef,
  nextEpoch,
  type SeenEvent,
} from '../../../lambdas/open-incident/decide.ts';
import { parseRequest } from '../../../lambdas/open-incident/request.ts';
import { aLock, anExecution } from '../bucket.ts';
import { alarmEvent, settings } from './settings.ts';

const now = Date.UTC(2026, 10, 23, 4, 0, 12);
const person = (more: object = {}) => parseRequest({ scenario: 'site-failure', ...more }, settings, now);
const alarm = (changes: Parameters<typeof alarmEvent>[0] = {}) =>
  parseRequest(alarmEvent(changes), settings, now);
const other = `${anExecution}-other`;
const held = aLock({ executionArn: other });
const seenBy = (incidentId: string): SeenEvent => ({ incidentId, executionArn: other, at: '' });
const recovered = (secondsAgo: number): Lock =>
  aLock({
    state: 'free',
    executionArn: other,
    lastRecoveryAt: new Date(now - secondsAgo * 1_000).toISOString(),
  });
const onPrimary: SwitchState = { site: 'primary', epoch: 0, incidentId: '', changedAt: '' };
const onStandby: SwitchState = { site: 'standby', epoch: 3, incidentId: 'dev-1', changedAt: '2026-11-20' };
const when = (
  request: ReturnType<typeof person>,
  situation: {
    lock?: Lock | null;
    event?: SeenEvent | null;
    traffic?: SwitchState;
    holderEnd?: End | null;
  } = {},
) =>
  decide(
    request,
    { lock: null, event: null, traffic: onPrimary, holderEnd: null, now, ...situation },
    anExecution,
    settings,
  );

describe('a start is taken', () => {
  it.each<[string, ReturnType<typeof when>]>([
    ['when there has never been a lock', when(alarm())],
    ['when the lock is free', when(alarm(), { lock: aLock({ state: 'free', executionArn: other }) })],
    [
      'when the alarm changed just in time',
      when(alarm({ timestamp: new Date(now - 600_000).toISOString() })),
    ],
    ['when the last recovery is longer ago than the cooldown', when(alarm(), { lock: recovered(3_600) })],
    ['when a person wants it within the cooldown', when(person(), { lock: recovered(10) })],
    ['when a person wants it while the traffic is on the standby', when(person(), { traffic: onStandby })],
  ])('%s', (_, decision) => {
    expect(decision).toMatchObject({ action: 'take', reason: expect.stringMatching(/^opened by /) });
    expect(decision).not.toHaveProperty('takenFrom');
  });

  it('from a lock that has expired, and says from whom', () => {
    const lock = aLock({ executionArn: other, expiresAt: new Date(now).toISOString() });
    expect(when(alarm(), { lock })).toMatchObject({
      action: 'take',
      takenFrom: lock.incidentId,
      reason: expect.stringContaining(`expired at ${lock.expiresAt}`),
    });
  });

  it('from an execution that is over and did not give it back', () => {
    expect(when(alarm(), { lock: held, holderEnd: { status: 'FAILED', at: null } })).toMatchObject({
      action: 'take',
      takenFrom: held.incidentId,
      reason: expect.stringContaining(`the execution of ${held.incidentId} ended and left its lock behind`),
    });
  });

  it('from a plan, which changes nothing, for a real failure', () => {
    const lock = aLock({ executionArn: other, mode: 'plan' });
    expect(when(alarm(), { lock })).toMatchObject({ action: 'take', takenFrom: lock.incidentId });
    expect(when(person({ mode: 'plan' }), { lock })).toMatchObject({ action: 'join' });
  });
});

describe('a start joins', () => {
  it.each<[string, ReturnType<typeof when>]>([
    ['when another execution holds the lock', when(alarm(), { lock: held })],
    ['when a person starts a second one', when(person(), { lock: held })],
    [
      'when its event opened the running incident',
      when(alarm(), { lock: held, event: seenBy(held.incidentId) }),
    ],
    [
      'when the cooldown of the last recovery still lasts',
      when(alarm(), { lock: { ...held, lastRecoveryAt: new Date(now).toISOString() } }),
    ],
  ])('%s', (_, decision) => {
    expect(decision).toMatchObject({ action: 'join', incidentId: held.incidentId });
  });
});

describe('a start is resumed', () => {
  it.each<[string, ReturnType<typeof when>]>([
    ['when this execution holds the lock', when(alarm(), { lock: aLock() })],
    [
      'when the event has become late meanwhile',
      when(alarm({ timestamp: '2026-11-23T03:00:00Z' }), { lock: aLock() }),
    ],
    [
      'when the event was seen by this execution',
      when(alarm(), { lock: aLock(), event: seenBy(aLock().incidentId) }),
    ],
    [
      'when the lock has expired meanwhile',
      when(alarm(), { lock: aLock({ expiresAt: '2026-11-23T03:00:00Z' }) }),
    ],
  ])('%s', (_, decision) => {
    expect(decision).toMatchObject({ action: 'resume', lock: { incidentId: aLock().incidentId } });
  });
});

describe('an alarm is ignored', () => {
  it.each<[string, ReturnType<typeof when>, string]>([
    ['when it went to OK', when(alarm({ state: 'OK' }), { lock: held }), 'went to OK'],
    ['when it lacks data', when(alarm({ state: 'INSUFFICIENT_DATA' })), 'went to INSUFFICIENT_DATA'],
    [
      'when it comes too late',
      when(alarm({ timestamp: '2026-11-23T03:50:11.000+0000' })),
      'changed 601 s ago, more than the 600 s that an event may be late',
    ],
    [
      'when its event was handled before',
      when(alarm(), { event: seenBy('dev-1') }),
      'was handled by dev-1 already',
    ],
    [
      'when its event belongs to an earlier incident',
      when(alarm(), { lock: held, event: seenBy('dev-1') }),
      'handled by dev-1',
    ],
    ['within the cooldown', when(alarm(), { lock: recovered(3_599) }), 'the last recovery was 3599 s ago'],
    [
      'within the cooldown, also while a plan runs',
      when(alarm(), { lock: { ...recovered(10), state: 'held', mode: 'plan' } }),
      'the last recovery was 10 s ago',
    ],
    [
      'when the traffic is on the standby, however long ago it moved there',
      when(alarm(), { lock: recovered(86_400), traffic: onStandby }),
      'the traffic is on the standby since 2026-11-20 (dev-1)',
    ],
  ])('%s', (_, decision, reason) => {
    expect(decision).toMatchObject({ action: 'ignore', reason: expect.stringContaining(reason) });
  });
});

it('joins a running recovery also when it has moved the traffic already', () => {
  expect(when(alarm(), { lock: held, traffic: onStandby })).toMatchObject({ action: 'join' });
});

describe('the next epoch', () => {
  it.each([
    ['is 1 at first', null, 0, 1],
    ["is one above the lock's", { epoch: 7 }, 3, 8],
    ["is one above the switch's when somebody has deleted the lock", null, 7, 8],
    ['takes no notice of a switch that was edited by hand and lost its epoch', { epoch: 7 }, Number.NaN, 8],
  ])('%s', (_, lock, epoch, next) => {
    expect(nextEpoch(lock, { epoch })).toBe(next);
  });
});

it('never takes a live lock that has not expired from another', () => {
  const locks = fc.record({
    state: fc.constantFrom('held', 'free'),
    mode: fc.constantFrom('live', 'plan'),
    executionArn: fc.constantFrom(anExecution, other),
    offset: fc.integer({ min: -10_000, max: 10_000 }),
    request: fc.constantFrom(person(), person({ mode: 'plan' }), alarm(), alarm({ state: 'OK' })),
  });
  fc.assert(
    fc.property(locks, ({ state, mode, executionArn, offset, request }) => {
      const lock = aLock({ state, mode, executionArn, expiresAt: new Date(now + offset).toISOString() });
      const { action, reason } = when(request, { lock });
      expect(reason).not.toBe('');
      if (state === 'held' && mode === 'live' && executionArn === other && offset > 0)
        expect(action).not.toBe('take');
    }),
  );
});

describe('the incident', () => {
  const execution = { id: anExecution, name: 'one', startTime: '2026-11-23T04:00:12.345Z' };

  it('is called after environment, time and scenario', () => {
    expect(incidentId('dev', person(), execution.startTime)).toBe('dev-20261123T040012-site-failure');
    expect(incidentId('dev', person(), execution.startTime, 2)).toBe('dev-20261123T040012-site-failure-2');
  });

  it('has the targets of its severity, from the start of its execution', () => {
    expect(incidentRef('dev-1', 7, person({ severity: 'P1', reason: 'test' }), execution, settings)).toEqual({
      id: 'dev-1',
      epoch: 7,
      environment: 'dev',
      scenario: 'site-failure',
      severity: 'P1',
      mode: 'live',
      startedBy: 'a person: test',
      startedAt: '2026-11-23T04:00:12.345Z',
      deadline: '2026-11-23T08:00:12.345Z',
      rtoSeconds: 14_400,
      rpoSeconds: 3_600,
      updateEverySeconds: 1_800,
    });
  });
});
