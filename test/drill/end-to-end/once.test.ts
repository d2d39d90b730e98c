import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

test('alarms from both sides, each delivered twice, and a person make one incident, and nothing fails back', () =>
  inWorld('dev', async (local) => {
    const { world } = local;
    world.cloud.events.faults.duplicate = true;
    await world.loseRegion('primary');
    await local.until(() => local.executions('incident').length > 0);
    const person = await local.start({ scenario: 'site-failure', reason: 'customers are calling' });
    await local.until(() => local.executions('incident').length >= 4, 5);
    await local.incidentsOver();

    expect(local.executions('incident').length, local.story()).toBeGreaterThanOrEqual(3);
    expect(local.incidents()).toHaveLength(1);
    expect(local.incident().outcome, local.story()).toBe('recovered');
    expect(local.incident().joined.length).toBeGreaterThanOrEqual(1);
    expect((await local.ended(person)).output).toContain('"joined"');
    expect(local.executions('site-failover')).toHaveLength(1);
    expect(local.mails('oncall').filter((mail) => mail.includes('recovered in'))).toHaveLength(1);
    expect(await local.sites()).toEqual(['standby']);

    world.cloud.events.faults.duplicate = false;
    await world.mend('primary');
    for (let looks = 0; looks < 4; looks++) {
      await local.pass(4);
      expect(await local.sites()).toEqual(['standby']);
      expect(await local.servedBy()).toBe('standby');
    }
    expect(local.incidents()).toHaveLength(1);
  }));
