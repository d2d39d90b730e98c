import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { raisedCounts, requestToken } from '../../../lambdas/aws/node-counts.ts';
import { summarise } from '../../../lambdas/scale-nodes/decide.ts';

const target = { name: 'workers', min: 2, desired: 3, max: 4 };

describe('the counts of a node group', () => {
  it.each([
    ['are raised where they lack', { min: 0, desired: 1, max: 2 }, { min: 2, desired: 3, max: 4 }],
    ['keep what is higher', { min: 1, desired: 6, max: 10 }, { min: 2, desired: 6, max: 10 }],
    ['are left when they are equal', { min: 2, desired: 3, max: 4 }, null],
    ['are left when they are higher', { min: 5, desired: 8, max: 9 }, null],
  ])('%s', (_, observed, raised) => {
    expect(raisedCounts(target, observed)).toEqual(raised);
  });

  it('never fall, reach the target, stay in order, and are raised once', () => {
    const counts = fc
      .tuple(fc.nat(50), fc.nat(50), fc.nat(50))
      .map((all) => all.toSorted((a, b) => a - b))
      .map(([min = 0, desired = 0, max = 0]) => ({ min, desired, max }));
    fc.assert(
      fc.property(counts, counts, (wanted, observed) => {
        const raised = raisedCounts({ name: 'workers', ...wanted }, observed) ?? observed;
        for (const key of ['min', 'desired', 'max'] as const) {
          expect(raised[key]).toBeGreaterThanOrEqual(observed[key]);
          expect(raised[key]).toBeGreaterThanOrEqual(wanted[key]);
        }
        expect(raised.min <= raised.desired && raised.desired <= raised.max).toBe(true);
        expect(raisedCounts({ name: 'workers', ...wanted }, raised)).toBeNull();
      }),
    );
  });
});

it('a request token is the same for the same update and another for any other', () => {
  const counts = { min: 2, desired: 3, max: 4 };
  expect(requestToken('i-1', 7, 'workers', counts)).toBe(requestToken('i-1', 7, 'workers', { ...counts }));
  const others = [
    requestToken('i-2', 7, 'workers', counts),
    requestToken('i-1', 8, 'workers', counts),
    requestToken('i-1', 7, 'system', counts),
    requestToken('i-1', 7, 'workers', { ...counts, max: 5 }),
  ];
  expect(new Set([...others, requestToken('i-1', 7, 'workers', counts)]).size).toBe(5);
});

it('the summary names each group and its counts', () => {
  const groups = [{ name: 'workers', counts: { min: 2, desired: 3, max: 4 } }];
  expect(summarise('changed', groups)).toBe('raised workers to 3 nodes (min 2, max 4)');
  expect(summarise('planned', groups)).toBe('would raise workers to 3 nodes (min 2, max 4)');
});
