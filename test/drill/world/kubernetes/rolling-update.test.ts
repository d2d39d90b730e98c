import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../../drill/world/kubernetes/objects.ts';
import { bounds, nextStep } from '../../../../drill/world/kubernetes/rolling-update.ts';

const spec = (replicas: number, rollingUpdate: object = {}): Deployment['spec'] => ({
  replicas,
  selector: {},
  template: { metadata: {}, spec: { containers: [] } },
  strategy: { type: 'RollingUpdate', rollingUpdate },
  progressDeadlineSeconds: 600,
  revisionHistoryLimit: 10,
});

describe('the bounds of a rolling update', () => {
  it.each([
    [4, {}, { surge: 1, unavailable: 1 }],
    [2, {}, { surge: 1, unavailable: 0 }],
    [10, { maxSurge: '50%', maxUnavailable: 0 }, { surge: 5, unavailable: 0 }],
    [3, { maxSurge: 0, maxUnavailable: 0 }, { surge: 0, unavailable: 1 }],
  ])('of %i replicas with %j are %j', (replicas, update, expected) => {
    expect(bounds(spec(replicas, update))).toEqual(expected);
  });
});

describe('a rolling update', () => {
  it('ends with the new pods only, and never has fewer ready or more in all than it may', () => {
    const share = fc.oneof(fc.nat({ max: 5 }), fc.constantFrom('0%', '25%', '50%', '100%'));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), share, share, (replicas, maxSurge, maxUnavailable) => {
        const wanted = spec(replicas, { maxSurge, maxUnavailable });
        const { surge, unavailable } = bounds(wanted);
        let current = { wanted: 0, pods: 0, ready: 0 };
        let old = { wanted: replicas, pods: replicas, ready: replicas };
        for (let round = 0; round < 100 && (old.pods > 0 || current.ready < replicas); round++) {
          const next = nextStep(wanted, current, [old]);
          const left = next.old[0] ?? 0;
          old = { wanted: left, pods: left, ready: left };
          expect(next.current + left).toBeLessThanOrEqual(replicas + surge);
          expect(old.ready + current.ready).toBeGreaterThanOrEqual(replicas - unavailable);
          current = { wanted: next.current, pods: next.current, ready: next.current };
        }
        expect({ current, old }).toEqual({
          current: { wanted: replicas, pods: replicas, ready: replicas },
          old: { wanted: 0, pods: 0, ready: 0 },
        });
      }),
    );
  });

  it('takes everything down first when it recreates', () => {
    const recreate = { ...spec(2), strategy: { type: 'Recreate' as const } };
    const none = { wanted: 0, pods: 0, ready: 0 };
    expect(nextStep(recreate, none, [{ wanted: 2, pods: 2, ready: 2 }])).toEqual({ current: 0, old: [0] });
    expect(nextStep(recreate, none, [none])).toEqual({ current: 2, old: [0] });
  });
});
