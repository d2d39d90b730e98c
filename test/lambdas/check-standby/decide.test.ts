import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeFitness, type Observations, type Seen } from '../../../lambdas/check-standby/decide.ts';

const seen = <T>(value: T): Seen<T> => ({ seen: true, value });
const absent: Seen<never> = { seen: false, absent: true, why: 'UnsafePlan: 404 not found' };
const hidden: Seen<never> = { seen: false, absent: false, why: 'TryAgain: ETIMEDOUT' };
const target = { name: 'workers', min: 2, desired: 2, max: 4 };
const group = { status: 'ACTIVE', issues: [] as string[], max: 4 };

const fit: Observations = {
  serving: {
    probe: { ok: true, evidence: '200' },
    healthName: '_lifeboat-standby.example.com',
    checkers: [{ server: 'ns-0', values: ['healthy'] }],
  },
  cluster: { name: 'erlmcp-standby', status: seen('ACTIVE') },
  nodeGroups: [{ target, sight: seen(group) }],
  deployments: [{ name: 'erlmcp', sight: seen({}) }],
  autoscalers: [{ name: 'erlmcp', sight: seen({}) }],
};

const serving = fit.serving!;

describe('the standby is fit', () => {
  it('when every check holds', () => {
    const fitness = judgeFitness(fit);
    expect(fitness).toMatchObject({ fit: true, reason: 'all 6 checks of the standby hold' });
    expect(fitness.checks.every(({ held }) => held === true)).toBe(true);
  });

  it('while a node group is updating', () => {
    expect(
      judgeFitness({ ...fit, nodeGroups: [{ target, sight: seen({ ...group, status: 'UPDATING' }) }] }).fit,
    ).toBe(true);
  });

  it('as a pilot light that serves nothing yet', () => {
    expect(judgeFitness({ ...fit, serving: null }).fit).toBe(true);
  });
});

describe('the standby is not fit', () => {
  it.each<[string, Partial<Observations>, string]>([
    [
      'when its endpoint fails',
      { serving: { ...serving, probe: { ok: false, evidence: '503' } } },
      'standby-fit/endpoint does not hold: 503',
    ],
    [
      'when the checkers find it unhealthy',
      { serving: { ...serving, checkers: [{ server: 'ns-0', values: ['unhealthy'] }] } },
      'standby-fit/route53-checkers does not hold',
    ],
    [
      'when the checkers cannot be heard',
      { serving: { ...serving, checkers: [{ server: 'ns-0', values: null, silence: 'ETIMEOUT' }] } },
      'standby-fit/route53-checkers is not known to hold',
    ],
    [
      'when its cluster is not active',
      { cluster: { name: 'c', status: seen('UPDATING') } },
      'standby-fit/cluster c does not hold: it is UPDATING',
    ],
    [
      'when its cluster is gone',
      { cluster: { name: 'c', status: absent } },
      'standby-fit/cluster c does not hold',
    ],
    [
      'when a node group is degraded',
      { nodeGroups: [{ target, sight: seen({ ...group, status: 'DEGRADED' }) }] },
      'standby-fit/node group workers does not hold: it is DEGRADED',
    ],
    [
      'when a node group has issues',
      { nodeGroups: [{ target, sight: seen({ ...group, issues: ['InstanceLimitExceeded: 4'] }) }] },
      'with InstanceLimitExceeded: 4',
    ],
    [
      'when a node group cannot reach its target',
      { nodeGroups: [{ target: { ...target, desired: 5, max: 4 }, sight: seen(group) }] },
      'cannot reach 5 nodes, only 4',
    ],
    [
      'when a node group cannot be seen',
      { nodeGroups: [{ target, sight: hidden }] },
      'is not known to hold: TryAgain',
    ],
    [
      'when a deployment is missing',
      { deployments: [{ name: 'erlmcp', sight: absent }] },
      'standby-fit/deployment erlmcp does not hold',
    ],
    [
      'when an autoscaler is missing',
      { autoscalers: [{ name: 'erlmcp', sight: absent }] },
      'standby-fit/autoscaler erlmcp does not hold',
    ],
  ])('%s', (_, changes, reason) => {
    const fitness = judgeFitness({ ...fit, ...changes });
    expect(fitness.fit).toBe(false);
    expect(fitness.reason).toContain(reason);
  });

  it('and the reason is what is wrong rather than what is merely unseen', () => {
    const { reason } = judgeFitness({
      ...fit,
      cluster: { name: 'c', status: hidden },
      deployments: [{ name: 'erlmcp', sight: absent }],
    });
    expect(reason).toContain('deployment erlmcp does not hold');
  });

  it('whenever any one check does not hold for certain', () => {
    const sight = fc.constantFrom<Seen<unknown>>(seen({}), absent, hidden);
    fc.assert(
      fc.property(fc.array(sight), (sights) => {
        const deployments = sights.map((one, index) => ({ name: `d${index}`, sight: one }));
        expect(judgeFitness({ ...fit, deployments }).fit).toBe(sights.every((one) => one.seen));
      }),
    );
  });
});
