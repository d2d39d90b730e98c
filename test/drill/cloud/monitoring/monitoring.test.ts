import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventBus } from '../../../../drill/cloud/contract.ts';
import { monitoring, type Monitoring } from '../../../../drill/cloud/monitoring/monitoring.ts';
import { account, call, create, testFoundation } from '../foundation.ts';

const start = Date.parse('2026-11-23T04:00:00Z');
const metric = {
  region: 'us-east-1',
  namespace: 'AWS/Route53',
  name: 'HealthCheckStatus',
  dimensions: { HealthCheckId: 'h' },
};
const properties = {
  AlarmName: 'primary-unhealthy',
  AlarmDescription: 'see the runbook',
  Namespace: 'AWS/Route53',
  MetricName: 'HealthCheckStatus',
  Dimensions: [{ Name: 'HealthCheckId', Value: 'h' }],
  Statistic: 'Minimum',
  Period: 60,
  EvaluationPeriods: 2,
  Threshold: 1,
  ComparisonOperator: 'LessThanThreshold',
  TreatMissingData: 'breaching',
  AlarmActions: [`arn:aws:sns:us-east-1:${account}:oncall`],
};

let world: ReturnType<typeof testFoundation>;
let watch: Monitoring;
let events: (Parameters<EventBus['put']>[0] & { at: number })[];
let notices: string[][];

beforeEach(() => {
  world = testFoundation();
  events = [];
  notices = [];
  watch = monitoring(world.foundation, {
    bus: () => ({ put: (event) => void events.push({ ...event, at: world.clock.now() - start }) }),
    publish: (...notice) => void notices.push(notice.map(String)),
  });
  watch.start();
});

afterEach(() => world.clock.stop());

const until = (ms: number) => world.clock.sleep(start + ms - world.clock.now());
const alarm = (overrides: Record<string, unknown> = {}) =>
  create(watch.service, 'AWS::CloudWatch::Alarm', { ...properties, ...overrides }, { region: 'us-east-1' });
