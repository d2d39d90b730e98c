import { describe, expect, it, test } from 'vitest';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import type { Answer } from '../../lambdas/request-approval/contract.ts';
import { hardwareFunctions, newHardware, type HardwareModel } from './hardware-functions.ts';
import { newWorld } from './world.ts';

const approve: Answer = { decision: 'approve', by: 'ada', reason: 'we must', decidedAt: '' };
const reject: Answer = { ...approve, decision: 'reject', reason: 'the rack comes back' };
const begin = Date.parse('2026-11-23T04:00:00Z');
const steps = [
  'call-site',
  'assess-hardware',
  'replace-nodes',
  'reboot-database',
  'check-reboot',
  'check-nodes',
  'run-tests',
];

/** A world with an open incident about machines, which runs as often as it is started. */
function brokenWorld(
  hardware: HardwareModel = newHardware(begin),
  options: Parameters<typeof newWorld>[0] = {},
) {
  const world = newWorld({ ...options, functions: (model) => hardwareFunctions(model, hardware) });
  let runs = 0;
  const open = (more: Partial<IncidentRef>): IncidentRef => {
    const at = (seconds: number) => new Date(world.clock.now() + seconds * 1_000).toISOString();
    const incident: IncidentRef = {
      id: `test-${String(++runs)}`,
      epoch: runs,
      environment: 'test',
      scenario: 'hardware-failure',
      severity: 'P2',
      mode: 'live',
      startedBy: 'alarm lifeboat-test-nodes-unhealthy',
      startedAt: at(0),
      deadline: at(28_800),
      rtoSeconds: 28_800,
      rpoSeconds: 14_400,
      updateEverySeconds: 7_200,
      ...more,
    };
    world.model.lockHolder = incident.id;
    world.model.record = {
      ...{ ref: incident, executionArn: '', state: 'open', lastGoodAt: null, timeline: [], steps: [] },
      ...{ checks: [], notices: [], preImages: {}, joined: [] },
    };
    return incident;
  };
  return {
    ...world,
    hardware,
    mend: (more: Partial<IncidentRef> = {}) => world.run('hardware-failure', { incident: open(more) }),
  };
}

/** Node 1 is silent, and the database, too. */
const both = () => newHardware(begin, { 1: 600 }, { erlmcp: { dead: true } });
const silentDatabase = (multiAz = true) => newHardware(begin, {}, { erlmcp: { dead: true, multiAz } });

function expectWhole({ hardware }: { readonly hardware: HardwareModel }): void {
  expect(hardware.machines.filter(({ ready }) => ready)).toHaveLength(3);
  for (const { zone, deadZone, reboots } of hardware.databases.values()) {
    expect(zone).not.toBe(deadZone);
    expect(reboots).toBeLessThanOrEqual(1);
  }
  expect(new Set(hardware.ended).size).toBe(hardware.ended.length);
}

function expectUntouched({ hardware }: { readonly hardware: HardwareModel }): void {
  expect(hardware.ended).toEqual([]);
  expect([...hardware.databases.values()].map(({ reboots }) => reboots)).not.toContain(1);
}

describe('a node that stays silent', () => {
  it('is replaced, and the pods and tests are waited for', async () => {
    const world = brokenWorld();
    const { status, output, startedAt, stoppedAt = 0 } = await world.mend();
    expect(status).toBe('SUCCEEDED');
    expect(world.hardware.ended).toEqual(['i-1']);
    expectWhole(world);
    expect(output).toContain('ended i-1 of workers (node-1)');
    expect(output).toContain('nodes and pods are there');
    expect(output).toContain('all 3 tests pass');
    expect((stoppedAt - startedAt) / 60_000).toBeGreaterThan(4);
    expect((stoppedAt - startedAt) / 60_000).toBeLessThan(8);
    expect(world.asked).toEqual([]);
  });

  it('is waited for until it has been silent for long enough', async () => {
    const world = brokenWorld(newHardware(begin, { 1: 120 }));
    let replacedAt = 0;
    world.before('replace-nodes', () => (replacedAt ||= world.clock.now()));
    expect((await world.mend()).status).toBe('SUCCEEDED');
    expect((replacedAt - begin) / 1_000).toBe(180);
    expectWhole(world);
  });

  it('is left alone when it comes back by itself', async () => {
    const world = brokenWorld(newHardware(begin, { 1: 120 }));
    world.clock.at(begin + 90_000, () => (world.hardware.machines[1]!.ready = true));
    const { status, cause } = await world.mend();
    expect(status).toBe('FAILED');
    expect(cause).toMatch(/^The hardware is sound: all nodes of workers are there; erlmcp answers/);
    expect(cause).toContain('{"scenario":"application-failure"}');
    expectUntouched(world);
  });

  it('is not found where nodes may not be looked at, and that is said', async () => {
    const world = brokenWorld();
    world.hardware.maySeeNodes = false;
    const { cause } = await world.mend();
    expect(cause).toContain('nodes may not be looked at (docs/deploy.md says how to let it)');
    expectUntouched(world);
  });
});

