import { describe, expect, it, test } from 'vitest';
import type { IncidentRef, Mode } from '../../lambdas/incident/contract.ts';
import type { Answer } from '../../lambdas/request-approval/contract.ts';
import { newWorld } from './world.ts';

/** The tasks of the runbook in their order, but for gates, compensation and the one that closes. */
const steps = [
  'assess-data',
  'plan-restore',
  'call-site',
  'start-restore',
  'check-restore',
  'align-settings',
  'validate-copy',
  'swap-database',
  'verify-service',
  'run-tests',
  'compare-writes',
  'finish-recovery',
];
const approve: Answer = { decision: 'approve', by: 'ada', reason: 'we must', decidedAt: '' };
const reject: Answer = { ...approve, decision: 'reject', reason: 'we type it in' };
const everything = ['erlmcp', 'mail', 'orders'];

/** A world with an open incident about damaged data, which runs as often as it is started. */
function damagedWorld(options: Parameters<typeof newWorld>[0] = {}) {
  const world = newWorld(options);
  let runs = 0;
  const open = (more: Partial<IncidentRef> = {}): IncidentRef => {
    const at = (seconds: number) => new Date(world.clock.now() + seconds * 1_000).toISOString();
    const incident: IncidentRef = {
      id: `test-${String(++runs)}`,
      epoch: runs,
      environment: 'test',
      scenario: 'data-corruption',
      severity: 'P1',
      mode: 'live' satisfies Mode,
      startedBy: 'alarm lifeboat-test-data-inconsistent-erlmcp',
      startedAt: at(0),
      deadline: at(14_400),
      rtoSeconds: 14_400,
      rpoSeconds: 900,
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
    restoreData: (more: Partial<IncidentRef> = {}) => world.run('database-restore', { incident: open(more) }),
    phases: () => [...world.restore.recoveries].map(([name, { phase }]) => `${name} ${phase}`).toSorted(),
    summary: () => world.model.record?.summary ?? '',
  };
}

type DamagedWorld = ReturnType<typeof damagedWorld>;

/** The end that every run must come to, however often it is interrupted. */
function expectRecovered(world: DamagedWorld, names: readonly string[] = everything): void {
  expect(world.restore.wrongs).toEqual([]);
  expect(world.phases()).toEqual(names.map((name) => `${name} finished`));
  expect([...world.restore.usersFind.keys()].toSorted()).toEqual(names);
  for (const [name, recovery] of world.restore.recoveries) {
    expect(world.restore.usersFind.get(name)).toBe(recovery.target.identifier);
  }
  expect(world.restore.writers).toBe('running');
}

/** Nothing points anywhere else than before. */
function expectUntouched(world: DamagedWorld): void {
  expect(world.restore.usersFind.size).toBe(0);
  expect(world.restore.wrongs).toEqual([]);
}

describe('damaged data', () => {
  it('are restored, proven, swapped in, and told: point, loss and rows', async () => {
    const world = damagedWorld();
    const { status, output } = await world.restoreData();
    expect(status).toBe('SUCCEEDED');
    expectRecovered(world);
    const { summary } = JSON.parse(output ?? '{}') as { summary: string };
    expect(summary).toMatch(/^erlmcp, mail, orders are back from 2026-11-23T03:58:00Z/);
    expect(summary).toContain('12 rows of erlmcp, mail, orders are lost. ');
    expect(summary).toContain('the standby serves');
    expect(world.asked).toEqual([]);
  });

  it('come back in waves: what builds on another waits for it, what does not, does not', async () => {
    const world = damagedWorld();
    const begun: string[] = [];
    world.before('start-restore', () => begun.push(world.phases().join(', ')));
    await world.restoreData();
    const last = begun.at(-1);
    expect(last).toContain('erlmcp validated, mail validated');
    expect(world.times('validate-copy')).toBe(3);
  });

  it('of one database are restored alone', async () => {
    const world = damagedWorld({
      restore: { databases: new Map([['erlmcp', { data: 'damaged', after: [] }]]) },
    });
    expect((await world.restoreData()).status).toBe('SUCCEEDED');
    expectRecovered(world, ['erlmcp']);
  });

  it('leave sound databases alone', async () => {
    const databases = new Map([
      ['erlmcp', { data: 'damaged', after: [] }],
      ['orders', { data: 'sound', after: ['erlmcp'] }],
    ] as const);
    const world = damagedWorld({ restore: { databases: new Map(databases) } });
    await world.restoreData();
    expectRecovered(world, ['erlmcp']);
  });
});

describe('data that are sound', () => {
  const sound = () => ({ databases: new Map([['erlmcp', { data: 'sound' as const, after: [] }]]) });

  it('are left alone, and a person is told why', async () => {
    const world = damagedWorld({ restore: sound() });
    const { status, error, cause } = await world.restoreData();
    expect([status, error]).toEqual(['FAILED', 'Escalated']);
    expect(cause).toMatch(/^The data are sound: erlmcp is sound/);
    expect(cause).toContain('"recoverTo":"…"');
    expect(world.restore).toMatchObject({ writers: 'running' });
    expect(world.invoked).toEqual(['assess-data', 'close-incident']);
  });

  it('are restored all the same when a person gives a time', async () => {
    const world = damagedWorld({ restore: sound() });
    const { status } = await world.restoreData({ restore: { recoverTo: '2026-11-23T04:50:00+01:00' } });
    expect(status).toBe('SUCCEEDED');
    expectRecovered(world, ['erlmcp']);
    expect(world.restore.recoveries.get('erlmcp')?.recoveryPoint).toBe('2026-11-23T03:50:00Z');
  });

  it('can be planned for', async () => {
    const world = damagedWorld({ restore: sound() });
    const { status, output } = await world.restoreData({ mode: 'plan' });
    expect(status).toBe('SUCCEEDED');
    expect(output).toContain(
      'plan: a live run would go on: erlmcp is to be restored to 2026-11-23T03:58:00Z',
    );
    expect(output).toContain('expected to take 1800 s');
    expect(world.restore.writers).toBe('running');
    expect(world.restore.recoveries.size).toBe(0);
    expect(world.model.record?.steps.map((each) => each.status)).toEqual(['planned']);
  });
});

describe('data of which nothing is known', () => {
  it('are asked for every ten seconds for two minutes, and then nothing is changed', async () => {
    const world = damagedWorld({ restore: { unknownLooks: Infinity } });
    const { status, cause, startedAt, stoppedAt = 0 } = await world.restoreData();
    expect(status).toBe('FAILED');
    expect(cause).toMatch(/^It is not known whether the data are damaged/);
    expect(world.times('assess-data')).toBe(13);
    expect((stoppedAt - startedAt) / 1_000).toBe(120);
    expectUntouched(world);
  });

  it('are restored when they turn out to be damaged', async () => {
    const world = damagedWorld({ restore: { unknownLooks: 5 } });
    expect((await world.restoreData()).status).toBe('SUCCEEDED');
    expectRecovered(world);
  });
});

describe('a plan that says stop', () => {
  it('ends with its reason and what a person should do, and changes nothing', async () => {
    const world = damagedWorld({ restore: { goodAgo: null } });
    const { cause } = await world.restoreData();
    expect(cause).toContain('no scheduled check of erlmcp is known to have held');
    expect(cause).toContain('Find out when the data of erlmcp were right the last time');
    expect(world.restore.writers).toBe('running');
    expectUntouched(world);
  });
});

describe('a loss beyond the RPO', () => {
  const old = { goodAgo: 1_000 };

  it('is asked about, and restored when a person approves', async () => {
    const world = damagedWorld({ restore: old, answer: approve });
    expect((await world.restoreData()).status).toBe('SUCCEEDED');
    expect(world.asked).toMatchObject([{ gate: 'restore', timeoutSeconds: 3_600 }]);
    expect(world.asked[0]!.question).toContain('erlmcp would lose 1000 s of writes');
    expectRecovered(world);
  });

  it('is not restored when a person refuses, who is named with the reason', async () => {
    const world = damagedWorld({ restore: old, answer: reject });
    const { cause } = await world.restoreData();
    expect(cause).toMatch(/^ada refused the restore: we type it in\. Nothing was changed\./);
    expect(world.restore.writers).toBe('running');
    expectUntouched(world);
  });

  it('is not restored when nobody answers in time', async () => {
    const world = damagedWorld({ restore: old });
    const { cause, startedAt, stoppedAt = 0 } = await world.restoreData();
    expect(cause).toMatch(/^Nobody decided within 3600 s whether to restore: nothing was changed/);
    expect((stoppedAt - startedAt) / 1_000).toBe(3_600);
    expect(world.times('request-approval')).toBe(1);
    expectUntouched(world);
  });

  it('is not asked about in a plan', async () => {
    const world = damagedWorld({ restore: old });
    const { output } = await world.restoreData({ mode: 'plan' });
    expect(output).toContain('plan: a live run would ask a person');
    expect(world.asked).toEqual([]);
  });
});

describe('a copy', () => {
  it.each([false, 'unknown'] as const)(
    'whose soundness is %s is never swapped in, and stays for a person',
    async (copySound) => {
      const world = damagedWorld({ restore: { copySound } });
      const { status, cause } = await world.restoreData();
      expect(status).toBe('FAILED');
      expect(cause).toContain('Step database-copy failed.');
      expect(cause).toContain(`the copy is ${String(copySound)}`);
      expect(world.times('swap-database')).toBe(0);
      expectUntouched(world);
    },
  );

  it('that is never available is given up by its budget, and nothing is swapped', async () => {
    const world = damagedWorld({ restore: { availableAt: Infinity } });
    const { cause } = await world.restoreData();
    expect(cause).toContain('RestoreFailed: erlmcp');
    expect(cause).toContain('has outlasted its budget');
    expectUntouched(world);
  });

  it('of the second wave that fails leaves the first wave unused', async () => {
    const world = damagedWorld();
    world.before('start-restore', () => {
      if (world.restore.recoveries.size >= 2) world.restore.copySound = false;
    });
    await world.restoreData();
    expect(world.phases()).toContain('erlmcp validated');
    expectUntouched(world);
  });
});

describe('waiting', () => {
  it.each([
    ['call-site', { writersAt: Infinity }, 'set-writers', 120],
    ['swap-database', { swappedAt: Infinity }, 'swap-database', 120],
  ])('for what %s began is given up in the end', async (task, restore, step, looks) => {
    const databases = new Map([['erlmcp', { data: 'damaged' as const, after: [] }]]);
    const world = damagedWorld({ restore: { databases, ...restore } });
    const { cause } = await world.restoreData();
    expect(cause).toMatch(new RegExp(`^Step ${step} failed\\. GaveUp: `));
    expect(world.times(task)).toBe(looks);
  });

  it.each([
    ['verify-service', 'verifiedAt', 72],
    ['run-tests', 'testsPassAt', 24],
  ] as const)('for %s is given up in time, and the next run goes on from there', async (step, at, looks) => {
    const world = damagedWorld({ [at]: Infinity });
    const { cause } = await world.restoreData();
    expect(cause).toContain(`Step ${step} failed. GaveUp: look ${looks}: `);
    expect(world.times(step)).toBe(looks);
    expect(world.phases()).toEqual(everything.map((name) => `${name} swapped`));
    world.model[at] = 1;
    expect((await world.restoreData()).status).toBe('SUCCEEDED');
    expect(world.times('start-restore')).toBeLessThan(10);
    expectRecovered(world);
  });
});

describe.each(steps.filter((step) => !['compare-writes', 'finish-recovery'].includes(step)))('%s', (step) => {
  it.each(['UnsafePlan', 'RestoreFailed', 'TypeError', 'TryAgain'])(
    'that meets %s for ever escalates',
    async (error) => {
      const world = damagedWorld();
      world.troubles.add(step, { error, message: 'this is why' });
      const { status, error: name, cause } = await world.restoreData();
      expect([status, name]).toEqual(['FAILED', 'Escalated']);
      expect(cause).toContain(`${error}: this is why`);
      expect(cause).toMatch(/Changed:\n(- .*\n)+Not changed:\n(- .*\n)+What to do:\n- /);
      expect(world.model.lockHolder).toBeNull();
      expect(world.restore.wrongs).toEqual([]);
    },
  );

  it.each(['TryAgain', 'Lambda.ServiceException', 'Sandbox.Timedout'])(
    'that meets %s twice goes on',
    async (error) => {
      const world = damagedWorld();
      world.troubles.add(step, { error, times: 2 });
      expect((await world.restoreData()).status).toBe('SUCCEEDED');
      expectRecovered(world);
    },
  );
});

describe('after the users are served', () => {
  it('a comparison that fails is told, and the recovery is finished all the same', async () => {
    const world = damagedWorld();
    world.troubles.add('compare-writes', { error: 'TypeError', message: 'no such table' });
    const { status, output } = await world.restoreData();
    expect(status).toBe('SUCCEEDED');
    expect(output).toContain('What was lost could not be compared (TypeError: ');
    expectRecovered(world);
  });

  it('a recovery that cannot be closed is told, and a second run closes it', async () => {
    const world = damagedWorld();
    world.troubles.add('finish-recovery', { error: 'UnsafePlan', times: 1 });
    const { status, output } = await world.restoreData();
    expect(status).toBe('SUCCEEDED');
    expect(output).toContain('could not be closed (UnsafePlan): start incident again');
    expect(world.phases()).toEqual(everything.map((name) => `${name} swapped`));
    await world.restoreData();
    expectRecovered(world);
    expect(world.model.record?.steps.map(({ step, status }) => `${step} ${status}`)).toEqual([
      'set-writers already-there',
      'set-writers already-there',
    ]);
  });
});

describe('a lock that is lost', () => {
  it.each(['call-site', 'start-restore', 'swap-database'])(
    'before %s lets nothing act any more',
    async (step) => {
      const world = damagedWorld();
      world.before(step, () => (world.model.lockHolder = 'another'));
      const { cause } = await world.restoreData();
      expect(cause).toContain('LockLost');
      expectUntouched(world);
      expect(world.model.lockHolder).toBe('another');
    },
  );
});

test('a run that is killed at any invocation is finished by the next one, from the same time into the same copies', async () => {
  const whole = damagedWorld();
  await whole.restoreData();
  const count = whole.invoked.length;
  expect(count).toBeGreaterThan(20);
  for (let kill = 1; kill <= count; kill++) {
    const world = damagedWorld();
    let invocations = 0;
    let targets: readonly string[] = [];
    const names = [...new Set(whole.invoked)];
    for (const name of names) {
      world.before(name, () => {
        if (++invocations !== kill) return;
        targets = [...world.restore.recoveries.values()].map(({ target }) => target.identifier);
        void world.stop('database-restore');
      });
    }
    const first = await world.restoreData();
    expect(first.status).toBe('ABORTED');
    const second = await world.restoreData();
    const finished = [...world.restore.recoveries.values()].map(({ target }) => target.identifier);
    if (second.status === 'SUCCEEDED') {
      expectRecovered(world);
      expect(finished).toEqual(expect.arrayContaining([...targets]));
    } else {
      // All was done but for the end of the machine itself.
      expect(second.cause).toMatch(/^The data are sound/);
      expectRecovered(world);
    }
  }
});

test('the longest history, of looks that are all tried again as often as they may, is far from its limit', async () => {
  const world = damagedWorld({
    random: () => 0,
    verifiedAt: Infinity,
    restore: { unknownLooks: 12, writersAt: 119, swappedAt: 119 },
  });
  for (const step of ['assess-data', 'call-site', 'swap-database', 'verify-service']) {
    world.troubles.cycle(step, [...Array<string>(6).fill('TryAgain'), 'TypeError', 'TypeError']);
  }
  const { events } = await world.restoreData();
  expect(events.length).toBeLessThan(25_000 / 1.5);
});
