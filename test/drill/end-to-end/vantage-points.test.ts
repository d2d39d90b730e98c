import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

test("a dark us-east-1 delays nothing but the alarm: the standby's own probe starts the recovery", () =>
  inWorld('dev', async (local) => {
    const { world } = local;
    world.cloud.dark.add('us-east-1');
    await world.loseRegion('primary');
    await local.incidentsOver();

    expect(local.incident().outcome, local.story()).toBe('recovered');
    expect(local.incident().ref.startedBy).toContain('lifeboat-dev-primary-unreachable');
    expect(await local.sites()).toEqual(['standby']);
    expect(await local.servedBy()).toBe('standby');
  }));

test.concurrent('a probe that fails alone moves nothing', () =>
  inWorld('dev', async (local) => {
    const { world } = local;
    world.cut.add('primary');
    await local.until(() => local.executions('incident').length > 0);
    await local.incidentsOver();

    expect(local.incident().outcome, local.story()).toBe('escalated');
    expect(local.incident().changed).toEqual([]);
    expect(local.incident().summary).toContain("Route 53's checkers find it well");
    expect(await local.sites()).toEqual(['primary']);
    expect(await local.servedBy()).toBe('primary');
    expect(local.changes()).toEqual([]);
    expect(local.switchState()).toBeUndefined();
  }),
);