describe('more nodes than may be replaced without a person', () => {
  const two = () => newHardware(begin, { 1: 600, 2: 700 });

  it('are asked about, the newest trouble first, and replaced when a person approves', async () => {
    const world = brokenWorld(two(), { answer: approve });
    expect((await world.mend()).status).toBe('SUCCEEDED');
    expect(world.asked).toMatchObject([{ gate: 'hardware', timeoutSeconds: 1_800 }]);
    expect(world.asked[0]!.question).toContain('node-1 (i-1 of workers) and node-2 (i-2 of workers)');
    expect(world.hardware.ended).toEqual(['i-1', 'i-2']);
    expectWhole(world);
  });

  it('are looked at again after the answer: what is ready meanwhile is left alone', async () => {
    const world = brokenWorld(two(), { answer: approve });
    world.clock.at(begin + 30_000, () => (world.hardware.machines[1]!.ready = true));
    await world.mend();
    expect(world.hardware.ended).toEqual(['i-2']);
  });

  it('stay when a person refuses, who is named with the reason', async () => {
    const world = brokenWorld(two(), { answer: reject });
    const { cause } = await world.mend();
    expect(cause).toMatch(/^ada refused: the rack comes back\. Nothing was changed\./);
    expectUntouched(world);
  });

  it('stay when nobody answers in time', async () => {
    const world = brokenWorld(two());
    const { cause, startedAt, stoppedAt = 0 } = await world.mend();
    expect(cause).toMatch(/^Nobody decided within 1800 s whether to go on: nothing was changed/);
    expect((stoppedAt - startedAt) / 1_000).toBe(1_800);
    expect(world.times('request-approval')).toBe(1);
    expectUntouched(world);
  });
});

describe('a cluster of which no node is ready', () => {
  const all = () => newHardware(begin, { 0: 600, 1: 600, 2: 600 });

  it('is a lost site, and no machine is ended', async () => {
    const world = brokenWorld(all());
    const { cause } = await world.mend();
    expect(cause).toContain("no node of the primary's cluster is ready (3 are there)");
    expect(cause).toContain('{"scenario":"site-failure"}');
    expectUntouched(world);
  });

  it('after the question was asked is one, too', async () => {
    const world = brokenWorld(newHardware(begin, { 1: 600, 2: 600 }), { answer: approve });
    world.clock.at(begin + 30_000, () => (world.hardware.machines[0]!.ready = false));
    const { cause } = await world.mend();
    expect(cause).toContain('Step replace-nodes failed. UnsafePlan: none of the 3 nodes');
    expectUntouched(world);
  });
});

