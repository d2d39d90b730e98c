import { describe, expect, it, test } from 'vitest';
import { newWorld, siteFailure } from './world.ts';

/** The tasks of the runbook in their order, but for the one that closes. */
const steps = [
  'assess-primary',
  'check-standby',
  'decide-failover',
  'scale-nodes',
  'measure-loss',
  'decide-promotion',
  'scale-workloads',
  'check-capacity',
  'switch-dns',
  'check-dns',
  'verify-service',
  'run-tests',
];
/** Error, and how often a step is invoked until it is given up. */
const permanent: readonly (readonly [error: string, invocations: number])[] = [
  ['UnsafePlan', 1],
  ['CapacityFailed', 1],
  ['InvalidInput', 1],
  ['TryAgain', 7],
  ['Lambda.TooManyRequestsException', 7],
  ['TypeError', 3],
  ['Sandbox.Timedout', 3],
  ['hangs', 3],
];
const passing = [
  ['TryAgain', 6],
  ['Lambda.ServiceException', 6],
  ['Lambda.TooManyRequestsException', 6],
  ['Sandbox.Timedout', 2],
  ['Lambda.Unknown', 2],
  ['hangs', 2],
] as const;

describe.each(steps)('%s', (step) => {
  it.each(permanent)(
    'that meets %s for ever is given up after %i tries, recorded and told',
    async (error, usual) => {
      // A node group that is busy with an earlier update needs more than a moment.
      const times = step === 'scale-nodes' && error === 'TryAgain' ? 41 : usual;
      const world = newWorld();
      world.troubles.add(step, { error, message: 'this is why' });
      const { status, error: name, cause } = await world.run('incident', siteFailure);
      const runbook = await world.ended('site-failover');

      expect([runbook.status, runbook.error]).toEqual(['FAILED', 'Escalated']);
      expect([status, name]).toEqual(['FAILED', 'Escalated']);
      expect(world.times(step)).toBe(times);
      for (const text of [runbook.cause, cause, world.model.record?.summary]) {
        expect(text).toContain(`Step ${step} failed.`);
        expect(text).toContain(error === 'hangs' ? 'States.Timeout' : `${error}: this is why`);
      }
      expect(cause).toMatch(/Changed:\n(- .*\n)+Not changed:\n(- .*\n)+What to do:\n- /);
      const later = steps.slice(steps.indexOf(step) + 1);
      expect(world.invoked.filter((each) => later.includes(each))).toEqual([]);
      expect(world.model.lockHolder).toBeNull();
      expect(world.kinds()).toContain('escalation');
    },
  );

  it.each(passing)('that meets %s %i times goes on when it has passed', async (error, times) => {
    const world = newWorld();
    world.troubles.add(step, { error, times });
    expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
    expect(world.model).toMatchObject({ traffic: 'standby', lockHolder: null });
  });
});

test.each(['scale-nodes', 'scale-workloads', 'switch-dns'])(
  '%s that dies after it has acted finds it done when it is tried again',
  async (step) => {
    const world = newWorld();
    world.troubles.add(step, { error: 'Sandbox.Timedout', times: 1, afterwards: true });
    expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
    const results = world.model.record?.steps.filter((result) => result.step === step);
    expect(results?.map(({ status }) => status)).toEqual(['changed', 'already-there']);
  },
);

test.each([
  ['scale-nodes', []],
  ['scale-workloads', ['scale-nodes']],
  ['switch-dns', ['scale-nodes', 'scale-workloads']],
])('a lock that is lost before %s lets nothing act any more', async (step, acted) => {
  const world = newWorld();
  world.before(step, () => (world.model.lockHolder = 'another'));
  const { cause } = await world.run('incident', siteFailure);
  expect(cause).toContain(`Step ${step} failed. LockLost: `);
  expect(world.times(step)).toBe(1);
  expect(world.model.record?.steps.map((result) => result.step)).toEqual(acted);
  expect(world.model).toMatchObject({ traffic: 'primary', lockHolder: 'another' });
});

describe('a primary of which nothing is known', () => {
  it('is asked again every ten seconds for two minutes, and then the gate decides', async () => {
    const world = newWorld({ unknownLooks: Infinity });
    const { status, cause } = await world.run('incident', siteFailure);
    expect(status).toBe('FAILED');
    expect(cause).toContain('the primary is unknown');
    expect(world.times('assess-primary')).toBe(13);
    expect(secondsOf(await world.ended('site-failover'))).toBe(120);
    expect(world.model.traffic).toBe('primary');
  });

  it('is left to the standby when it turns out to be down', async () => {
    const world = newWorld({ unknownLooks: 5 });
    expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
    expect(world.times('assess-primary')).toBe(6);
  });
});

