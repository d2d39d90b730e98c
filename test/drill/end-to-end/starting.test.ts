import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

test('wrong input fails at once and names the field, and a late alarm starts nothing', () =>
  inWorld('dev', async (local) => {
    const { world } = local;
    const refused = async (input: unknown) => {
      const {
        status,
        error,
        cause,
        startedAt,
        stoppedAt = Infinity,
      } = await local.ended(await local.start(input));
      expect({ status, error, seconds: Math.floor((stoppedAt - startedAt) / 1_000) }).toEqual({
        status: 'FAILED',
        error: 'InvalidInput',
        seconds: 0,
      });
      return cause;
    };
    expect(await refused({})).toMatch(/scenario.*site-failure/);
    expect(await refused({ scenario: 'fire' })).toMatch(/scenario.*"fire".*site-failure/);
    expect(await refused({ scenario: 'site-failure', severity: 'P9' })).toMatch(
      /severity.*"P9".*P0, P1, P2, P3/,
    );
    expect(await refused({ scenario: 'site-failure', mode: 'dry' })).toMatch(/mode.*"dry".*live, plan/);
    expect(await refused({ scenario: 'site-failure', sevrity: 'P1' })).toMatch(/sevrity/);
    expect(await refused([])).toMatch(/object/);
    expect(local.lock()).toBeUndefined();

    const before = local.executions('incident').length;
    const { account, sites } = world.environment;
    const arn = `arn:aws:cloudwatch:us-east-1:${account}:alarm:lifeboat-dev-primary-unhealthy`;
    const late = new Date(world.clock.now() - 11 * 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
    world.cloud.events.bus(sites.standby.region).put({
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      region: 'us-east-1',
      resources: [arn],
      time: late,
      detail: {
        alarmName: 'lifeboat-dev-primary-unhealthy',
        state: { value: 'ALARM', reason: 'late', timestamp: late.replace('Z', '.000+0000') },
        previousState: { value: 'OK' },
      },
    });
    await local.until(() => local.executions('incident').length > before);
    const [ignored] = local.executions('incident').slice(-1);
    await local.ended(ignored?.executionArn ?? '');
    expect(local.executions('incident').at(-1)).toMatchObject({ status: 'SUCCEEDED' });
    expect(local.executions('incident').at(-1)?.output).toMatch(/"ignored".*may be late/);
    expect(local.incidents()).toEqual([]);
    expect(local.lock()).toBeUndefined();
    expect(await local.sites()).toEqual(['primary']);
  }));