describe('a node group that can start no machine', () => {
  const quota = 'InstanceLimitExceeded: VcpuLimitExceeded - your current vCPU limit of 32';

  it('loses none: which quota is to be raised is said', async () => {
    const world = brokenWorld();
    world.hardware.issue = quota;
    const { cause } = await world.mend();
    expect(cause).toContain('node group workers would get no new nodes: InstanceLimitExceeded');
    expect(cause).toContain('raise the quota "Running On-Demand Standard');
    expectUntouched(world);
  });

  it('after its machine was ended is told at once', async () => {
    const world = brokenWorld();
    world.before('check-nodes', () => {
      world.hardware.issue ??= quota;
    });
    const { cause, startedAt, stoppedAt = 0 } = await world.mend();
    expect(cause).toContain('Step check-nodes failed. CapacityFailed: node group workers has 2 of 3');
    expect(stoppedAt - startedAt).toBeLessThan(60_000);
    expect(cause).toMatch(/Changed:\n- .*replace-nodes/);
  });

  it('because AWS has no room is waited for, and given up after half an hour', async () => {
    const world = brokenWorld();
    world.before('replace-nodes', () => (world.hardware.issue = 'AsgInstanceLaunchFailures: Insufficient'));
    const { cause, startedAt, stoppedAt = 0 } = await world.mend();
    expect(cause).toContain('Step check-nodes failed. GaveUp: ');
    expect(world.times('check-nodes')).toBe(60);
    expect((stoppedAt - startedAt) / 60_000).toBeCloseTo(29.5);
  });
});

describe('a database that is silent', () => {
  it('is restarted in its other zone when a person approves', async () => {
    const world = brokenWorld(silentDatabase(), { answer: approve });
    const { status, output } = await world.mend();
    expect(status).toBe('SUCCEEDED');
    expect(world.asked[0]!.question).toMatch(/^Restart erlmcp in another zone\?/);
    expect(output).toContain('erlmcp answers from erlmcp in eu-west-1b');
    expectWhole(world);
  });

  it('is restarted at once where the environment says automatic', async () => {
    const hardware = silentDatabase();
    hardware.reboot = 'automatic';
    const world = brokenWorld(hardware);
    expect((await world.mend()).status).toBe('SUCCEEDED');
    expect(world.asked).toEqual([]);
    expectWhole(world);
  });

  it('is restarted before its pods and the nodes are waited for', async () => {
    const world = brokenWorld(both(), { answer: approve });
    expect((await world.mend()).status).toBe('SUCCEEDED');
    expect(world.invoked.indexOf('check-reboot')).toBeLessThan(world.invoked.indexOf('check-nodes'));
    expectWhole(world);
  });

  it('without a copy in another zone stops, with what a person can do', async () => {
    const world = brokenWorld(silentDatabase(false));
    const { cause } = await world.mend();
    expect(cause).toMatch(/^Nothing here can mend it: erlmcp is silent/);
    expect(cause).toContain('aws rds reboot-db-instance --region eu-west-1 --db-instance-identifier erlmcp');
    expect(cause).toContain('{"scenario":"data-corruption","databases":["erlmcp"]}');
    expectUntouched(world);
  });

  it('is left alone when it answers again while a person thinks', async () => {
    const world = brokenWorld(silentDatabase(), { answer: approve });
    // RDS itself has failed over.
    world.clock.at(begin + 30_000, () => (world.hardware.databases.get('erlmcp')!.zone = 'b'));
    const { status, output } = await world.mend();
    expect(status).toBe('SUCCEEDED');
    expect(output).toContain('erlmcp answers');
    expect(world.hardware.databases.get('erlmcp')!.reboots).toBe(0);
  });

  it('that never comes back is given up after a quarter of an hour', async () => {
    const world = brokenWorld(silentDatabase(), { answer: approve });
    world.before('check-reboot', () => (world.hardware.databases.get('erlmcp')!.backAt = Infinity));
    const { cause } = await world.mend();
    expect(cause).toContain('Step reboot-database failed. GaveUp: erlmcp is not back');
    expect(world.times('check-reboot')).toBe(90);
    expect(world.hardware.databases.get('erlmcp')!.reboots).toBe(1);
  });
});

describe('a plan', () => {
  it.each([
    ['of broken machines', both, 'plan: a live run would ask a person: node node-1 of workers is silent'],
    ['of a sound site', () => newHardware(begin, {}), 'plan: a live run would do nothing'],
    [
      'of a node that is silent a short while',
      () => newHardware(begin, { 1: 60 }),
      'would look again in 60 s',
    ],
  ])('%s says what it would do, and changes nothing', async (_, hardware, told) => {
    const world = brokenWorld(hardware());
    const { status, output } = await world.mend({ mode: 'plan' });
    expect(status).toBe('SUCCEEDED');
    expect(output).toContain(told);
    expect(world.asked).toEqual([]);
    expect(world.times('check-nodes') + world.times('run-tests')).toBe(0);
    expectUntouched(world);
  });
});

