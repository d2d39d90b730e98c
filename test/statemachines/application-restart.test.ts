import { describe, expect, it, test } from 'vitest';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import {
  applicationFunctions,
  isSound,
  newApplicationModel,
  type ApplicationModel,
  type Workload,
} from './application-functions.ts';
import { tasksOf } from './definitions.ts';
import { newWorld } from './world.ts';

type Options = Parameters<typeof newWorld>[0];

/** A world with an open incident about an unhealthy application, which runs as often as it is started. */
function sickWorld(given: Partial<ApplicationModel> = {}, options: Options = {}) {
  const application = newApplicationModel(given);
  const world = newWorld({ ...options, functions: applicationFunctions(application) });
  let runs = 0;
  const open = (more: Partial<IncidentRef> = {}): IncidentRef => {
    const at = (seconds: number) => new Date(world.clock.now() + seconds * 1_000).toISOString();
    const incident: IncidentRef = {
      id: `test-${String(++runs)}`,
      epoch: runs,
      environment: 'test',
      scenario: 'application-failure',
      severity: 'P1',
      mode: 'live',
      startedBy: 'alarm lifeboat-test-application-unhealthy',
      startedAt: at(0),
      deadline: at(14_400),
      rtoSeconds: 14_400,
      rpoSeconds: 3_600,
      updateEverySeconds: 1_800,
      ...more,
    };
    world.model.lockHolder = incident.id;
    world.model.record = {
      ref: incident,
      executionArn: '',
      state: 'open',
      lastGoodAt: null,
      timeline: [],
      steps: [],
      checks: [],
      notices: [],
      preImages: {},
      joined: [],
    };
    return incident;
  };
  return {
    ...world,
    application,
    heal: (more: Partial<IncidentRef> = {}) => world.run('application-restart', { incident: open(more) }),
    summary: () => world.model.record?.summary ?? '',
  };
}

type SickWorld = ReturnType<typeof sickWorld>;

const deployments = (of: Readonly<Record<string, Partial<Workload>>>) => ({
  workloads: new Map(
    Object.entries(of).map(([name, each]) => [
      name,
      { health: 'sound', cure: 'restart', after: [], ...each } satisfies Workload,
    ]),
  ),
});

/** The end that every run must come to, however often it is interrupted. */
function expectServing({ application }: SickWorld): void {
  expect(isSound(application)).toBe(true);
  expect(application.wrongs).toEqual([]);
}

function expectUntouched({ application }: SickWorld): void {
  expect(application.done).toEqual([]);
}

const outputOf = (output: string | undefined) => (JSON.parse(output ?? '{}') as { summary: string }).summary;

describe('an unhealthy application', () => {
  it('is looked at, its evidence is kept, it is restarted wave by wave, verified and tested', async () => {
    const world = sickWorld();
    const { status, output } = await world.heal();
    expect(status).toBe('SUCCEEDED');
    expect(world.application.done).toEqual(['restart erlmcp', 'restart gateway']);
    expect([...world.application.evidence]).toEqual(['test-1 erlmcp', 'test-1 gateway']);
    expectServing(world);
    const summary = outputOf(output);
    for (const words of [
      'The application of the primary serves again',
      'erlmcp has 0 of 2 ready (CrashLoopBackOff)',
      'restart: erlmcp, gateway',
      'the standby serves',
      'look 2 of the tests',
      'kept the logs of erlmcp, gateway',
    ]) {
      expect(summary).toContain(words);
    }
  });

  it('of one deployment is restarted alone', async () => {
    const world = sickWorld(deployments({ erlmcp: {}, worker: { health: 'crashing' } }));
    expect((await world.heal()).status).toBe('SUCCEEDED');
    expect(world.application.done).toEqual(['restart worker']);
  });

  it('is restarted at the standby when the users are there', async () => {
    const world = sickWorld({ site: 'standby' });
    const { status, output } = await world.heal();
    expect(status).toBe('SUCCEEDED');
    expect(outputOf(output)).toContain('The application of the standby serves again');
    expectServing(world);
  });

  it('that shows nothing but failing tests is restarted whole', async () => {
    const world = sickWorld(deployments({ erlmcp: { health: 'wedged' }, gateway: { after: ['erlmcp'] } }));
    expect((await world.heal()).status).toBe('SUCCEEDED');
    expect(world.application.done).toEqual(['restart erlmcp', 'restart gateway']);
    expectServing(world);
  });

  it('is restarted as a person says, healthy or not', async () => {
    const world = sickWorld(deployments({ erlmcp: {}, worker: { health: 'crashing' } }));
    await world.heal({ restore: { deployments: ['erlmcp', 'worker'] } });
    expect(world.application.done).toEqual(['restart erlmcp', 'restart worker']);
  });

  it('that is only planned changes nothing, and says what it would do', async () => {
    const world = sickWorld();
    const { status, output } = await world.heal({ mode: 'plan' });
    expect(status).toBe('SUCCEEDED');
    expect(outputOf(output)).toMatch(/CrashLoopBackOff.*; would restart erlmcp, gateway$/);
    expectUntouched(world);
    expect(world.application.evidence.size).toBe(0);
  });
});

