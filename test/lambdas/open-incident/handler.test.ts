import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Output } from '../../../lambdas/open-incident/contract.ts';
import { handler } from '../../../lambdas/open-incident/handler.ts';
import { aLock, anExecution, anIncident, duringAnIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';
import { alarmEvent, settings } from './settings.ts';

const now = '2026-11-23T04:00:12.000Z';
const id = 'dev-20261123T040012-site-failure';
const person = { scenario: 'site-failure' };
const execution = (name: string) => ({
  id: `arn:aws:states:eu-central-1:111111111111:execution:lifeboat-dev-incident:${name}`,
  name,
  startTime: now,
});
const start = (input: unknown, name = 'new') => handler({ input, execution: execution(name) });
/** As the state machine retries it. */
const retried = async (input: unknown, name: string): Promise<Output> => {
  for (;;) {
    try {
      return await start(input, name);
    } catch (error) {
      if ((error as Error).name !== 'TryAgain') throw error;
    }
  }
};

const stepFunctions = mockClient(SFNClient);

beforeEach(() => {
  deploy(settings);
  stepFunctions.reset();
  stepFunctions.on(DescribeExecutionCommand).resolves({ status: 'RUNNING' });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(now) });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the first alarm', () => {
  it('opens an incident: lock, record and event', async () => {
    const bucket = startBucket();
    const output = await start(alarmEvent());
    expect(output).toMatchObject({
      decision: 'open',
      incident: { id, epoch: 1, severity: 'P0', mode: 'live' },
    });
    expect(bucket.lock()).toEqual({
      epoch: 1,
      state: 'held',
      incidentId: id,
      executionArn: execution('new').id,
      mode: 'live',
      takenAt: now,
      expiresAt: '2026-11-23T07:00:12.000Z',
    });
    expect(bucket.record(id)).toMatchObject({
      ref: output.incident,
      state: 'open',
      timeline: [{ actor: 'alarm', detail: 'opened by alarm lifeboat-dev-primary-unhealthy' }],
    });
    expect(bucket.read('events/c4c1.json')).toMatchObject({ incidentId: id });
  });

  it('raises the epoch and keeps the last recovery', async () => {
    const bucket = startBucket({
      'lock.json': aLock({ state: 'free', lastRecoveryAt: '2026-11-01T00:00:00Z' }),
    });
    await start(person);
    expect(bucket.lock()).toMatchObject({ epoch: 4, state: 'held', lastRecoveryAt: '2026-11-01T00:00:00Z' });
  });

  it('takes an epoch above the one at the switch when somebody has deleted the lock', async () => {
    const bucket = startBucket({
      'switch.json': { site: 'primary', epoch: 9, incidentId: 'dev-1', changedAt: now },
    });
    await start(person);
    expect(bucket.lock().epoch).toBe(10);
  });

  it('opens nothing while the switch stands on the standby', async () => {
    const bucket = startBucket({
      'switch.json': { site: 'standby', epoch: 9, incidentId: 'dev-1', changedAt: now },
    });
    expect(await start(alarmEvent())).toMatchObject({ decision: 'ignored', incident: null });
    expect(bucket.keys).toEqual(['switch.json']);
  });

  it('gets an id of its own when there is an incident of that second', async () => {
    const bucket = startBucket({ ...duringAnIncident({ state: 'closed' }, { state: 'free' }) });
    expect(await start(person)).toMatchObject({ incident: { id: `${id}-2` } });
    expect(bucket.record(anIncident.id).state).toBe('closed');
  });
});

describe('starts at the same time', () => {
  it.each([
    [
      'two alarms for one failure',
      [alarmEvent(), alarmEvent({ id: 'd5', alarm: 'lifeboat-dev-primary-unreachable' })],
    ],
    ['one event delivered twice', [alarmEvent(), alarmEvent()]],
    ['an alarm and two people', [alarmEvent(), person, { ...person, reason: 'me too' }]],
  ])('open exactly one incident: %s', async (_, inputs) => {
    for (let round = 0; round < 10; round++) {
      const bucket = startBucket({ 'lock.json': aLock({ state: 'free' }) });
      const outputs = await Promise.all(inputs.map((input, index) => retried(input, `start-${index}`)));
      expect(outputs.map(({ decision }) => decision).toSorted()).toEqual([
        ...inputs.slice(1).map(() => 'joined'),
        'open',
      ]);
      expect(new Set(outputs.map(({ incident }) => incident?.id))).toEqual(new Set([id]));
      expect(bucket.lock().epoch).toBe(4);
      expect(bucket.keys.filter((key) => key.startsWith('incidents/'))).toEqual([`incidents/${id}.json`]);
      expect(bucket.record(id).joined).toHaveLength(inputs.length - 1);
    }
  });

  it('ask to try again while the winner is not on record yet', async () => {
    startBucket({ 'lock.json': aLock({ incidentId: 'dev-1' }) });
    await expect(start(person)).rejects.toMatchObject({ name: 'TryAgain' });
  });
});