describe('tests that never pass', () => {
  it('are given up after 24 looks', async () => {
    const world = brokenWorld();
    world.hardware.testsPassAt = Infinity;
    expect((await world.mend()).cause).toContain('Step run-tests failed. GaveUp: look 24');
  });
});

describe.each(steps)('%s', (step) => {
  it.each(['UnsafePlan', 'CapacityFailed', 'TypeError', 'TryAgain'])(
    'that meets %s for ever escalates',
    async (error) => {
      const world = brokenWorld(both(), { answer: approve });
      world.troubles.add(step, { error, message: 'this is why' });
      const { status, error: name, cause } = await world.mend();
      expect([status, name]).toEqual(['FAILED', 'Escalated']);
      expect(cause).toContain(`${error}: this is why`);
      expect(cause).toMatch(/What to do:\n- /);
      expect(world.model.lockHolder).toBeNull();
    },
  );

  it.each(['TryAgain', 'Lambda.ServiceException', 'Sandbox.Timedout'])(
    'that meets %s twice goes on',
    async (error) => {
      const world = brokenWorld(both(), { answer: approve });
      world.troubles.add(step, { error, times: 2 });
      expect((await world.mend()).status).toBe('SUCCEEDED');
      expectWhole(world);
    },
  );
});

test.each(['replace-nodes', 'reboot-database'])(
  'a lock that is lost before %s lets nothing act any more',
  async (step) => {
    const world = brokenWorld(both(), { answer: approve });
    world.before(step, () => (world.model.lockHolder = 'another'));
    expect((await world.mend()).cause).toContain('LockLost');
    expect([...world.hardware.databases.values()][0]!.reboots).toBe(0);
    expect(world.model.lockHolder).toBe('another');
  },
);

test('a person who starts the machine by hand is told which one to start', async () => {
  const world = brokenWorld();
  const { error, cause } = await world.run('hardware-failure', { scenario: 'hardware-failure' });
  expect([error, cause]).toEqual([
    'InvalidInput',
    'Nothing was done: this machine is started by incident. Start that one instead, with {"scenario":"hardware-failure"}.',
  ]);
});

test('a run that is killed at any invocation is finished by the next one, and nothing is done twice', async () => {
  const whole = brokenWorld(both(), { answer: approve });
  await whole.mend();
  const count = whole.invoked.length;
  expect(count).toBeGreaterThan(15);
  for (let kill = 1; kill <= count; kill++) {
    const world = brokenWorld(both(), { answer: approve });
    let invocations = 0;
    for (const name of new Set(whole.invoked)) {
      world.before(name, () => {
        if (++invocations === kill) void world.stop('hardware-failure');
      });
    }
    expect((await world.mend()).status).toBe('ABORTED');
    const second = await world.mend();
    // All was done but for the end of the machine itself.
    if (second.status !== 'SUCCEEDED') expect(second.cause).toMatch(/^The hardware is sound/);
    await world.clock.sleep(600_000);
    expectWhole(world);
    expect(world.hardware.ended).toEqual(['i-1']);
  }
});

test('the longest history, of looks that are all tried again as often as they may, is far from its limit', async () => {
  const hardware = newHardware(begin, { 1: -3_000 }, { erlmcp: { dead: true } });
  hardware.testsPassAt = Infinity;
  hardware.reboot = 'automatic';
  const world = brokenWorld(hardware, { random: () => 0 });
  for (const step of ['call-site', 'assess-hardware', 'check-nodes', 'check-reboot', 'run-tests']) {
    world.troubles.cycle(step, [...Array<string>(6).fill('TryAgain'), 'TypeError', 'TypeError']);
  }
  const { events } = await world.mend();
  expect(events.length).toBeLessThan(25_000 / 1.5);
});
