import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

test('a pilot light is started, and the records are moved in one batch that can be put back', () =>
  inWorld('staging', async (local) => {
    const { world } = local;
    const moved = world.environment.dns.records.map(({ name }) => `${name}.`);
    const others = async () => (await local.records()).filter(({ Name: name = '' }) => !moved.includes(name));
    const [before, otherBefore] = [await local.sites(), await others()];
    expect(before).toEqual(['primary', 'primary']);
    expect(local.standbyDeployment('erlmcp')?.ready).toBe(0);

    await world.loseRegion('primary');
    await local.incidentsOver();

    expect(local.incident().outcome, local.story()).toBe('recovered');
    expect(await local.sites()).toEqual(['standby', 'standby']);
    expect(await local.servedBy()).toBe('standby');
    expect(otherBefore.length).toBeGreaterThan(2);
    expect(await others()).toEqual(otherBefore);

    const { preImages, steps } = local.incident();
    const image = JSON.stringify(preImages['switch-dns']);
    for (const value of ['192.0.2.20', '192.0.2.21', 'primary.staging.erlmcp.company.com']) {
      expect(image).toContain(value);
    }
    expect(steps.map(({ step, status }) => `${step} ${status}`)).toEqual([
      'scale-nodes changed',
      'scale-workloads changed',
      'switch-dns changed',
    ]);
    expect(local.changes()).toEqual(['UpdateNodegroupConfig', 'ChangeResourceRecordSets']);
    const key = { region: 'us-east-2', name: 'erlmcp-staging-standby' };
    expect(world.cloud.eks.nodes(key)).toHaveLength(2);
    expect(local.standbyDeployment('erlmcp')?.ready).toBe(2);
    expect(local.standbyDeployment('erlmcp-worker')?.ready).toBe(2);
    expect(world.cloud.iam.denied()).toEqual([]);
    expect(local.mails('oncall').length).toBeGreaterThanOrEqual(2);
  }));
