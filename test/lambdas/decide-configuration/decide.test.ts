import { describe, expect, it } from 'vitest';
import type { PlanTotals } from '../../../lambdas/configuration/contract.ts';
import type { Input } from '../../../lambdas/decide-configuration/contract.ts';
import { decide } from '../../../lambdas/decide-configuration/decide.ts';
import { incident } from '../memory-ledger.ts';

const none = { objects: 0, bytes: 0 };
const of = (objects: number) => ({ objects, bytes: objects * 100 });
const limits = { objects: 1_000, percent: 50, deletions: 10 };
const still: PlanTotals = { bringBack: none, overwrite: none, remove: none, unchanged: of(500), problems: 0 };

function input(totals: Partial<PlanTotals> = {}, more: Partial<Input> = {}): Input {
  return {
    incident: { ...incident, rpoSeconds: 3_600 },
    plan: {
      id: 'dev-1',
      site: 'primary',
      recoveryPoint: '2026-11-23T11:50:00.000Z',
      exportKey: null,
      snapshot: 'before-dev-1',
    },
    lossSeconds: 60,
    resumed: false,
    buckets: [
      {
        bucket: 'config',
        done: true,
        totals: { ...still, ...totals },
        chunks: [0],
        problems: [],
        conflicts: 0,
        summary: 'config: 3 to restore',
      },
    ],
    cluster: null,
    ...more,
  };
}

describe('a plan', () => {
  it('within the limits goes ahead', () => {
    expect(decide(input({ overwrite: of(3) }), limits, false)).toMatchObject({ decision: 'go' });
  });

  it.each([
    [
      'more objects than the environment allows',
      input({ overwrite: of(1_001), unchanged: of(9_000) }),
      '1001 objects',
    ],
    ['a larger share than it allows', input({ overwrite: of(600), unchanged: of(500) }), '55 %'],
    ['more deletions than it allows', input({ remove: of(11) }), '11 objects would be deleted'],
    [
      'a loss beyond the RPO',
      input({ overwrite: of(1) }, { lossSeconds: 7_200 }),
      'more than the RPO of 1 h',
    ],
    ['a loss that nobody knows', input({ overwrite: of(1) }, { lossSeconds: null }), 'not known'],
    [
      'objects that cannot be restored',
      input({ overwrite: of(1), problems: 2 }),
      '2 objects cannot be restored',
    ],
  ])('of %s asks a person, and says why', (_, given, why) => {
    const { decision, question } = decide(given, limits, false);
    expect(decision).toBe('ask');
    expect(question).toContain(why);
    expect(question).toContain('config: 3 to restore');
  });

  it('always asks where the environment says so', () => {
    expect(decide(input({ overwrite: of(1) }), limits, true).decision).toBe('ask');
  });

  it('of a few objects is not refused for its share', () => {
    expect(decide(input({ overwrite: of(4), unchanged: of(1) }), limits, false).decision).toBe('go');
  });

  it('that changes nothing is no recovery, unless an earlier run began it', () => {
    expect(decide(input(), limits, false).decision).toBe('nothing');
    expect(decide(input({}, { resumed: true }), limits, false).decision).toBe('go');
  });

  it('of which nothing can be restored stops, and says where the list is', () => {
    const { decision, nextSteps } = decide(input({ problems: 3 }), limits, false);
    expect(decision).toBe('stop');
    expect(nextSteps[0]).toContain('restores/dev-1/');
  });

  it("counts the cluster's objects, too", () => {
    const totals = {
      bringBack: ['a'],
      overwrite: [],
      remove: Array.from('elevenfold!'),
      unchanged: 0,
      problems: [],
    };
    const cluster = { totals, summary: 'cluster: 12 to restore' };
    expect(decide(input({}, { cluster }), limits, false).question).toContain('11 objects would be deleted');
  });
});
