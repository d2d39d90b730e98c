import { expect, test } from 'vitest';
import { inWorld, type LocalWorld } from './local-world.ts';

/** Escalated, told why; nothing moved, nobody served, nothing held. */
async function expectRefused(local: LocalWorld, why: RegExp): Promise<void> {
  expect(local.incident().outcome, local.story()).toBe('escalated');
  expect(local.incident().changed).toEqual([]);
  expect(local.incident().summary).toMatch(why);
  expect(local.mails('oncall').at(-1)).toMatch(why);
  expect(local.incident().nextSteps?.length).toBeGreaterThan(0);
  expect(local.lock()?.state).toBe('free');
  expect(local.switchState()).toBeUndefined();
  expect(local.changes()).toEqual([]);
  expect(await local.sites()).toEqual(['primary']);
  expect(await local.servedBy()).toBeNull();
}

test.concurrent('an unfit standby is not failed over to, whatever is wrong with it, until it is mended', () =>
  inWorld('dev', async (local) => {
    const { world } = local;
    const { standby } = world.environment.sites;
    const again = async () => {
      await local.ended(await local.start({ scenario: 'site-failure', reason: 'once more' }));
      await world.clock.sleep(5_000);
    };

    await world.breakSite('standby', 'error');
    await world.loseRegion('primary');
    await local.until(() => local.incidents().length === 2); // one alarm after the other
    await local.incidentsOver();
    await expectRefused(local, /standby-fit\/endpoint does not hold/);
    await world.mend('standby');
    await local.pass(2);

    world.clusters.standby.goDark();
    await again();
    await expectRefused(local, /standby-fit\/deployment erlmcp is not known to hold/);
    world.clusters.standby.comeBack();

    world.clusters.standby.breakDeployment(standby.cluster.namespace, 'erlmcp');
    await local.pass(2);
    await again();
    await expectRefused(local, /standby-fit\/endpoint does not hold/);
    world.clusters.standby.mendDeployment(standby.cluster.namespace, 'erlmcp');
    await local.pass(3);

    await again();
    expect(local.incident().outcome, local.story()).toBe('recovered');
    expect(await local.sites()).toEqual(['standby']);
    expect(await local.servedBy()).toBe('standby');
  }),
);

test.concurrent(
  'nodes that do not start keep the traffic where it is, and a person hears what was changed',
  () =>
    inWorld('staging', async (local) => {
      const { world } = local;
      const key = { region: 'us-east-2', name: 'erlmcp-staging-standby' };
      world.cloud.eks.setFault(key, 'workers', 'no-capacity');
      await world.loseRegion('primary');
      await local.incidentsOver();

      const incident = local.incident();
      expect(incident.outcome, local.story()).toBe('escalated');
      expect(incident.changed?.join()).toContain('scale-nodes');
      expect(incident.unchanged?.join()).toContain('switch-dns: was not reached');
      expect(incident.summary).toMatch(/check-capacity/);
      expect(await local.sites()).toEqual(['primary', 'primary']);
      expect(local.changes()).toEqual(['UpdateNodegroupConfig']);
      expect(local.lock()?.state).toBe('free');
    }),
);