const put = (value: number, at: number) => watch.sink.put({ ...metric, value, at: start + at });
const stateOf = async (AlarmName: string) => {
  const { MetricAlarms, CompositeAlarms } = (await call(
    watch.service,
    'DescribeAlarms',
    { AlarmNames: [AlarmName], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    'us-east-1',
  )) as Record<string, { StateValue: string }[]>;
  return [...MetricAlarms!, ...CompositeAlarms!][0]?.StateValue;
};

describe('an alarm', () => {
  test('is evaluated ten seconds after each minute, when the samples have arrived', async () => {
    alarm();
    for (const minute of [-1, 0, 1, 2, 3]) put(minute < 2 ? 1 : 0, minute * 60_000 + 1_000);
    await until(600_000);
    expect(
      events.map(({ at, detail }) => [at, (detail as { state: { value: string } }).state.value]),
    ).toEqual([
      [10_000, 'OK'],
      [250_000, 'ALARM'],
    ]);
  });

  test('with missing data that counts as breaching goes off at the first look when there is no data', async () => {
    alarm();
    await until(11_000);
    expect(await stateOf('primary-unhealthy')).toBe('ALARM');
  });

  test('begins with too little data and says so', async () => {
    alarm();
    expect(await stateOf('primary-unhealthy')).toBe('INSUFFICIENT_DATA');
  });

  test('tells its change in the shape of AWS', async () => {
    alarm({ EvaluationPeriods: 1 });
    put(1, -1_000);
    put(1, 1_000);
    put(0, 61_000);
    await until(140_000);
    expect(events[1]).toEqual({
      at: 130_000,
      'detail-type': 'CloudWatch Alarm State Change',
      source: 'aws.cloudwatch',
      region: 'us-east-1',
      resources: [`arn:aws:cloudwatch:us-east-1:${account}:alarm:primary-unhealthy`],
      detail: {
        alarmName: 'primary-unhealthy',
        state: {
          value: 'ALARM',
          reason:
            'Threshold Crossed: 1 out of the last 1 datapoints [0.0 (23/11/26 04:01:00)] was less than the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).',
          reasonData: expect.any(String),
          timestamp: '2026-11-23T04:02:10.000+0000',
        },
        previousState: {
          value: 'OK',
          reason: expect.any(String),
          reasonData: expect.any(String),
          timestamp: '2026-11-23T04:00:10.000+0000',
        },
        configuration: {
          description: 'see the runbook',
          metrics: [
            {
              id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
              metricStat: {
                metric: {
                  namespace: 'AWS/Route53',
                  name: 'HealthCheckStatus',
                  dimensions: { HealthCheckId: 'h' },
                },
                period: 60,
                stat: 'Minimum',
              },
              returnData: true,
            },
          ],
        },
      },
    });
    const { state } = events[1]!.detail as { state: { reasonData: string } };
    expect(JSON.parse(state.reasonData)).toEqual({
      version: '1.0',
      queryDate: '2026-11-23T04:02:10.000+0000',
      startDate: '2026-11-23T04:01:00.000+0000',
      statistic: 'Minimum',
      period: 60,
      recentDatapoints: [0],
      threshold: 1,
      evaluatedDatapoints: [{ timestamp: '2026-11-23T04:01:00.000+0000', value: 0 }],
    });
    expect(notices).toEqual([
      [
        `arn:aws:sns:us-east-1:${account}:oncall`,
        'ALARM: "primary-unhealthy" in us-east-1',
        expect.any(String),
      ],
    ]);
  });

  test('with its actions disabled sends the event and no notice', async () => {
    alarm({ ActionsEnabled: false });
    await until(80_000);
    expect([events.length, notices.length]).toEqual([1, 0]);
  });

  test('set by hand acts at once and goes back at the next evaluation', async () => {
    alarm();
    for (const minute of [-1, 0, 1, 2, 3]) put(1, minute * 60_000);
    await until(75_000);
    await call(
      watch.service,
      'SetAlarmState',
      { AlarmName: 'primary-unhealthy', StateValue: 'ALARM', StateReason: 'practice' },
      'us-east-1',
    );
    expect([await stateOf('primary-unhealthy'), notices.length]).toEqual(['ALARM', 1]);
    await until(140_000);
    expect(await stateOf('primary-unhealthy')).toBe('OK');
  });

  test('of what is not modelled is refused by name', () => {
    expect(() => alarm({ Metrics: [] })).toThrow(/stack stack: Resource \(AWS::CloudWatch::Alarm\).*Metrics/);
    expect(() => alarm({ AlarmActions: ['arn:aws:lambda:x'] })).toThrow(/only SNS topics/);
    expect(() => alarm({ Period: 10 })).toThrow(/whole minutes/);
    expect(() => alarm({ DatapointsToAlarm: 3 })).toThrow(/DatapointsToAlarm 3 is more than/);
  });

  test('tells Route 53 which metric it watches', () => {
    alarm();
    expect(watch.alarms.alarm('us-east-1', 'primary-unhealthy')).toMatchObject({
      metricName: 'HealthCheckStatus',
      period: 60,
      comparisonOperator: 'LessThanThreshold',
    });
    expect(watch.alarms.alarm('eu-central-1', 'primary-unhealthy')).toBeUndefined();
  });
});

describe('a composite alarm', () => {
  test('follows the alarms in its rule', async () => {
    alarm();
    alarm({ AlarmName: 'standby-unhealthy', MetricName: 'Other', TreatMissingData: 'notBreaching' });
    create(
      watch.service,
      'AWS::CloudWatch::CompositeAlarm',
      {
        AlarmName: 'primary-only',
        AlarmRule: 'ALARM("primary-unhealthy") AND NOT (ALARM(standby-unhealthy) OR FALSE)',
      },
      { region: 'us-east-1', logicalId: 'Composite' },
    );
    await until(80_000);
    expect(await stateOf('primary-only')).toBe('ALARM');
    for (const minute of [1, 2]) put(1, minute * 60_000);
    await until(200_000);
    expect(await stateOf('primary-only')).toBe('OK');
  });

  test.each(['ALARM(', 'ALARM("a") AND', 'ALARM("a") ALARM("b")', 'PERHAPS("a")', '(TRUE'])(
    'with the rule %s is refused',
    (AlarmRule) => {
      expect(() => create(watch.service, 'AWS::CloudWatch::CompositeAlarm', { AlarmRule })).toThrow(
        /AlarmRule is not understood/,
      );
    },
  );
});

describe('metrics', () => {
  const samples = [
    { MetricName: 'PrimaryReachable', Value: 1, Timestamp: new Date(start + 1_000) },
    { MetricName: 'PrimaryReachable', Values: [0, 4], Counts: [2, 1], Timestamp: new Date(start + 61_000) },
  ];
  const query = (Stat: string) => ({
    MetricDataQueries: [
      {
        Id: 'm1',
        MetricStat: { Metric: { Namespace: 'Lifeboat', MetricName: 'PrimaryReachable' }, Period: 60, Stat },
      },
    ],
    StartTime: new Date(start),
    EndTime: new Date(start + 180_000),
    ScanBy: 'TimestampAscending',
  });

  test.each([
    ['Minimum', [1, 0]],
    ['Maximum', [1, 4]],
    ['Sum', [1, 4]],
    ['SampleCount', [1, 3]],
    ['Average', [1, 4 / 3]],
  ])('%s of each period', async (statistic, expected) => {
    await call(watch.service, 'PutMetricData', { Namespace: 'Lifeboat', MetricData: samples });
    const { MetricDataResults } = await call(watch.service, 'GetMetricData', query(statistic));
    expect(MetricDataResults).toMatchObject([{ Id: 'm1', StatusCode: 'Complete', Values: expected }]);
  });

  test('of one region are not seen in another', async () => {
    await call(watch.service, 'PutMetricData', { Namespace: 'Lifeboat', MetricData: samples });
    const { Metrics } = await call(watch.service, 'ListMetrics', {}, 'us-east-1');
    expect(Metrics).toEqual([]);
  });

  test('of AWS cannot be written by others', async () => {
    await expect(
      call(watch.service, 'PutMetricData', { Namespace: 'AWS/Route53', MetricData: [] }),
    ).rejects.toThrow(/Namespace is invalid/);
  });

  test('with an expression are refused', async () => {
    const input = { ...query('Sum'), MetricDataQueries: [{ Id: 'e1', Expression: 'm1 * 2' }] };
    await expect(call(watch.service, 'GetMetricData', input)).rejects.toThrow(/no expressions/);
  });
});
