import { expect, test } from 'vitest';
import type { ConfigurationRecovery } from '../../../lambdas/configuration/contract.ts';
import type { Item, SiteConfiguration } from '../../../drill/world/configuration/configuration.ts';
import { inWorld, type LocalWorld, type MachineName } from './local-world.ts';

/** Machines that an incident runs, outermost first. */
const machines = ['incident', 'config-restore', 'objects-copy'] as const;

function configurationOf({ world }: LocalWorld): SiteConfiguration {
  const { configuration } = world.applications.primary;
  if (!configuration) throw new Error('dev has no configuration');
  return configuration;
}

/** A bad release, and what stood there before it. */
async function spoil(local: LocalWorld): Promise<readonly Item[]> {
  const before = await configurationOf(local).look();
  await configurationOf(local).spoil();
  await local.world.applications.primary.restart();
  return before;
}

/** Do something once, when a state of a machine has been left. */
function after(
  local: LocalWorld,
  machine: MachineName,
  state: string,
  act: () => unknown,
): { done: boolean } {
  const once = { done: false };
  local.world.cloud.states.onTransition(({ stateMachineArn, event }) => {
    if (once.done || stateMachineArn !== local.machine(machine)) return;
    if (event.stateExitedEventDetails?.name !== state) return;
    once.done = true;
    void act();
  });
  return once;
}

async function stopAll(local: LocalWorld): Promise<void> {
  for (const machine of machines) {
    for (const { executionArn, status } of local.executions(machine)) {
      if (status === 'RUNNING') await local.stop(executionArn);
    }
  }
}

function snapshots({ world: { cloud, environment } }: LocalWorld): ReadonlyMap<string, string> {
  const { account, name, sites } = environment;
  const bucket = `lifeboat-${name}-exports-${account}-${sites.standby.region}`;
  const keys = cloud.storage.keys(bucket).filter((key) => key.startsWith('snapshots/'));
  return new Map(keys.map((key) => [key, cloud.storage.read(bucket, key)?.toString('utf8') ?? '']));
}

test.each([
  ['config-restore', 'TakeSnapshot'],
  ['objects-copy', 'ApplyChunk'],
  ['config-restore', 'ApplyCluster'],
  ['config-restore', 'RestartWorkloads'],
] as const)(
  'a restore killed in %s after %s and run again ends as it was, with its first snapshot intact',
  async (machine, state) => {
    await inWorld('dev', async (local) => {
      const before = await spoil(local);
      const killed = after(local, machine, state, () => stopAll(local));
      await local.incidentsOver();
      expect(killed.done).toBe(true);
      const first = snapshots(local);
      expect(first.size).toBe(1);
      await local.until(() => local.lock()?.state === 'free', 20);
      await local.ended(await local.start({ scenario: 'configuration-loss', reason: 'go on' }));
      await local.pass(2);

      expect(local.incident().outcome, local.story()).toBe('recovered');
      expect(await configurationOf(local).look(), local.story()).toEqual(before);
      expect(snapshots(local)).toEqual(first);
      expect(local.read<ConfigurationRecovery>('configuration/primary.json')?.phase).toBe('done');
      expect(await local.servedBy()).toBe('primary');
      expect(local.world.cloud.iam.denied()).toEqual([]);
    });
  },
);

test('what somebody writes during a restore stays, and is told', async () => {
  await inWorld('dev', async (local) => {
    const { cloud, environment } = local.world;
    const bucket = environment.configuration.buckets[0]?.primary ?? '';
    const key = 'erlmcp/routes/tenant 05.json';
    const before = await spoil(local);
    after(local, 'config-restore', 'DecideConfiguration', () =>
      cloud.storage.put(bucket, key, '{"mended":"by hand"}\n'),
    );
    await local.incidentsOver();

    const record = local.incident();
    expect(record.outcome, local.story()).toBe('recovered');
    expect(record.summary).toContain('1 written by somebody else meanwhile and left alone');
    expect(cloud.storage.read(bucket, key)?.toString('utf8')).toBe('{"mended":"by hand"}\n');
    const others = (items: readonly Item[]) => items.filter(({ name }) => !name.endsWith(key));
    expect(others(await configurationOf(local).look())).toEqual(others(before));
  });
});

test('what may not be written is named, and the rest is restored', async () => {
  await inWorld('dev', async (local) => {
    const { cloud, environment } = local.world;
    const bucket = environment.configuration.buckets[0]?.primary ?? '';
    await spoil(local);
    cloud.storage.restrict(bucket, {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: `arn:aws:s3:::${bucket}/erlmcp/limits.json`,
        },
      ],
    });
    await local.incidentsOver();

    const record = local.incident();
    expect(record.outcome).toBe('escalated');
    expect(record.summary).toContain('config/erlmcp/limits.json');
    expect(cloud.storage.read(bucket, 'erlmcp/app.json')?.toString('utf8')).toContain('listeners');
  });
});

test('a snapshot that does not exist is refused with those that do, and nothing is changed', async () => {
  await inWorld('dev', async (local) => {
    const before = await configurationOf(local).look();
    await local.ended(await local.start({ scenario: 'configuration-loss', snapshot: 'nope' }));
    expect(local.incident().summary).toContain('there is none called nope');
    expect(await configurationOf(local).look()).toEqual(before);
  });
});