describe('a start while an incident runs', () => {
  it('joins it, and is on its record once', async () => {
    const bucket = startBucket(duringAnIncident());
    for (const name of ['second', 'third']) {
      expect(await start(alarmEvent({ id: 'e7' }), name)).toMatchObject({
        decision: 'joined',
        incident: anIncident,
      });
    }
    await start(person, 'fourth');
    expect(bucket.record(anIncident.id).joined).toEqual([
      'alarm lifeboat-dev-primary-unhealthy (event e7)',
      'a person (execution fourth)',
    ]);
    expect(bucket.record(anIncident.id).timeline).toHaveLength(2);
    expect(bucket.lock()).toEqual(aLock());
  });
});

describe('a start for another trouble than the one that is worked on', () => {
  const damaged = alarmEvent({ id: 'd9', alarm: 'lifeboat-dev-data-inconsistent-erlmcp' });

  it('joins, and says what a person must do when the incident is over', async () => {
    const bucket = startBucket(duringAnIncident());
    const output = await start(damaged, 'second');
    expect(output).toMatchObject({
      decision: 'joined',
      otherTrouble: true,
      reason: expect.stringMatching(
        /data-inconsistent-erlmcp .*is at work on a site-failure, which does not mend it\. .*start lifeboat-dev-incident with \{"scenario":"data-corruption"\}/,
      ),
    });
    expect(bucket.record(anIncident.id).timeline).toMatchObject([{ event: 'reported another trouble' }]);
    expect(bucket.lock()).toEqual(aLock());
  });

  it('is no other trouble when the scenario is the same', async () => {
    startBucket(duringAnIncident());
    expect(await start(alarmEvent({ id: 'e7' }), 'second')).toMatchObject({ otherTrouble: false });
  });
});

describe('a restore', () => {
  it('carries what the person said to its runbook, and a retry gives the same', async () => {
    startBucket();
    const input = { scenario: 'data-corruption', recoverTo: '2026-11-23T03:00:00.5Z', databases: ['erlmcp'] };
    const first = await start(input);
    expect(first.incident).toMatchObject({
      id: 'dev-20261123T040012-data-corruption',
      severity: 'P1',
      restore: { recoverTo: '2026-11-23T03:00:00Z', databases: ['erlmcp'] },
    });
    expect((await start(input)).incident).toEqual(first.incident);
  });
});

describe('an event that comes again', () => {
  it('is ignored once its incident is closed', async () => {
    const bucket = startBucket();
    await start(alarmEvent(), 'first');
    bucket.write('lock.json', { ...bucket.lock(), state: 'free' });
    expect(await start(alarmEvent(), 'second')).toEqual({
      decision: 'ignored',
      reason: `event c4c1 of alarm lifeboat-dev-primary-unhealthy was handled by ${id} already`,
      incident: null,
    });
    expect(bucket.lock().epoch).toBe(1);
  });
});

describe('a retry', () => {
  it('gives the same answer and changes nothing', async () => {
    const bucket = startBucket();
    const first = await start(alarmEvent());
    const lock = bucket.lock();
    const record = bucket.record(id);
    expect(await start(alarmEvent())).toEqual(first);
    expect(bucket.lock()).toEqual(lock);
    expect(bucket.record(id)).toEqual(record);
  });

  it.each([
    ['the lock', 'put', 'lock.json'],
    ['the record', 'put', 'incidents/'],
    ['the event', 'put', 'events/'],
  ] as const)('finishes what a crash before and after %s has left', async (_, operation, prefix) => {
    for (const after of [false, true]) {
      const bucket = startBucket();
      bucket.fail(operation, prefix, awsError('ECONNRESET', 'gone', 500), { after });
      await expect(start(alarmEvent())).rejects.toMatchObject({ name: 'TryAgain' });
      expect(await start(alarmEvent())).toMatchObject({ decision: 'open', incident: { id, epoch: 1 } });
      expect(bucket.keys).toEqual(['events/c4c1.json', `incidents/${id}.json`, 'lock.json']);
      expect(bucket.record(id).timeline).toHaveLength(1);
    }
  });

  it('finds its own lock when the answer to the taking was lost', async () => {
    const bucket = startBucket();
    bucket.fail('put', 'lock.json', awsError('PreconditionFailed', '', 412), { after: true });
    expect(await start(person)).toMatchObject({ decision: 'open', incident: { id, epoch: 1 } });
    expect(bucket.lock().epoch).toBe(1);
  });
});

