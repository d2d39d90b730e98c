import { describe, expect, it, test } from 'vitest';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import { newRecord } from '../../lambdas/incident/record.ts';
import type { Answer } from '../../lambdas/request-approval/contract.ts';
import { aDatabase, type PromotionModel, type StandbyDatabase } from './promotion-functions.ts';
import { newWorld, siteFailure } from './world.ts';

const approve: Answer = { decision: 'approve', by: 'ada', reason: 'we must', decidedAt: '' };
const reject: Answer = { ...approve, decision: 'reject', reason: 'the primary comes back' };
const three = (): Map<string, StandbyDatabase> =>
  new Map([
    ['erlmcp', aDatabase()],
    ['mail', aDatabase()],
    ['orders', aDatabase({ after: ['erlmcp'] })],
  ]);
type Options = Omit<NonNullable<Parameters<typeof newWorld>[0]>, 'promotion'>;

/** A site failure that takes databases along. */
function failingWorld(promotion: Partial<PromotionModel> = {}, options: Options = {}) {
  const world = newWorld({ ...options, promotion: { databases: three(), ...promotion } });
  const states = () => [...world.promotion.databases.values()].map(({ state }) => state);
  const leases = () => [...world.promotion.databases.values()].map(({ lease }) => lease);
  let runs = 0;
  /** The runbook alone, for another incident each time. */
  const runbook = () => {
    const startedAt = new Date(world.clock.now()).toISOString();
    const incident: IncidentRef = {
      id: `test-${String(++runs)}`,
      epoch: runs,
      environment: 'test',
      scenario: 'site-failure',
      severity: 'P0',
      mode: 'live',
      startedBy: 'a person',
      startedAt,
      deadline: startedAt,
      rtoSeconds: 3_600,
      rpoSeconds: 900,
      updateEverySeconds: 900,
    };
    world.model.lockHolder = incident.id;
    world.model.record = newRecord(incident, '');
    return world.run('site-failover', { incident });
  };
  return { ...world, states, leases, runbook, fail: () => world.run('incident', siteFailure) };
}

/** What a site failure must have done with three databases, however it came there. */
function expectPromoted(world: ReturnType<typeof failingWorld>): void {
  expect(world.promotion.wrongs).toEqual([]);
  expect(world.states()).toEqual(['finished', 'finished', 'finished']);
  expect(world.leases()).toEqual(['standby', 'standby', 'standby']);
  expect(world.model.traffic).toBe('standby');
}

/** What must be so when nobody has let the databases go. */
function expectUntouched(world: ReturnType<typeof failingWorld>): void {
  expect(world.promotion.begun).toEqual([]);
  expect(world.leases()).toEqual(['primary', 'primary', 'primary']);
  expect(world.model).toMatchObject({ traffic: 'primary', workloads: 'at rest', lockHolder: null });
  expect(world.model.record?.outcome).toBe('escalated');
}

