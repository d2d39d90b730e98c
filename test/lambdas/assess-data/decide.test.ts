import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assess, goodAndBad, type Sight } from '../../../lambdas/assess-data/decide.ts';
import type {
  CheckHistory,
  ConsistencyResult,
  QueryAnswer,
  Recovery,
} from '../../../lambdas/database/contract.ts';

const held: ConsistencyResult = { name: 'orders', held: true, evidence: '0 rows' };
const broken: ConsistencyResult = { name: 'orders', held: false, evidence: '12 rows, wanted 0' };
const unsure: ConsistencyResult = { name: 'orders', held: 'unknown', evidence: 'timed out after 10 s' };
const at = '2026-11-23T12:00:30.000Z';

function answering(...consistency: readonly ConsistencyResult[]): QueryAnswer {
  return { reachable: true, evidence: '10.0.3.7:5432', at, consistency };
}

function sight(more: Partial<Sight> = {}): Sight {
  return {
    database: 'erlmcp',
    rds: { status: 'available', evidence: 'erlmcp is available' },
    answer: answering(held),
    history: { results: [] },
    unfinished: null,
    ...more,
  };
}

const unreachable: QueryAnswer = { reachable: false, evidence: 'connection refused', at };
const unfinished: Recovery = {
  kind: 'restore',
  database: 'erlmcp',
  site: 'primary',
  incidents: ['dev-1'],
  startedAt: at,
  phase: 'swapped',
  source: { region: 'eu-central-1', identifier: 'erlmcp' },
  target: { region: 'eu-central-1', identifier: 'erlmcp-r1' },
  recoveryPoint: '2026-11-23T10:00:00Z',
  updatedAt: at,
};

describe('a database', () => {
  it.each([
    ['sound when every query holds', {}, 'sound', 'all 1 consistency queries hold'],
    [
      'damaged when a query does not hold',
      { answer: answering(held, broken) },
      'damaged',
      '12 rows, wanted 0',
    ],
    [
      'damaged when one fails and another is not known',
      { answer: answering(unsure, broken) },
      'damaged',
      '12 rows',
    ],
    ['unknown when a query could not be run', { answer: answering(held, unsure) }, 'unknown', 'timed out'],
    ['unknown when nobody reaches it', { answer: unreachable }, 'unknown', 'connection refused'],
    [
      'unknown when the queries were not answered',
      { answer: { reachable: true, evidence: '', at } },
      'unknown',
      'not answered',
    ],
    ['unknown without any query', { answer: answering() }, 'unknown', 'only a person can tell'],
    [
      'damaged when RDS has lost it',
      { answer: unreachable, rds: { status: 'failed', evidence: 'x' } },
      'damaged',
      'it is failed',
    ],
    [
      'damaged when RDS does not know it',
      { answer: unreachable, rds: { status: 'not found', evidence: 'x' } },
      'damaged',
      'not found',
    ],
    [
      'unknown when RDS does not answer either',
      { answer: unreachable, rds: { status: null, evidence: 'x' } },
      'unknown',
      'refused',
    ],
    [
      'damaged while its restore is not over, although it looks well',
      { unfinished },
      'damaged',
      'by dev-1 is not over',
    ],
  ] as const)('is %s', (_, more, verdict, evidence) => {
    const output = assess([sight(more)]);
    expect(output.verdict).toBe(verdict);
    expect(output.databases[0]).toMatchObject({ verdict, evidence: expect.stringContaining(evidence) });
    expect(output.checks[0]!.held).toBe(verdict === 'unknown' ? 'unknown' : verdict === 'sound');
    expect(output.reason).toContain(evidence);
  });

  it('says how it is written to and replicated', () => {
    const state = { writable: true, inRecovery: false, lagSeconds: null, replicas: null };
    const { reason } = assess([sight({ answer: { ...answering(held), state } })]);
    expect(reason).toContain('writable, an unknown number of replicas follow it');
  });
});

describe('several databases', () => {
  const other = { ...sight(), database: 'orders' };
  it('are damaged when any of them is, and the unknown ones are told as well', () => {
    const output = assess([sight(), sight({ answer: answering(broken) }), { ...other, answer: unreachable }]);
    expect(output).toMatchObject({
      verdict: 'damaged',
      reason: expect.stringContaining('orders is unknown'),
    });
  });

  it('are unknown when none is damaged and one is unknown', () => {
    expect(assess([sight(), { ...other, answer: unreachable }]).verdict).toBe('unknown');
  });

  it('are sound when there are none, which is said', () => {
    expect(assess([])).toMatchObject({ verdict: 'sound', reason: 'there is no database to assess' });
  });
});

describe('the scheduled checks', () => {
  const history = (letters: string): CheckHistory => ({
    results: letters.split('').map((letter, index) => ({
      at: `t${letters.length - index}`,
      held: letter === 'g' ? true : letter === 'b' ? false : 'unknown',
      failing: [],
    })),
  });

  it.each([
    ['bbg', 't1', 't2'],
    ['gbg', 't3', null],
    ['bubug', 't1', 't3'],
    ['uug', 't1', null],
    ['bb', null, 't1'],
    ['', null, null],
  ])('%s, newest first, were good last at %s and bad first at %s', (letters, lastGoodAt, firstBadAt) => {
    expect(goodAndBad(history(letters))).toEqual({ lastGoodAt, firstBadAt });
  });

  it('never name a good check with a failing one that is older and called the first', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('g', 'b', 'u'), { maxLength: 30 }), (letters) => {
        const { lastGoodAt, firstBadAt } = goodAndBad(history(letters.join('')));
        const time = (name: string | null) => (name === null ? null : Number(name.slice(1)));
        const [good, bad] = [time(lastGoodAt), time(firstBadAt)];
        if (good !== null && bad !== null) expect(bad).toBeGreaterThan(good);
        const newest = letters.indexOf('g');
        expect(good).toBe(newest === -1 ? null : letters.length - newest);
      }),
    );
  });
});