describe('a newest revision that fails', () => {
  const broken: Partial<Workload> = { health: 'no image', cure: 'roll-back', young: true };

  it('is rolled back at once, and then the others are restarted', async () => {
    const world = sickWorld(
      deployments({ erlmcp: broken, gateway: { health: 'crashing', after: ['erlmcp'] } }),
    );
    const { status, output } = await world.heal();
    expect(status).toBe('SUCCEEDED');
    expect(world.application.done).toEqual(['roll-back erlmcp', 'restart gateway']);
    expect(outputOf(output)).toContain('roll-back: erlmcp. restart: gateway');
    expectServing(world);
  });

  it('and is alone leaves nothing to be restarted', async () => {
    const world = sickWorld(deployments({ erlmcp: broken, worker: {} }));
    const { status, output } = await world.heal();
    expect(status).toBe('SUCCEEDED');
    expect(world.application.done).toEqual(['roll-back erlmcp']);
    expect(outputOf(output)).not.toContain('restart:');
  });

  it('only after its restart is rolled back then, and the waves after it follow', async () => {
    const world = sickWorld(
      deployments({
        erlmcp: { health: 'wedged', cure: 'roll-back', young: true },
        gateway: { after: ['erlmcp'] },
      }),
    );
    const { status, output } = await world.heal();
    expect(status).toBe('SUCCEEDED');
    expect(world.application.done).toEqual(['restart erlmcp', 'roll-back erlmcp', 'restart gateway']);
    expect(outputOf(output)).toContain('roll-back: erlmcp. restart: erlmcp, gateway');
    expectServing(world);
  });

  it('of several at once is rolled back of all of them', async () => {
    const one: Partial<Workload> = { health: 'wedged', cure: 'roll-back', young: true };
    const world = sickWorld(deployments({ a: one, b: one, c: {} }));
    expect((await world.heal()).status).toBe('SUCCEEDED');
    expect(world.application.done.slice(3)).toEqual(['roll-back a', 'roll-back b']);
    expectServing(world);
  });

  it('is not rolled back twice: a revision before it that does not become ready either is for a person', async () => {
    const world = sickWorld(deployments({ erlmcp: { ...broken, cure: 'nothing' } }));
    const { status, error } = await world.heal();
    expect([status, error]).toEqual(['FAILED', 'Escalated']);
    expect(world.application.done).toEqual(['roll-back erlmcp']);
    expect(world.summary()).toContain('the previous revision does not become ready either: erlmcp');
  });

  it('that is only planned is not rolled back', async () => {
    const world = sickWorld(deployments({ erlmcp: broken, gateway: { health: 'crashing' } }));
    const { output } = await world.heal({ mode: 'plan' });
    expect(outputOf(output)).toContain('would roll-back erlmcp; would restart gateway');
    expectUntouched(world);
    const alone = sickWorld(deployments({ erlmcp: broken }));
    expect(outputOf((await alone.heal({ mode: 'plan' })).output)).toMatch(/; would roll-back erlmcp$/);
  });
});