describe('a lock that is taken from another', () => {
  it('leaves the old incident escalated, also when the first try died', async () => {
    const bucket = startBucket(duringAnIncident({}, { expiresAt: now }));
    bucket.fail('put', `incidents/${id}-2`, awsError('InternalError', '', 500));
    await expect(start(alarmEvent())).rejects.toMatchObject({ name: 'TryAgain' });
    expect(await start(alarmEvent())).toMatchObject({
      decision: 'open',
      incident: { id: `${id}-2`, epoch: 4 },
    });
    expect(bucket.record(anIncident.id)).toMatchObject({
      state: 'escalated',
      outcome: 'escalated',
      summary: `${id}-2 has taken the lock: its execution had ended, or the lock had expired.`,
      timeline: [{ actor: 'open-incident' }],
    });
  });

  it('leaves an incident that has ended as it is', async () => {
    const bucket = startBucket(
      duringAnIncident({ state: 'closed', outcome: 'recovered' }, { expiresAt: now }),
    );
    await start(person);
    expect(bucket.record(anIncident.id)).toMatchObject({ state: 'closed', outcome: 'recovered' });
  });

  it('may belong to an incident that never came on record', async () => {
    startBucket({ 'lock.json': aLock({ expiresAt: now, incidentId: 'dev-1' }) });
    expect(await start(person)).toMatchObject({ decision: 'open', incident: { epoch: 4 } });
  });

  it.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT'] as const)(
    'may be held by an execution that is over: %s',
    async (status) => {
      const bucket = startBucket(duringAnIncident());
      stepFunctions.on(DescribeExecutionCommand, { executionArn: anExecution }).resolves({ status });
      expect(await start(alarmEvent())).toMatchObject({ decision: 'open', incident: { epoch: 4 } });
      expect(bucket.lock()).toMatchObject({ executionArn: execution('new').id, takenFrom: anIncident.id });
      expect(bucket.record(anIncident.id)).toMatchObject({ state: 'escalated' });
    },
  );

  it('that a person has stopped is not taken by an alarm for the cooldown, and by a person at any time', async () => {
    const bucket = startBucket(duringAnIncident());
    stepFunctions
      .on(DescribeExecutionCommand)
      .resolves({ status: 'ABORTED', stopDate: new Date('2026-11-23T03:30:00.000Z') });
    expect(await start(alarmEvent())).toMatchObject({
      decision: 'ignored',
      reason: expect.stringContaining(
        `a person stopped ${anIncident.id}, and until 2026-11-23T04:30:00.000Z only a person starts another`,
      ),
    });
    expect(bucket.lock()).toEqual(aLock());
    expect(await start(person)).toMatchObject({ decision: 'open' });
  });

  it('that is held off is lifted by a person who opens an incident, not by one who plans', async () => {
    const heldOffUntil = '2026-11-23T04:30:00.000Z';
    const bucket = startBucket({ 'lock.json': aLock({ state: 'free', heldOffUntil }) });
    expect(await start(alarmEvent())).toMatchObject({ decision: 'ignored' });
    await start({ ...person, mode: 'plan' }, 'plan');
    expect(bucket.lock()).toMatchObject({ mode: 'plan', heldOffUntil });
    expect(await start(alarmEvent({ id: 'e8' }))).toMatchObject({ decision: 'ignored' });
    await start(person, 'live');
    expect(bucket.lock()).not.toHaveProperty('heldOffUntil');
    expect(await start(alarmEvent({ id: 'e9' }), 'alarm')).toMatchObject({ decision: 'joined' });
  });

  it('is held off no longer than it says', async () => {
    startBucket({ 'lock.json': aLock({ state: 'free', heldOffUntil: now }) });
    expect(await start(alarmEvent())).toMatchObject({ decision: 'open' });
  });

  it('of a plan that was stopped is taken by an alarm at once', async () => {
    startBucket(duringAnIncident({ ref: { ...anIncident, mode: 'plan' } }, { mode: 'plan' }));
    stepFunctions.on(DescribeExecutionCommand).resolves({ status: 'ABORTED', stopDate: new Date(now) });
    expect(await start(alarmEvent())).toMatchObject({ decision: 'open' });
  });

  it('is left to an execution of which nothing can be found out', async () => {
    const bucket = startBucket(duringAnIncident());
    stepFunctions.on(DescribeExecutionCommand).rejects(awsError('AccessDeniedException', 'no', 400));
    expect(await start(alarmEvent())).toMatchObject({ decision: 'joined', incident: anIncident });
    expect(bucket.lock()).toEqual(aLock());
  });

  it('may be a plan', async () => {
    const plan = duringAnIncident({ ref: { ...anIncident, mode: 'plan' } }, { mode: 'plan' });
    const bucket = startBucket(plan);
    expect(await start(alarmEvent())).toMatchObject({
      decision: 'open',
      incident: { mode: 'live', epoch: 4 },
    });
    expect(bucket.record(anIncident.id).summary).toContain('a plan gives way');
  });
});

describe('what is refused', () => {
  it('touches nothing', async () => {
    const bucket = startBucket();
    await expect(start({ scenario: 'fire' })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: 'scenario: got "fire", allowed: site-failure, data-corruption',
    });
    expect(bucket.calls).toEqual([]);
  });

  it('opens nothing when the lock cannot be seen', async () => {
    const bucket = startBucket();
    bucket.fail('get', 'lock.json', awsError('AccessDenied', 'no', 403));
    await expect(start(person)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(bucket.keys).toEqual([]);
  });

  it('does not steal the record of another execution', async () => {
    const bucket = startBucket({
      ...duringAnIncident(),
      'lock.json': aLock({ executionArn: execution('new').id }),
    });
    await expect(start(person)).rejects.toThrow('is on record for another execution');
    expect(bucket.record(anIncident.id).state).toBe('open');
  });
});