describe('waiting', () => {
  it('for capacity that never comes is given up after 240 looks, before the users are moved', async () => {
    const world = newWorld({ capacityReadyAt: Infinity, taskSeconds: 5 });
    const { cause } = await world.run('incident', siteFailure);
    const runbook = await world.ended('site-failover');
    expect(world.times('check-capacity')).toBe(240);
    expect(cause).toContain('Step check-capacity failed. GaveUp: look 240: 1 of 3 pods is ready');
    expect(runbook.status).toBe('FAILED');
    expect(secondsOf(runbook)).toBeLessThan(3_600);
    expect(world.model).toMatchObject({ nodes: 'scaled', traffic: 'primary' });
  });

  it('for capacity that is there at the last look goes on', async () => {
    const world = newWorld({ capacityReadyAt: 240 });
    expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
  });

  it('for DNS that never moves is given up after 72 looks', async () => {
    const world = newWorld({ dnsMovesAt: Infinity });
    const { cause } = await world.run('incident', siteFailure);
    expect(world.times('check-dns')).toBe(72);
    expect(cause).toContain('Step check-dns failed. GaveUp: look 72: 1 of 4 name servers has moved');
    expect(world.times('verify-service')).toBe(0);
  });

  it('for a service that nobody can call is given up after 72 looks, and never called a recovery', async () => {
    const world = newWorld({ verifiedAt: Infinity });
    const { cause } = await world.run('incident', siteFailure);
    expect(world.times('verify-service')).toBe(72);
    expect(cause).toContain('Step verify-service failed. GaveUp: look 72: nobody answers');
    expect(cause).toContain('- switch-dns: one record to the standby');
    expect(world.model.record?.outcome).toBe('escalated');
  });
});

describe('tests that fail when the users are served', () => {
  it('are run again every five seconds, until they pass', async () => {
    const world = newWorld({ testsPassAt: 24 });
    const { status } = await world.run('incident', siteFailure);
    expect(status).toBe('SUCCEEDED');
    expect(world.times('run-tests')).toBe(24);
    expect(world.model.record?.summary).toContain('all 2 tests pass');
  });

  it('and never pass are told with what has changed, and undo nothing', async () => {
    const world = newWorld({ testsPassAt: Infinity });
    const { status, cause } = await world.run('incident', siteFailure);
    expect(status).toBe('FAILED');
    expect(world.times('run-tests')).toBe(24);
    expect(cause).toContain('Step run-tests failed. GaveUp: look 24: 1 of 2 tests fails');
    expect(cause).toMatch(/Changed:\n(- .*\n)*- switch-dns/);
    expect(world.model).toMatchObject({ traffic: 'standby', lockHolder: null });
    expect(world.kinds()).toContain('escalation');
  });
});

describe('a change that Route 53 forgets', () => {
  it.each([1, 2])('is made again, %i times', async (changesLost) => {
    const world = newWorld({ changesLost });
    expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
    expect(world.times('switch-dns')).toBe(changesLost + 1);
    expect(world.model.traffic).toBe('standby');
  });

  it.each([3, 4])('is given up at the third time, and %i are in store', async (changesLost) => {
    const world = newWorld({ changesLost });
    const { cause } = await world.run('incident', siteFailure);
    expect(cause).toContain('Step check-dns failed. ChangeLost: Route 53 does not know change C1');
    expect(world.times('switch-dns')).toBe(3);
  });
});

describe('a failure that cannot be recorded', () => {
  it('ends the runbook with the failed step and what it said', async () => {
    const world = newWorld();
    world.troubles.add('switch-dns', { error: 'UnsafePlan', message: '25 records, limit 20' });
    world.troubles.add('close-incident', { error: 'TryAgain' });
    const { cause } = await world.run('incident', siteFailure);
    const runbook = await world.ended('site-failover');
    expect(runbook.cause).toMatch(/^switch-dns: UnsafePlan: .*25 records, limit 20/);
    expect(cause).toContain('The runbook did not finish.');
    expect(cause).toContain('25 records, limit 20');
    expect(world.model.notices.at(-1)?.detail).toBe(cause);
  });

  it('keeps the reason of the gate', async () => {
    const world = newWorld({ primary: 'up' });
    world.troubles.add('close-incident', { error: 'TryAgain' });
    await world.run('incident', siteFailure);
    expect((await world.ended('site-failover')).cause).toBe('the primary is not down: the primary is up');
  });
});

test('the longest history, of looks that are all tried again as often as they may, is far from its limit', async () => {
  const world = newWorld({
    random: () => 0,
    unknownLooks: Infinity,
    capacityReadyAt: 240,
    dnsMovesAt: 72,
    verifiedAt: Infinity,
  });
  world.before('decide-failover', () => (world.model.primary = 'down'));
  const worst = ['assess-primary', 'check-capacity', 'check-dns', 'verify-service'];
  for (const step of worst) {
    // Each visit meets both retriers in full: six tries of one, then two of the other.
    world.troubles.cycle(step, [...Array<string>(6).fill('TryAgain'), 'TypeError', 'TypeError']);
  }
  const { events } = await (await world.run('incident', siteFailure), world.ended('site-failover'));
  expect(events.length).toBeLessThan(25_000 / 1.5);
});

function secondsOf({ startedAt, stoppedAt = NaN }: { startedAt: number; stoppedAt?: number }): number {
  return (stoppedAt - startedAt) / 1_000;
}