describe('databases of the standby', () => {
  it('take over before the application does, those that others wait for first', async () => {
    const world = failingWorld();
    const fencedAt: number[] = [];
    world.before('fence-primary', () => fencedAt.push(world.clock.now()));
    world.before('scale-workloads', () => expect(world.states()).toEqual(Array(3).fill('swapped')));
    expect((await world.fail()).status).toBe('SUCCEEDED');
    expectPromoted(world);
    const begun = world.promotion.begun;
    expect(
      begun
        .slice(0, 2)
        .map(({ database }) => database)
        .toSorted(),
    ).toEqual(['erlmcp', 'mail']);
    expect(begun[2]?.database).toBe('orders');
    expect(begun[2]!.at).toBeGreaterThan(begun[0]!.at + 30_000);
    expect(begun[0]!.at - fencedAt[0]!).toBeGreaterThanOrEqual(40_000);
    expect(world.times('set-writers')).toBe(0);
    expect(world.asked).toEqual([]);
    expect(world.model.record?.summary).toContain('are promoted.');
  });

  it('that are none leave the runbook as it was', async () => {
    const world = newWorld();
    expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
    const added = world.invoked.filter((name) => /fence|promot|swap|writers|finish|approval|loss/.test(name));
    expect(added).toEqual(['measure-loss', 'decide-promotion']);
    expect(world.started('database-promotion')).toBe(false);
  });

  it('that are promoted already are left alone', async () => {
    const done = { state: 'finished', lease: 'standby' } as const;
    const world = failingWorld({
      databases: new Map([
        ['erlmcp', aDatabase(done)],
        ['orders', aDatabase(done)],
      ]),
      approval: 'person',
    });
    expect((await world.fail()).status).toBe('SUCCEEDED');
    expect(world.times('fence-primary')).toBe(0);
  });

  it('are only spoken of in a plan', async () => {
    const world = failingWorld({ approval: 'person' });
    const { status } = await world.run('incident', { ...siteFailure, mode: 'plan' });
    expect(status).toBe('SUCCEEDED');
    expect(world.started('database-promotion')).toBe(false);
    expect(world.leases()).toEqual(['primary', 'primary', 'primary']);
    expect(world.asked).toEqual([]);
    expect(world.model.record?.steps.find(({ step }) => step === 'fence-primary')?.status).toBe('planned');
  });

  it('at a new address have the application started anew, before it is scaled up', async () => {
    const world = failingWorld({ newAddress: true });
    world.before('scale-workloads', () => expect(world.promotion.writers).toBe('running'));
    expect((await world.fail()).status).toBe('SUCCEEDED');
    expectPromoted(world);
    const wanted = world.model.record?.steps.filter(({ step }) => step === 'set-writers');
    expect(wanted?.map(({ summary }) => summary)).toContain('writers stopped');
    expect(wanted?.at(-1)?.summary).toBe('writers running');
  });

  it('whose writers never stop are given up after ten minutes', async () => {
    const world = failingWorld({ newAddress: true, writersAt: Infinity });
    const { cause } = await world.fail();
    expect(cause).toContain('Step set-writers failed. GaveUp: writers stopped');
    expect(world.times('set-writers')).toBe(120);
  });

  it('that are not fit stop the runbook before anything is fenced', async () => {
    const world = failingWorld({ databases: three().set('mail', aDatabase({ fit: false })) });
    const { cause } = await world.fail();
    expect(cause).toContain('not every database of the standby can take over: mail');
    expect(cause).toContain("Mend the standby's copy of mail");
    expectUntouched(world);
  });
});

describe('a person who is asked', () => {
  it('and approves lets them take over', async () => {
    const world = failingWorld({ approval: 'person' }, { answer: approve });
    expect((await world.fail()).status).toBe('SUCCEEDED');
    expectPromoted(world);
    expect(world.asked).toMatchObject([{ gate: 'promotion', timeoutSeconds: 1_800 }]);
    expect(world.asked[0]?.question).toContain('one-way door');
    expect(world.asked[0]?.evidence).toContain('erlmcp would lose 42 s');
  });

  it('and rejects leaves everything where it is', async () => {
    const world = failingWorld({ approval: 'person' }, { answer: reject });
    const { cause } = await world.fail();
    expect(cause).toContain('ada refused the promotion: the primary comes back.');
    expect(cause).toContain('Changed:\n- scale-nodes: ');
    expectUntouched(world);
  });

  it('and does not answer leaves everything where it is, and is asked once', async () => {
    const world = failingWorld({ approval: 'person', approvalSeconds: 86_400 });
    const { cause } = await world.fail();
    expect(cause).toContain('Nobody decided within 86400 s whether to promote: no database was promoted');
    expect(world.asked).toHaveLength(1);
    expectUntouched(world);
  });

  it('is asked when the loss is not known, although the environment waives it', async () => {
    const world = failingWorld({ databases: three().set('mail', aDatabase({ lossSeconds: null })) });
    await world.fail();
    expect(world.asked[0]?.question).toContain('the loss is NOT KNOWN');
    expectUntouched(world);
  });
});

describe('a restore from copied backups', () => {
  const databases = () => new Map([['erlmcp', aDatabase({ by: 'restore-backups', lossSeconds: 300 })]]);
  it('that was swapped in by an earlier incident only has its hand-over left', async () => {
    const world = failingWorld({ databases: databases(), swappedBefore: true });
    expect((await world.fail()).status).toBe('SUCCEEDED');
    expect(world.started('database-copy')).toBe(false);
    expect(world.promotion.wrongs).toEqual([]);
    expect(world.leases()).toEqual(['standby']);
    expect(world.times('promote-database')).toBe(0);
    // It is not known whether the application has read the new address.
    expect(world.times('set-writers')).toBeGreaterThan(0);
  });
});

/** Error, and how often a step of one database is invoked until it is given up. */
const permanent: readonly (readonly [step: string, error: string, invocations: number])[] = [
  ['promote-database', 'UnsafePlan', 1],
  ['promote-database', 'TryAgain', 41],
  ['promote-database', 'hangs', 3],
  ['check-promotion', 'RestoreFailed', 1],
  ['check-promotion', 'TryAgain', 7],
  ['swap-database', 'UnsafePlan', 1],
  ['swap-database', 'TypeError', 3],
];

