import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidePromotion, type Circumstances } from '../../../lambdas/decide-promotion/decide.ts';
import type { DatabaseLoss } from '../../../lambdas/measure-loss/contract.ts';
import { aLoss, erlmcp, unleased } from '../promotion-settings.ts';

const waived: Circumstances = {
  losses: [aLoss],
  databases: [erlmcp],
  severity: 'P0',
  rpoSeconds: 900,
  approval: 'waived',
  approvalSeconds: 1_800,
  mode: 'live',
};
const decide = (loss: Partial<DatabaseLoss>, changes: Partial<Circumstances> = {}) =>
  decidePromotion({ ...waived, losses: [{ ...aLoss, ...loss }], ...changes });

describe('a promotion goes on without a word', () => {
  it('when the approval is waived, the loss is within the RPO, and a lease fences the primary', () => {
    const output = decide({});
    expect(output).toMatchObject({ decision: 'go', question: '', waves: [[{ database: 'erlmcp' }]] });
    expect(output.reason).toContain('losing 42 s, within the RPO');
    expect(output.checks.every(({ held }) => held === true)).toBe(true);
  });

  it('when it has begun already, whatever was lost', () => {
    const begun = { resumed: true, lossSeconds: null };
    const output = decide(begun, { approval: 'person', databases: [unleased] });
    expect(output).toMatchObject({ decision: 'go', reason: 'the promotion of erlmcp goes on' });
  });
});

describe('a person is asked', () => {
  it.each<[string, Partial<DatabaseLoss>, Partial<Circumstances>, string]>([
    ['when the environment wants it', {}, { approval: 'person' }, "wants a person's word for P0"],
    [
      'when the loss is over the RPO',
      { lossSeconds: 901 },
      {},
      'would lose 901 s of its writes, the RPO is 900 s',
    ],
    ['when the loss is not known', { lossSeconds: null }, {}, 'it is not known what erlmcp would lose'],
    ['when it is not known whether the copy is fit', { fit: 'unknown' }, {}, 'erlmcp: it answers'],
    ['when there is no lease', {}, { databases: [unleased] }, 'nothing keeps the old primary from writing'],
  ])('%s', (_name, loss, changes, reason) => {
    const output = decide(loss, changes);
    expect(output.decision).toBe('ask');
    expect(output.reason).toContain(reason);
    expect(output.waves).toHaveLength(1);
  });

  it('what would be lost, what cannot be undone, and what happens without an answer', () => {
    const { question } = decide({ lossSeconds: null, lagSeconds: null }, { databases: [unleased] });
    expect(question).toContain('the loss is NOT KNOWN, lag not known');
    expect(question).toContain('one-way door');
    expect(question).toContain('Nothing keeps the old primary of erlmcp from writing');
    expect(question).toContain('If nobody answers within 30 min, nothing is promoted');
    expect(decide({}, { approval: 'person' }).question).toContain('42 s of writes would be lost, lag 3 s');
  });

  it('never in a plan, which says what a live run would ask', () => {
    const output = decide({ lossSeconds: null }, { approval: 'person', mode: 'plan' });
    expect(output).toMatchObject({ decision: 'go', question: '' });
    expect(output.reason).toMatch(/^plan: a live run would ask a person before it promotes erlmcp: /);
  });
});

describe('a promotion stops', () => {
  it('when a copy is not fit, and says what to mend', () => {
    const output = decide({ fit: false, evidence: 'RDS says that it is failed' });
    expect(output).toMatchObject({ decision: 'stop', waves: [] });
    expect(output.nextSteps[0]).toBe("Mend the standby's copy of erlmcp: RDS says that it is failed.");
  });

  it('for all of them when one is not fit', () => {
    const losses = [aLoss, { ...aLoss, database: 'orders', fit: false as const }];
    expect(decidePromotion({ ...waived, losses }).decision).toBe('stop');
  });
});

describe('nothing is to be done', () => {
  it('without databases, and when all are promoted', () => {
    expect(decidePromotion({ ...waived, losses: [] })).toMatchObject({
      decision: 'none',
      reason: 'the environment has no database to promote',
    });
    expect(decide({ by: 'promoted' })).toMatchObject({
      decision: 'none',
      reason: 'every database is promoted already: erlmcp',
    });
  });
});

it('those that are promoted already are left out, and the others come in their order', () => {
  const orders = { ...erlmcp, name: 'orders', after: ['erlmcp', 'users'] };
  const users = { ...erlmcp, name: 'users' };
  const losses = [
    { ...aLoss, database: 'orders' },
    { ...aLoss, by: 'promoted' as const },
    { ...aLoss, database: 'users' },
  ];
  const { waves } = decidePromotion({ ...waived, losses, databases: [orders, erlmcp, users] });
  expect(waves.map((wave) => wave.map(({ database }) => database))).toEqual([['users'], ['orders']]);
});

it('nothing is ever promoted without a word while anything is unknown, unfit, or not waived', () => {
  const losses = fc.array(
    fc.record({
      lossSeconds: fc.option(fc.integer({ min: 0, max: 2_000 })),
      fit: fc.constantFrom<boolean | 'unknown'>(true, false, 'unknown'),
      by: fc.constantFrom<DatabaseLoss['by']>(
        'promote-replica',
        'failover-global',
        'restore-backups',
        'promoted',
      ),
    }),
  );
  fc.assert(
    fc.property(losses, fc.constantFrom('person' as const, 'waived' as const), (some, approval) => {
      const all = some.map((loss, n) => ({ ...aLoss, ...loss, database: `db${n}` }));
      const databases = all.map(({ database }) => ({ ...erlmcp, name: database }));
      const { decision } = decidePromotion({ ...waived, losses: all, databases, approval });
      const pending = all.filter(({ by }) => by !== 'promoted');
      if (decision !== 'go') return;
      expect(approval).toBe('waived');
      for (const { fit, lossSeconds } of pending) {
        expect(fit).toBe(true);
        expect(lossSeconds).toBeLessThanOrEqual(900);
        expect(lossSeconds).not.toBeNull();
      }
    }),
  );
});
