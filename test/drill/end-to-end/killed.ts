import { expect } from 'vitest';
import { personOnCall } from '../../../drill/world/person.ts';
import { inWorld, type EnvironmentWithDatabases, type LocalWorld, type MachineName } from './local-world.ts';

export interface Kill {
  readonly environment: EnvironmentWithDatabases;
  readonly scenario: 'data-corruption' | 'site-failure';
  /** The machine that is watched, and the state after which every execution is stopped. */
  readonly machine: MachineName;
  readonly state: string;
  /** How often the state is left before the stop; default 1. */
  readonly times?: number;
}

/** Machines that an incident runs, outermost first. */
const machines = [
  'incident',
  'site-failover',
  'database-restore',
  'database-promotion',
  'database-copy',
] as const;

/**
 * Begin a recovery, kill it after a state, let a person start it again, and see that it ends where it would have
 * ended: one writable server, every write that it owes, the service back.
 *
 * @returns whether the state was reached at all
 */
export function killedAndRunAgain({
  environment,
  scenario,
  machine,
  state,
  times = 1,
}: Kill): Promise<boolean> {
  return inWorld(environment, async (local) => {
    const { world } = local;
    const databases = world.databases?.all ?? [];
    let left = 0;
    const now = { killed: false };
    world.cloud.states.onTransition(({ stateMachineArn, event }) => {
      if (now.killed || stateMachineArn !== local.machine(machine)) return;
      if (event.stateExitedEventDetails?.name !== state || ++left < times) return;
      now.killed = true;
      void killAll(local);
    });
    const person = personOnCall(world);
    if (scenario === 'site-failure') await world.loseRegion('primary');
    else await databases[0]?.destroyRows();
    await local.incidentsOver(600);
    if (now.killed) {
      await local.until(() => local.lock()?.state === 'free', 20);
      await local.ended(await local.start({ scenario, reason: 'go on' }), 600);
    }
    await person.stop();
    await local.pass(2);

    const where = `${machine} killed after ${state}\n${local.story()}`;
    expect(local.incident().outcome, where).toBe('recovered');
    const site = scenario === 'site-failure' ? 'standby' : 'primary';
    for (const database of databases) {
      const writable: string[] = [];
      for (const server of database.servers()) {
        if ((await database.tryWrite(server)) === null) writable.push(server.name);
      }
      expect(writable, where).toEqual([database.serverOf(site)?.name]);
      expect(database.acknowledged().at(-1)?.server, where).toBe(writable[0]);
    }
    expect(await local.servedBy(), where).toBe(site);
    expect(world.cloud.iam.denied(), where).toEqual([]);
    return now.killed;
  });
}

async function killAll(local: LocalWorld): Promise<void> {
  for (const machine of machines) {
    for (const { executionArn, status } of local.executions(machine)) {
      if (status === 'RUNNING') await local.stop(executionArn);
    }
  }
}
