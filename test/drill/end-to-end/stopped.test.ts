import { expect, test } from 'vitest';
import { inWorld, type LocalWorld } from './local-world.ts';

type Machine = 'incident' | 'site-failover';

/** Stop the running execution of a machine when the machine that is watched leaves the state, once. */
function stopWhen(
  local: LocalWorld,
  left: readonly [Machine, string],
  machine: Machine = left[0],
): () => boolean {
  let stopped = false;
  local.world.cloud.states.onTransition(({ stateMachineArn, event }) => {
    if (stopped || stateMachineArn !== local.machine(left[0])) return;
    if (event.stateExitedEventDetails?.name !== left[1]) return;
    const running = local.executions(machine).find(({ status }) => status === 'RUNNING');
    if (!running) return;
    stopped = true;
    void local.stop(running.executionArn);
  });
  return () => stopped;
}

const needed = (local: LocalWorld) =>
  local.mails('oncall').filter((mail) => mail.split('\n')[0]?.includes('a person is needed')).length;

/**
 * One stop after the other, each of a new incident; the last one is left alone.
 *
 * @param byAlarms how many of them the two alarms start by themselves; a person starts the others
 */
async function sweep(
  local: LocalWorld,
  stops: readonly (() => () => boolean)[],
  byAlarms: number,
): Promise<void> {
  await local.world.loseRegion('primary');
  for (const [index, arm] of stops.entries()) {
    const stopped = arm();
    const told = needed(local);
    if (index < byAlarms) await local.until(() => local.incidents().length > index, 5);
    else await local.start({ scenario: 'site-failure', reason: 'go on' });
    await local.until(() => stopped() && local.lock()?.state === 'free', 10);
    await local.pass(1);

    const where = `${arm.toString()}\n${local.story()}`;
    expect(stopped(), where).toBe(true);
    expect(local.lock()?.state, where).toBe('free');
    expect(local.incident().outcome, where).toBe('escalated');
    expect(local.incident().nextSteps?.length, where).toBeGreaterThan(0);
    expect(needed(local) - told, where).toBe(1);
    expect(await local.sites(), where).not.toContain(null);
    for (const machine of ['incident', 'site-failover'] as const) {
      const running = local.executions(machine).filter(({ status }) => status === 'RUNNING');
      expect(running, where).toEqual([]);
    }
  }
  await local.ended(await local.start({ scenario: 'site-failure', reason: 'to the end' }));
  expect(local.incident().outcome, local.story()).toBe('recovered');
  expect(await local.sites()).toEqual(['standby']);
  expect(await local.servedBy()).toBe('standby');
  expect(local.standbyDeployment('erlmcp')?.ready).toBe(3);
}

test.concurrent(
  'a runbook that is stopped by hand after any state frees the lock, tells on-call, and is finished by the next',
  () =>
    inWorld('dev', (local) =>
      sweep(
        local,
        [
          'AssessPrimary',
          'CheckStandby',
          'DecideFailover',
          'WaitForCapacity',
          'WaitForDns',
          'ScaleNodes',
          'ScaleWorkloads',
          'CheckCapacity',
          'SwitchDns',
          'CheckDns',
          'VerifyService',
        ].map((state) => () => stopWhen(local, ['site-failover', state])),
        2,
      ),
    ),
);

test.concurrent(
  'an incident that is stopped by hand takes its runbook along, and is noticed from outside',
  () =>
    inWorld('dev', (local) =>
      sweep(
        local,
        [
          () => stopWhen(local, ['incident', 'OpenIncident']),
          () => stopWhen(local, ['incident', 'StartStatusUpdates']),
          () => stopWhen(local, ['site-failover', 'ScaleNodes'], 'incident'),
          () => stopWhen(local, ['site-failover', 'SwitchDns'], 'incident'),
        ],
        1,
      ),
    ),
);

test.concurrent('what a person has stopped no alarm starts again', () =>
  inWorld('dev', async (local) => {
    const stopped = stopWhen(local, ['site-failover', 'ScaleNodes'], 'incident');
    await local.world.loseRegion('primary');
    expect(await local.until(() => stopped() && local.lock()?.state === 'free', 10)).toBe(true);
    // The second alarm comes two minutes after the first.
    await local.pass(10);
    expect(local.incidents().length, local.story()).toBe(1);
    expect(await local.sites()).toEqual(['primary']);
    expect(local.executions('incident').at(-1)?.output).toContain('ignored');
  }),
);