describe('a restart that does not help', () => {
  it('of a revision that served before is for a person, who is told what changed', async () => {
    const world = sickWorld(deployments({ erlmcp: { health: 'crashing', cure: 'nothing' } }));
    const { status, cause } = await world.heal();
    expect(status).toBe('FAILED');
    expect(cause).toContain('Step restart-workloads failed.');
    expect(cause).toContain(
      'these do not become ready, and have no revision to go back to that would be better: erlmcp',
    );
    expect(cause).toMatch(/Changed:\n(- .*\n)+/);
    expect(world.application.done).toEqual(['restart erlmcp']);
  });

  it('of one that may go back and one that may not is for a person', async () => {
    const world = sickWorld(
      deployments({
        a: { health: 'wedged', cure: 'nothing', young: true },
        b: { health: 'wedged', cure: 'nothing' },
      }),
    );
    expect((await world.heal()).status).toBe('FAILED');
    expect(world.application.done).toEqual(['restart a', 'restart b']);
    expect(world.summary()).toContain('a, b');
  });

  it('is not begun when pods have no node', async () => {
    const world = sickWorld(deployments({ erlmcp: { health: 'no node' } }));
    const { status, error } = await world.heal();
    expect([status, error]).toEqual(['FAILED', 'Escalated']);
    expect(world.summary()).toMatch(/^A restart would not help: erlmcp has 0 of 2 ready \(Unschedulable\)/);
    expect(world.model.record?.nextSteps?.[0]).toContain('{"scenario":"hardware-failure"}');
    expectUntouched(world);
  });

  it('is not begun when the application is sound', async () => {
    const world = sickWorld(deployments({ erlmcp: {} }));
    expect((await world.heal()).status).toBe('FAILED');
    expect(world.summary()).toMatch(/^The application is sound: .*Nothing was changed\./);
    expectUntouched(world);
  });

  it('is not begun for a name that nobody knows', async () => {
    const world = sickWorld();
    const { cause } = await world.heal({ restore: { deployments: ['erlmpc'] } });
    expect(cause).toContain('UnsafePlan: deployments: got erlmpc, allowed: erlmcp, gateway, worker');
    expect(world.times('assess-application')).toBe(1);
    expectUntouched(world);
  });
});

it('an application of which one part is wedged unseen is looked at again, and restarted whole', async () => {
  const world = sickWorld(deployments({ erlmcp: { health: 'crashing' }, gateway: { health: 'wedged' } }));
  expect((await world.heal()).status).toBe('SUCCEEDED');
  expect(world.application.done).toContain('restart gateway');
  expect(world.times('assess-application')).toBe(2);
  expectServing(world);
});

describe('waiting', () => {
  it('for pods that are only late ends when they are ready', async () => {
    const world = sickWorld({
      ...deployments({ erlmcp: { health: 'late' } }),
      lateUntil: 4,
      testsFail: false,
    });
    const began = world.clock.now();
    expect((await world.heal()).status).toBe('FAILED');
    expect(world.summary()).toMatch(/^The application is sound/);
    expect(world.times('assess-application')).toBe(4);
    expect(world.clock.now() - began).toBeGreaterThanOrEqual(45_000);
    expectUntouched(world);
  });

  it('for pods that stay late ends in a restart', async () => {
    const world = sickWorld(deployments({ erlmcp: { health: 'late' } }));
    expect((await world.heal()).status).toBe('SUCCEEDED');
    expect(world.times('assess-application')).toBe(8);
    expectServing(world);
  });

  it('for pods after a restart is given up after 360 looks', async () => {
    const world = sickWorld({ ...deployments({ erlmcp: { health: 'crashing' } }), readyAt: Infinity });
    const { cause } = await world.heal();
    expect(cause).toMatch(/^Step restart-workloads failed\. GaveUp: waiting for erlmcp/);
    expect(world.times('call-site')).toBe(2 + 360);
  });

  it('for pods after a roll-back is given up after 360 looks', async () => {
    const broken: Partial<Workload> = { health: 'no image', cure: 'roll-back', young: true };
    const world = sickWorld({ ...deployments({ erlmcp: broken }), readyAt: Infinity });
    expect((await world.heal()).cause).toMatch(/^Step restart-workloads failed\. GaveUp: waiting for erlmcp/);
    expect(world.times('call-site')).toBe(2 + 360);
  });

  it('for a service that does not answer is given up after 72 looks', async () => {
    const world = sickWorld({}, { verifiedAt: Infinity });
    expect((await world.heal()).cause).toMatch(/^Step verify-service failed\. GaveUp: look 72/);
    expect(world.times('run-tests')).toBe(0);
  });

  it('for tests that go on failing is given up after 24 looks', async () => {
    const world = sickWorld({ passedAt: Infinity });
    expect((await world.heal()).cause).toMatch(/^Step run-tests failed\. GaveUp: look 24/);
  });
});

describe('evidence that cannot be collected', () => {
  it('is told, and stops nothing', async () => {
    const world = sickWorld(deployments({ erlmcp: { health: 'crashing' } }));
    let calls = 0;
    world.before('call-site', () => {
      calls += 1;
      if (calls === 2) world.troubles.add('call-site', { error: 'UnsafePlan', times: 1 });
    });
    const { status, output } = await world.heal();
    expect(status).toBe('SUCCEEDED');
    expect(outputOf(output)).toContain('evidence could not be collected (UnsafePlan)');
    expect(world.application.done).toEqual(['restart erlmcp']);
  });
});

