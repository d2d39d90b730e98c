import { describe, expect, it, test } from 'vitest';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import { newRecord } from '../../lambdas/incident/record.ts';
import type { RestorePlan } from '../../lambdas/plan-restore/contract.ts';
import { newWorld } from './world.ts';

const steps = ['start-restore', 'check-restore', 'align-settings', 'validate-copy'];
const region = 'eu-central-1';
const identifier = 'erlmcp-r20261123035800';
const plan: RestorePlan = {
  database: 'erlmcp',
  site: 'primary',
  source: { region, identifier: 'erlmcp' },
  target: { region, identifier },
  recoveryPoint: '2026-11-23T03:58:00Z',
  foundBy: 'given by a person',
  lossSeconds: 120,
  expectedSeconds: 1_800,
  budgetSeconds: 7_200,
  resumed: false,
};

/** A world in which one database is to be copied, as often as it is started, by another incident each time. */
function copyWorld(options: Parameters<typeof newWorld>[0] = {}) {
  const world = newWorld(options);
  let runs = 0;
  const copy = () => {
    const at = new Date(world.clock.now()).toISOString();
    const incident: IncidentRef = {
      id: `test-${String(++runs)}`,
      epoch: runs,
      environment: 'test',
      scenario: 'data-corruption',
      severity: 'P1',
      mode: 'live',
      startedBy: 'a person',
      startedAt: at,
      deadline: at,
      rtoSeconds: 14_400,
      rpoSeconds: 900,
      updateEverySeconds: 1_800,
    };
    world.model.lockHolder = incident.id;
    world.model.record = newRecord(incident, '');
    return world.run('database-copy', { incident, plan });
  };
  return { ...world, copy, phase: () => world.restore.recoveries.get('erlmcp')?.phase };
}

describe('a database', () => {
  it('is restored beside itself, set up, and proven; nothing points at the copy', async () => {
    const world = copyWorld();
    const { status, output, startedAt, stoppedAt = 0 } = await world.copy();
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toEqual({
      endpoint: { host: `${identifier}.rds.test`, port: 5432 },
      reason: 'it is available; erlmcp; the copy is true',
    });
    expect(world.invoked).toEqual([
      ...['start-restore', 'start-restore'],
      ...['check-restore', 'check-restore', 'check-restore'],
      ...['align-settings', 'check-restore', 'align-settings'],
      'validate-copy',
    ]);
    // One wait for the log, two for the copy, one for its settings.
    expect((stoppedAt - startedAt) / 1_000).toBe(4 * 30);
    expect(world.phase()).toBe('validated');
    expect(world.restore.usersFind.size).toBe(0);
  });

  it('whose settings never settle is proven all the same, after twenty minutes', async () => {
    const world = copyWorld({ restore: { alignedAt: Infinity } });
    expect((await world.copy()).status).toBe('SUCCEEDED');
    expect(world.times('align-settings')).toBe(40);
    expect(world.phase()).toBe('validated');
  });

  it('whose copy is not sound is not proven, with the reason and what a person can do', async () => {
    const world = copyWorld({ restore: { copySound: false } });
    const { status, error, cause } = await world.copy();
    expect([status, error]).toEqual(['FAILED', 'RestoreFailed']);
    expect(cause).toContain(`${identifier} is not proven: the copy is false. Nothing points at it`);
    expect(cause).toContain('"abandoned" in recoveries/erlmcp.json');
    expect(world.times('validate-copy')).toBe(1);
    expect(world.phase()).toBe('restored');
  });

  it('whose copy cannot be asked is asked ten times', async () => {
    const world = copyWorld({ restore: { copySound: 'unknown' } });
    expect((await world.copy()).error).toBe('RestoreFailed');
    expect(world.times('validate-copy')).toBe(10);

    const other = copyWorld({ restore: { copySound: 'unknown' } });
    other.before('validate-copy', () => {
      if (other.times('validate-copy') === 3) other.restore.copySound = true;
    });
    expect((await other.copy()).status).toBe('SUCCEEDED');
  });

  it('whose log is never shipped is given up after eight hours, far from the limit of the history', async () => {
    const world = copyWorld({ restore: { logShippedAt: Infinity } });
    const { status, error, events } = await world.copy();
    expect([status, error]).toEqual(['FAILED', 'GaveUp']);
    expect(world.times('start-restore')).toBe(960);
    expect(events.length).toBeLessThan(25_000 / 1.5);
    expect(world.phase()).toBeUndefined();
  });

  it('whose copy outlasts its budget is given up', async () => {
    const world = copyWorld({ restore: { availableAt: Infinity } });
    const { error, cause } = await world.copy();
    expect(error).toBe('RestoreFailed');
    expect(cause).toContain('has outlasted its budget');
  });
});

/** Error, and how often a step is invoked until it is given up. */
const permanent: readonly (readonly [error: string, invocations: number])[] = [
  ['UnsafePlan', 1],
  ['RestoreFailed', 1],
  ['CapacityFailed', 1],
  ['LockLost', 1],
  ['TryAgain', 7],
  ['TypeError', 3],
  ['hangs', 3],
];

describe.each(steps)('%s', (step) => {
  it.each(permanent)('that meets %s for ever is given up after %i tries', async (error, invocations) => {
    const world = copyWorld();
    world.troubles.add(step, { error, message: 'this is why' });
    const ended = await world.copy();
    expect(ended.status).toBe('FAILED');
    expect(ended.error).toBe(error === 'hangs' ? 'States.Timeout' : error);
    expect(ended.cause).toContain(error === 'hangs' ? `${step} gave no reason` : 'this is why');
    expect(world.times(step)).toBe(invocations);
    expect(world.restore.usersFind.size).toBe(0);
  });

  it.each(['TryAgain', 'Lambda.ServiceException', 'Sandbox.Timedout'])(
    'that meets %s twice goes on',
    async (error) => {
      const world = copyWorld();
      world.troubles.add(step, { error, times: 2 });
      expect((await world.copy()).status).toBe('SUCCEEDED');
      expect(world.phase()).toBe('validated');
    },
  );

  it('that dies after it has acted finds it done when it is tried again', async () => {
    const world = copyWorld();
    world.troubles.add(step, { error: 'Sandbox.Timedout', times: 1, afterwards: true });
    expect((await world.copy()).status).toBe('SUCCEEDED');
    expect(world.phase()).toBe('validated');
  });
});

test('a run that is stopped at any invocation is finished by the next one, into the same copy', async () => {
  const whole = copyWorld();
  await whole.copy();
  for (let kill = 1; kill <= whole.invoked.length; kill++) {
    const world = copyWorld();
    let invocations = 0;
    for (const name of steps) {
      world.before(name, () => {
        if (++invocations === kill) void world.stop('database-copy');
      });
    }
    expect((await world.copy()).status).toBe('ABORTED');
    expect((await world.copy()).status).toBe('SUCCEEDED');
    expect(world.phase()).toBe('validated');
    expect(world.restore.recoveries.get('erlmcp')?.target.identifier).toBe(identifier);
  }
});
