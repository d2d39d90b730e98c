import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

test('aliases stay with the primary until the gate says go; two node groups and an autoscaler are scaled', () =>
  inWorld('prod', async (local) => {
    const { world } = local;
    expect(await local.sites()).toEqual(['primary', 'primary']);
    const movedEarly: string[] = [];
    world.cloud.states.onTransition(({ event }) => {
      if (event.stateEnteredEventDetails?.name !== 'SwitchDns') return;
      const { servedBy } = world.client.samples().at(-1) ?? {};
      movedEarly.push(String(servedBy));
    });

    await world.loseRegion('primary');
    await local.incidentsOver();

    expect(local.incident().outcome, local.story()).toBe('recovered');
    expect(movedEarly).toEqual(['null']);
    expect(await local.sites()).toEqual(['standby', 'standby']);
    expect(await local.servedBy()).toBe('standby');
    expect(local.standbyDeployment('erlmcp')?.ready).toBe(6);
    expect(local.standbyDeployment('erlmcp-gateway')?.ready).toBe(3);
    const { preImages } = local.incident();
    expect(JSON.stringify(preImages['scale-workloads'])).toContain('erlmcp');
    world.clusters.standby.setDemand('erlmcp', 'erlmcp', 1);
    await local.pass(10);
    expect(local.standbyDeployment('erlmcp')?.ready, 'the autoscaler may not go below the strength').toBe(6);
    expect(world.cloud.iam.denied()).toEqual([]);
  }));