describe.each(['call-site', 'assess-application', 'verify-service', 'run-tests'])('%s', (step) => {
  it.each(['UnsafePlan', 'RestoreFailed', 'TypeError', 'TryAgain'])(
    'that meets %s for ever escalates',
    async (error) => {
      const world = sickWorld();
      world.troubles.add(step, { error, message: 'this is why' });
      const { status, error: name, cause } = await world.heal();
      expect([status, name]).toEqual(['FAILED', 'Escalated']);
      expect(cause).toContain(`${error}: this is why`);
      expect(world.model.lockHolder).toBeNull();
      expect(world.application.wrongs).toEqual([]);
    },
  );

  it.each(['TryAgain', 'Lambda.ServiceException', 'Sandbox.Timedout'])(
    'that meets %s twice goes on',
    async (error) => {
      const world = sickWorld();
      world.troubles.add(step, { error, times: 2, ...(error === 'TryAgain' ? { afterwards: true } : {}) });
      expect((await world.heal()).status).toBe('SUCCEEDED');
      expectServing(world);
    },
  );
});

test.each(tasksOf('application-restart'))(
  '%s never tries again what the lock, the input or the plan forbids',
  (_, { Retry = [] }) => {
    expect(Retry[0]).toMatchObject({ MaxAttempts: 0 });
    expect(Retry[0]?.ErrorEquals).toEqual(expect.arrayContaining(['InvalidInput', 'LockLost', 'UnsafePlan']));
  },
);

test('a lock that is lost before the restart lets nothing act any more', async () => {
  const world = sickWorld();
  world.before('assess-application', () => (world.model.lockHolder = 'another'));
  const { cause } = await world.heal();
  expect(cause).toContain('LockLost');
  expectUntouched(world);
  expect(world.model.lockHolder).toBe('another');
});

describe('a run that is killed at any invocation', () => {
  it.each<[string, Readonly<Record<string, Partial<Workload>>>]>([
    [
      'of a restart',
      { erlmcp: { health: 'crashing' }, gateway: { health: 'crashing', after: ['erlmcp'] }, worker: {} },
    ],
    [
      'of a roll-back',
      {
        erlmcp: { health: 'no image', cure: 'roll-back', young: true },
        gateway: { health: 'crashing', after: ['erlmcp'] },
      },
    ],
    [
      'of a restart that ends in a roll-back',
      { erlmcp: { health: 'wedged', cure: 'roll-back', young: true }, gateway: { after: ['erlmcp'] } },
    ],
  ])('%s is finished by the next one', async (_, sick) => {
    const whole = sickWorld(deployments(sick));
    await whole.heal();
    const total = whole.invoked.length;
    expect(total).toBeGreaterThan(9);
    for (let kill = 1; kill <= total; kill++) {
      const world = sickWorld(deployments(sick));
      let count = 0;
      for (const name of new Set(whole.invoked)) {
        world.before(name, () => {
          if (++count === kill) void world.stop('application-restart');
        });
      }
      expect((await world.heal()).status).toBe('ABORTED');
      const second = await world.heal();
      // Killed after all was done, the next run finds nothing to do, and says so.
      if (second.status !== 'SUCCEEDED') expect(second.cause).toMatch(/^The application is sound/);
      expectServing(world);
    }
  });
});

test('one started by hand is told what to start instead', async () => {
  const world = sickWorld();
  const { error, cause } = await world.run('application-restart', { scenario: 'application-failure' });
  expect(error).toBe('InvalidInput');
  expect(cause).toContain('{"scenario":"application-failure"}');
  expectUntouched(world);
});

test('the longest history, of looks that are all tried again as often as they may, is far from its limit', async () => {
  const workloads = deployments({ erlmcp: { health: 'late' } });
  const world = sickWorld({ ...workloads, readyAt: 359, passedAt: 24 }, { verifiedAt: 72, random: () => 0 });
  for (const step of ['call-site', 'assess-application', 'verify-service', 'run-tests']) {
    world.troubles.cycle(step, [...Array<string>(6).fill('TryAgain'), 'TypeError', 'TypeError']);
  }
  const { events, status } = await world.heal();
  expect(status).toBe('SUCCEEDED');
  expect(events.length).toBeLessThan(25_000 / 1.5);
});