describe('one database', () => {
  const one = () => new Map([['erlmcp', aDatabase()]]);
  it.each(permanent)('%s that meets %s for ever is given up after %i tries', async (step, error, times) => {
    const world = failingWorld({ databases: one() });
    world.troubles.add(step, { error, message: 'this is why' });
    const { status, cause } = await world.fail();
    expect(status).toBe('FAILED');
    expect(world.times(step)).toBe(times);
    expect(cause).toContain('Step promote-database failed.');
    expect(cause).toContain(error === 'hangs' ? `${step} gave no reason` : `${error}: this is why`);
    expect(world.model).toMatchObject({ traffic: 'primary', lockHolder: null });
    expect(world.leases()).not.toContain('primary');
  });

  it.each(['measure-loss', 'decide-promotion', 'fence-primary', 'request-approval'])(
    '%s that fails for ever stops the runbook before a promotion',
    async (step) => {
      const world = failingWorld({ databases: one(), approval: 'person' }, { answer: approve });
      world.troubles.add(step, { error: 'UnsafePlan', message: 'this is why' });
      const { cause } = await world.fail();
      expect(cause).toContain(`Step ${step} failed. UnsafePlan: this is why`);
      expect(world.promotion.begun).toEqual([]);
    },
  );

  it('that is never promoted is given up after five hours', async () => {
    const world = failingWorld({ databases: one(), promotedAt: Infinity });
    const { cause } = await world.fail();
    expect(cause).toContain('GaveUp: erlmcp is modifying');
    expect(world.times('check-promotion')).toBe(1_200);
    const { events } = await world.ended('database-promotion');
    expect(events.length).toBeLessThan(25_000 / 1.5);
  });

  it('whose hand-over never ends is given up after an hour', async () => {
    const world = failingWorld({ databases: one(), swappedAt: Infinity });
    expect((await world.fail()).cause).toContain('GaveUp: erlmcp is found');
    expect(world.times('swap-database')).toBe(120);
  });

  it('is served although its recovery could not be closed, and the summary says so', async () => {
    const world = failingWorld({ databases: one() });
    world.troubles.add('finish-recovery', { error: 'TypeError' });
    expect((await world.fail()).status).toBe('SUCCEEDED');
    expect(world.model.record?.summary).toContain('recoveries/ on the ledger could not be closed');
  });
});

test.each(['fence-primary', 'promote-database', 'swap-database', 'set-writers', 'finish-recovery'])(
  '%s that dies after it has acted finds it done when it is tried again',
  async (step) => {
    const world = failingWorld({ newAddress: true });
    world.troubles.add(step, { error: 'Sandbox.Timedout', times: 1, afterwards: true });
    expect((await world.fail()).status).toBe('SUCCEEDED');
    expectPromoted(world);
  },
);

test.each([
  'measure-loss',
  'fence-primary',
  'promote-database',
  'check-promotion',
  'swap-database',
  'set-writers',
  'scale-workloads',
  'finish-recovery',
])('a run that is killed at %s and started again ends with every database promoted once', async (step) => {
  const world = failingWorld({ newAddress: true });
  let killed = false;
  world.before(step, () => {
    if (killed) return;
    killed = true;
    world.troubles.add(step, { error: 'UnsafePlan', times: 1, afterwards: true });
  });
  await world.runbook();
  expect((await world.runbook()).status).toBe('SUCCEEDED');
  expectPromoted(world);
  expect(world.promotion.begun).toHaveLength(3);
  expect(world.promotion.writers).toBe('running');
});

test('a run that is stopped at any invocation and started again ends with every database promoted once', async () => {
  const whole = failingWorld({ newAddress: true });
  await whole.runbook();
  const count = whole.invoked.length;
  expect(count).toBeGreaterThan(30);
  for (let kill = 1; kill <= count; kill++) {
    const world = failingWorld({ newAddress: true });
    let invocations = 0;
    for (const name of new Set(whole.invoked)) {
      world.before(name, () => {
        if (++invocations === kill) void world.stop('site-failover');
      });
    }
    expect((await world.runbook()).status).toBe('ABORTED');
    expect((await world.runbook()).status).toBe('SUCCEEDED');
    expectPromoted(world);
    expect(world.promotion.begun).toHaveLength(3);
    expect(world.promotion.writers).toBe('running');
  }
}, 60_000);
