import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AwsError } from '../../../../drill/cloud/contract.ts';
import { readScheduleExpression } from '../../../../drill/cloud/scheduler/expression.ts';
import { scheduler, type Scheduler } from '../../../../drill/cloud/scheduler/scheduler.ts';
import { account, call, create, testFoundation } from '../foundation.ts';

const iso = (text: string) => Date.parse(text);

describe('a schedule expression', () => {
  const created = iso('2026-11-23T04:00:30Z');
  test.each([
    ['rate(1 minute)', '2026-11-23T04:01:30Z', '2026-11-23T04:02:30Z'],
    ['rate(5 minutes)', '2026-11-23T04:05:30Z', '2026-11-23T04:10:30Z'],
    ['rate(1 day)', '2026-11-24T04:00:30Z', '2026-11-25T04:00:30Z'],
    ['cron(0/15 * * * ? *)', '2026-11-23T04:15:00Z', '2026-11-23T04:30:00Z'],
    ['cron(0 10 * * ? *)', '2026-11-23T10:00:00Z', '2026-11-24T10:00:00Z'],
    ['cron(30 8 ? * MON-FRI *)', '2026-11-23T08:30:00Z', '2026-11-24T08:30:00Z'],
    ['cron(0 0 1 JAN,jul ? *)', '2027-01-01T00:00:00Z', '2027-07-01T00:00:00Z'],
    ['cron(5,1 0 ? * 1 2027)', '2027-01-03T00:01:00Z', '2027-01-03T00:05:00Z'],
    ['at(2026-11-23T05:00:00)', '2026-11-23T05:00:00Z', undefined],
    ['at(2026-11-23T03:00:00)', undefined, undefined],
  ])('%s is due at %s, then %s', (text, first, second) => {
    const next = readScheduleExpression(text);
    const one = next(created, created);
    expect(one).toBe(first && iso(first));
    expect(one && next(one, created)).toBe(second && iso(second));
  });

  test.each([
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(0 minutes)',
    'cron(* * * * * *)',
    'cron(61 * * * ? *)',
    'cron(0 10 * * ?)',
    'cron(0 0 L * ? *)',
    'at(tomorrow)',
    'every minute',
  ])('%s is refused', (text) => {
    expect(() => readScheduleExpression(text)).toThrow(AwsError);
  });
});

describe('a schedule', () => {
  const functionArn = `arn:aws:lambda:eu-central-1:${account}:function:probe-primary`;
  const properties = {
    Name: 'probe',
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: functionArn, RoleArn: `arn:aws:iam::${account}:role/schedules`, Input: '{"a":1}' },
  };
  const start = iso('2026-11-23T04:00:20Z');
  let world: ReturnType<typeof testFoundation>;
  let fired: [number, string, unknown][];
  let failing: Error | undefined;
  let schedules: Scheduler;

  beforeEach(() => {
    world = testFoundation({ start: '2026-11-23T04:00:20Z', denied: ['states:StartExecution'] });
    fired = [];
    failing = undefined;
    schedules = scheduler(world.foundation, {
      functions: {
        enqueue: (arn, payload) => {
          fired.push([world.clock.now() - start, arn, payload]);
          if (failing) throw failing;
        },
      },
      starter: { start: () => ({ executionArn: 'e' }) },
    });
  });
  afterEach(() => world.clock.stop());

  const deployed = (overrides: Record<string, unknown> = {}) =>
    create(schedules.service, 'AWS::Scheduler::Schedule', { ...properties, ...overrides });

  test('fires at the full minute, again and again, once it is started', async () => {
    deployed();
    await world.clock.sleep(60_000);
    schedules.start();
    await world.clock.sleep(130_000);
    expect(fired).toEqual([
      [100_000, functionArn, { a: 1 }],
      [160_000, functionArn, { a: 1 }],
    ]);
    schedules.stop();
    await world.clock.sleep(130_000);
    expect(fired).toHaveLength(2);
  });

  test('tells its target when it was due', async () => {
    deployed({ Target: { ...properties.Target, Input: '{"at":"<aws.scheduler.scheduled-time>"}' } });
    schedules.start();
    await world.clock.sleep(41_000);
    expect(fired).toEqual([[40_000, functionArn, { at: '2026-11-23T04:01:00Z' }]]);
  });

  test('that is disabled does not fire', async () => {
    deployed({ State: 'DISABLED' });
    schedules.start();
    await world.clock.sleep(130_000);
    expect(fired).toEqual([]);
  });

  test('is tried again while its target is throttled, up to its limit, then dropped and told', async () => {
    failing = new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    const RetryPolicy = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 };
    deployed({
      ScheduleExpression: 'at(2026-11-23T04:01:00)',
      Target: { ...properties.Target, RetryPolicy },
    });
    schedules.start();
    await world.clock.sleep(130_000);
    expect(fired.map(([at]) => at)).toEqual([40_000, 41_000, 43_000]);
    expect(world.told).toEqual([
      `Scheduler | dropped schedule probe for ${functionArn} | TooManyRequestsException: Rate Exceeded.`,
    ]);
  });

  test('whose role may not start the state machine is dropped at once and told', async () => {
    const Arn = `arn:aws:states:eu-central-1:${account}:stateMachine:incident`;
    deployed({ ScheduleExpression: 'at(2026-11-23T04:01:00)', Target: { ...properties.Target, Arn } });
    schedules.start();
    await world.clock.sleep(130_000);
    expect(world.authorized).toEqual([`schedules states:StartExecution ${Arn}`]);
    expect(world.told).toMatchObject([expect.stringContaining('dropped schedule probe')]);
  });

  test.each([
    [
      'a flexible window',
      { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } },
      /only OFF/,
    ],
    ['another time zone', { ScheduleExpressionTimezone: 'Europe/Berlin' }, /only UTC/],
    [
      'another target',
      { Target: { ...properties.Target, Arn: 'arn:aws:sqs:x' } },
      /only functions and state machines/,
    ],
  ])('with %s is refused', (_, overrides, message) => {
    expect(() => deployed(overrides)).toThrow(message);
  });

  test('can be listed and read', async () => {
    deployed();
    expect(await call(schedules.service, 'ListSchedules', {})).toMatchObject({
      Schedules: [{ Name: 'probe', State: 'ENABLED', GroupName: 'default' }],
    });
    expect(await call(schedules.service, 'GetSchedule', { Name: 'probe' })).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { RetryPolicy: { MaximumRetryAttempts: 185 } },
    });
    await expect(call(schedules.service, 'GetSchedule', { Name: 'other' })).rejects.toMatchObject({
      status: 404,
    });
  });
});
