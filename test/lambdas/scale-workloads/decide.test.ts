import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planned, raisedBounds, raisedReplicas, summarise } from '../../../lambdas/scale-workloads/decide.ts';

const plain = { name: 'erlmcp', replicas: 3 };
const scaled = { ...plain, autoscaler: 'erlmcp' };

describe('the replicas of a deployment', () => {
  it.each([
    ['are raised to the target', plain, 1, 3],
    ['are left at the target', plain, 3, null],
    ['are left above the target', plain, 9, null],
    ['are left to a living autoscaler', scaled, 1, null],
    ['are raised from zero, where an autoscaler sleeps', scaled, 0, 3],
  ])('%s', (_, target, replicas, raised) => {
    expect(raisedReplicas(target, replicas)).toBe(raised);
  });
});

describe('the bounds of an autoscaler', () => {
  it.each([
    [
      'get the target as their floor',
      { minReplicas: 1, maxReplicas: 10 },
      { minReplicas: 3, maxReplicas: 10 },
    ],
    [
      'get a ceiling that is not under the floor',
      { minReplicas: 1, maxReplicas: 2 },
      { minReplicas: 3, maxReplicas: 3 },
    ],
    ['are left when the floor is high enough', { minReplicas: 4, maxReplicas: 10 }, null],
  ])('%s', (_, bounds, raised) => {
    expect(raisedBounds(scaled, bounds)).toEqual(raised);
  });

  it('never fall, and are raised once', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.nat(20), (replicas, low, more) => {
        const bounds = { minReplicas: low, maxReplicas: low + more };
        const raised = raisedBounds({ ...scaled, replicas }, bounds) ?? bounds;
        expect(raised.minReplicas).toBe(Math.max(bounds.minReplicas, replicas));
        expect(raised.maxReplicas).toBeGreaterThanOrEqual(bounds.maxReplicas);
        expect(raised.maxReplicas).toBeGreaterThanOrEqual(raised.minReplicas);
        expect(raisedBounds({ ...scaled, replicas }, raised)).toBeNull();
      }),
    );
  });
});

it('a workload with all it needs has nothing planned', () => {
  expect(planned(plain, { name: 'erlmcp', replicas: 3, readyReplicas: 0 })).toBeNull();
  expect(
    planned(scaled, {
      name: 'erlmcp',
      replicas: 0,
      readyReplicas: 0,
      bounds: { minReplicas: 1, maxReplicas: 5 },
    }),
  ).toEqual({ replicas: 3, bounds: { minReplicas: 3, maxReplicas: 5 } });
});

it('the summary tells a count from a floor', () => {
  expect(summarise('changed', [plain, { ...scaled, name: 'web' }])).toBe(
    'raised erlmcp to 3 replicas, the floor of web to 3 replicas',
  );
});
