import { describe, expect, it } from 'vitest';
import type { QueryAnswer } from '../../../lambdas/database/contract.ts';
import { judgeCopy, later, type Observations } from '../../../lambdas/validate-copy/decide.ts';

const at = '2026-11-23T12:30:00.000Z';
const answer: QueryAnswer = {
  reachable: true,
  evidence: '10.0.3.9:5432, PostgreSQL 18.4',
  at,
  consistency: [{ name: 'orders', held: true, evidence: '0 rows' }],
  state: { writable: true, inRecovery: false, lagSeconds: null, replicas: 0 },
  heartbeat: { at: '2026-11-23T11:55:00.000Z', position: '0/3000148' },
};

function judge(more: Partial<QueryAnswer> = {}, others: Partial<Observations> = {}) {
  return judgeCopy({
    plan: { database: 'erlmcp', recoveryPoint: '2026-11-23T11:55:00Z' },
    answer: { ...answer, ...more },
    acknowledged: { at: '2026-11-23T11:59:58.000Z' },
    rpoSeconds: 900,
    ...others,
  });
}

describe('a copy', () => {
  it('is sound when it answers, can be written to, and every query holds', () => {
    expect(judge()).toMatchObject({
      sound: true,
      heartbeat: answer.heartbeat,
      consistency: answer.consistency,
    });
  });

  const failing = { name: 'orders', held: false, evidence: '3 rows' } as const;
  const unknown = { name: 'users', held: 'unknown', evidence: 'timed out' } as const;
  it.each([
    ['a query does not hold', { consistency: [failing] }, false, '3 rows'],
    ['one query fails and another is unknown', { consistency: [unknown, failing] }, false, '3 rows'],
    ['a query could not be run', { consistency: [...answer.consistency!, unknown] }, 'unknown', 'timed out'],
    ['it is read only', { state: { ...answer.state!, writable: false } }, false, 'it is read only'],
    [
      'it is in recovery',
      { state: { ...answer.state!, writable: false, inRecovery: true } },
      false,
      'still in recovery',
    ],
    ['nobody reaches it', { reachable: false, evidence: 'refused' }, 'unknown', 'refused'],
  ])('is not sound when %s', (_, more, sound, why) => {
    const output = judge(more);
    expect(output).toMatchObject({ sound, reason: expect.stringContaining(why) });
    expect(output.checks.some(({ held }) => held === sound)).toBe(true);
  });

  it.each(['consistency', 'state'] as const)(
    'that says nothing about its %s is unknown, never sound',
    (member) => {
      const rest = Object.fromEntries(Object.entries(answer).filter(([name]) => name !== member));
      expect(judgeCopy({ ...base(), answer: rest as unknown as QueryAnswer }).sound).toBe('unknown');
    },
  );

  it('of an environment without queries is sound when it can be written to, which is said', () => {
    expect(judge({ consistency: [] })).toMatchObject({
      sound: true,
      reason: expect.stringContaining('it has no consistency query'),
    });
  });
});

function base(): Observations {
  return {
    plan: { database: 'erlmcp', recoveryPoint: '2026-11-23T11:55:00Z' },
    answer,
    acknowledged: null,
    rpoSeconds: 900,
  };
}

describe('the loss', () => {
  const loss = (output: ReturnType<typeof judge>) =>
    output.checks.find(({ name }) => name === 'copy/erlmcp/measured-loss');

  it('is the last acknowledged write against the last one that is found', () => {
    expect(loss(judge())).toMatchObject({
      held: true,
      evidence: expect.stringMatching(/^298\.0 s: acknowledged until/),
    });
    expect(judge().reason).toContain('measured loss 298.0 s');
  });

  it('beyond the RPO is on the record, and is no reason against the copy', () => {
    const output = judge({}, { rpoSeconds: 60 });
    expect(loss(output)?.held).toBe(false);
    expect(output.sound).toBe(true);
  });

  it.each([
    ['acknowledged', { heartbeat: answer.heartbeat! }, null, 'the last acknowledged write'],
    ['found', { heartbeat: null }, { at }, 'the last write in the copy'],
    ['readable', { heartbeat: { at: 'nonsense' } }, { at }, 'the times'],
  ])('is unknown, never 0, when nothing is %s', (_, more, acknowledged, missing) => {
    expect(loss(judge(more, { acknowledged }))).toMatchObject({
      held: 'unknown',
      evidence: expect.stringContaining(missing),
    });
  });

  it('is never below 0', () => {
    expect(loss(judge({}, { acknowledged: { at: '2026-11-23T11:00:00Z' } }))?.evidence).toMatch(/^0\.0 s/);
  });

  it('shows a copy that is newer than it was asked for', () => {
    const output = judge({ heartbeat: { at: '2026-11-23T11:56:00Z' } });
    expect(output.checks.at(-1)).toMatchObject({
      name: 'copy/erlmcp/not-past-the-recovery-point',
      held: false,
    });
  });
});

describe('of two heartbeats', () => {
  const [early, late] = [{ at: '2026-11-23T11:00:00Z' }, { at: '2026-11-23T11:00:01Z' }];
  it.each([
    [early, late, late],
    [late, early, late],
    [null, early, early],
    [early, null, early],
    [null, null, null],
  ])('the later one counts', (a, b, expected) => {
    expect(later(a, b)).toBe(expected);
  });
});
