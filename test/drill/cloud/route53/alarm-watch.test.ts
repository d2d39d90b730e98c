import { beforeEach, describe, expect, it } from 'vitest';
import { zoneWorld } from './zone-world.ts';

const region = 'eu-central-1';
const metric = {
  region,
  namespace: 'Lifeboat',
  name: 'TrafficOnStandby',
  dimensions: { Environment: 'dev' },
};
const alarm = {
  namespace: metric.namespace,
  metricName: metric.name,
  dimensions: metric.dimensions,
  statistic: 'Maximum',
  period: 60,
  evaluationPeriods: 1,
  threshold: 1,
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
} as const;

let world: ReturnType<typeof zoneWorld>;
beforeEach(() => {
  world = zoneWorld();
  world.alarms.set(`${region} switch`, alarm);
  world.service.start();
});

const watching = async (more: Record<string, unknown> = {}, name = 'switch') => {
  const { Id } = await world.createCheck({
    Type: 'CLOUDWATCH_METRIC',
    AlarmIdentifier: { Name: name, Region: region },
    InsufficientDataHealthStatus: 'LastKnownStatus',
    ...more,
  });
  return () => world.service.healthOf(Id);
};
const put = (value: number) => world.metrics.put({ ...metric, value });

describe('a health check on an alarm', () => {
  it('follows the metric once a full period of it has arrived', async () => {
    const healthy = await watching();
    await world.until(5);
    put(0);
    await world.until(65);
    put(1);
    await world.until(131);
    expect(healthy()).toBe(true);
    await world.until(132);
    expect(healthy()).toBe(false);
    put(0);
    await world.until(192);
    expect(healthy()).toBe(true);
  });

  it('does not move with the state of the alarm, of which it knows nothing', async () => {
    const healthy = await watching();
    world.metrics.put({ ...metric, name: 'Other', value: 1 });
    await world.until(300);
    expect(healthy()).toBe(true);
  });

  it('keeps its last status when the metric falls silent', async () => {
    const healthy = await watching();
    put(1);
    await world.until(600);
    expect(healthy()).toBe(false);
  });

  it.each<[setting: string, outcome: boolean]>([
    ['Healthy', true],
    ['Unhealthy', false],
  ])('becomes what its setting %s says when the metric falls silent', async (setting, outcome) => {
    const healthy = await watching({ InsufficientDataHealthStatus: setting });
    put(outcome ? 1 : 0);
    await world.until(72);
    expect(healthy()).toBe(!outcome);
    await world.until(600);
    expect(healthy()).toBe(outcome);
  });

  it('is healthy until it has data, inverted unhealthy', async () => {
    const healthy = await watching({ Inverted: true });
    await world.until(200);
    expect(healthy()).toBe(false);
    put(1);
    await world.until(310);
    expect(healthy()).toBe(true);
  });

  it('is healthy while there is no such alarm', async () => {
    const healthy = await watching({}, 'missing');
    put(1);
    await world.until(200);
    expect(healthy()).toBe(true);
  });

  it('needs as many bad periods as the alarm', async () => {
    world.alarms.set(`${region} switch`, { ...alarm, evaluationPeriods: 2 });
    const healthy = await watching();
    for (const [at, value] of [
      [5, 0],
      [65, 1],
      [125, 1],
    ] as const) {
      await world.until(at);
      put(value);
    }
    await world.until(132);
    expect(healthy()).toBe(true);
    await world.until(192);
    expect(healthy()).toBe(false);
  });

  it('publishes its status as a metric, and shows the alarm that it follows', async () => {
    await watching();
    await world.until(90);
    expect(world.published.map(({ name, value }) => [name, value])).toEqual([
      ['HealthCheckStatus', 1],
      ['HealthCheckStatus', 1],
    ]);
    const { HealthChecks } = await world.ask('ListHealthChecks', {});
    expect(HealthChecks).toMatchObject([
      { CloudWatchAlarmConfiguration: { MetricName: 'TrafficOnStandby', Threshold: 1, Period: 60 } },
    ]);
  });
});
