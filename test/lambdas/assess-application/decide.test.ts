import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Known } from '../../../lambdas/assess-application/decide.ts';
import type { ServiceWatch } from '../../../lambdas/watch-service/contract.ts';
import type { NodeSight, WorkloadSight } from '../../../lambdas/workloads/contract.ts';

const now = '2026-11-23T12:00:00.000Z';
const ago = (minutes: number) => new Date(Date.parse(now) - minutes * 60_000).toISOString();

const well = (name: string, more: Partial<WorkloadSight> = {}): WorkloadSight => ({
  name,
  exists: true,
  wanted: 2,
  ready: 2,
  updated: 2,
  updatedReady: 2,
  revision: '7',
  previousRevision: '6',
  revisionAt: '2026-11-01T00:00:00Z',
  stuck: false,
  restarts: 0,
  waiting: [],
  endpoints: 2,
  disruptionsAllowed: 1,
  warnings: [],
  ...more,
});
const node = (name: string, ready: NodeSight['ready'] = true): NodeSight => ({
  name,
  group: 'workers',
  instanceId: 'i-0abc',
  ready,
  since: null,
  reason: '',
  cordoned: false,
});
const watched = (
  failing: Partial<ServiceWatch['failingSince']> = {},
  more: Partial<ServiceWatch> = {},
): ServiceWatch => ({
  at: ago(1),
  site: 'primary',
  lastGood: { configuration: ago(10), application: ago(10), nodes: ago(1) },
  failingSince: { configuration: null, application: null, nodes: null, ...failing },
  failures: [{ name: 'test/login', evidence: 'status 500, expected 200' }],
  ...more,
});
const failing = watched({ application: ago(9) });

const know = (workloads: readonly WorkloadSight[], more: Partial<Known> = {}): Known => ({
  now,
  site: 'primary',
  deployments: [
    { name: 'erlmcp', after: [] },
    { name: 'gateway', after: ['erlmcp'] },
    { name: 'worker', after: [] },
  ],
  request: undefined,
  workloads,
  nodes: [node('a'), node('b')],
  watch: watched(),
  attempt: 1,
  ...more,
});

const crashing = { ready: 0, updatedReady: 0, waiting: ['CrashLoopBackOff'], restarts: 14 };

describe('an unhealthy deployment', () => {
  it.each<[string, Partial<WorkloadSight>, string]>([
    [
      'that crashes again and again',
      crashing,
      'erlmcp has 0 of 2 ready (CrashLoopBackOff) after 14 restarts',
    ],
    [
      'with pods ready and none behind its service',
      { endpoints: 0 },
      'erlmcp has 2 ready, and none behind its service',
    ],
    [
      'that is stuck without a revision to go back to',
      { ready: 1, updatedReady: 0, stuck: true, previousRevision: null },
      'Kubernetes has given up on its rollout',
    ],
    [
      'that crashes with a young revision, and has none to go back to',
      { ...crashing, revisionAt: ago(3), previousRevision: null },
      'CrashLoopBackOff',
    ],
  ])('%s is restarted', (_, sight, words) => {
    const verdict = decide(know([well('erlmcp', sight), well('gateway'), well('worker')]));
    expect(verdict).toMatchObject({ verdict: 'restart', waves: [['erlmcp']], rollBack: [] });
    expect(verdict.reason).toContain(words);
  });

  it('with fewer pods ready than wanted is given the time that a rollout needs, and then restarted', () => {
    const late = [well('erlmcp', { ready: 1, updatedReady: 1 })];
    expect(decide(know(late))).toMatchObject({ verdict: 'wait', waitSeconds: 15, waves: [] });
    expect(decide(know(late, { attempt: 8 }))).toMatchObject({
      verdict: 'restart',
      reason: 'erlmcp has 1 of 2 ready for longer than a rollout needs',
    });
    const young = [well('erlmcp', { ready: 1, updatedReady: 1, revisionAt: ago(2) })];
    expect(decide(know(young, { attempt: 8 })).verdict).toBe('wait');
  });

  it('that is one of several is restarted with the others in the order of what waits for what', () => {
    const all = [well('erlmcp', crashing), well('gateway', crashing), well('worker', crashing)];
    expect(decide(know(all)).waves).toEqual([['erlmcp', 'worker'], ['gateway']]);
    expect(decide(know([well('erlmcp'), ...all.slice(1)])).waves).toEqual([['gateway', 'worker']]);
  });

  it('that is scaled to 0 is none', () => {
    const off = well('worker', { wanted: 0, ready: 0, updated: 0, updatedReady: 0, endpoints: 0 });
    expect(decide(know([well('erlmcp'), off])).verdict).toBe('sound');
  });

  it('that does not exist is a matter for a person', () => {
    const absent = well('worker', { exists: false, wanted: 0, ready: 0 });
    const { verdict, reason, nextSteps } = decide(know([well('erlmcp'), absent]));
    expect([verdict, reason]).toEqual(['stop', 'worker does not exist']);
    expect(nextSteps.join()).toContain('Apply the manifest of worker');
  });

  it('beside one that only a person can help is restarted all the same, and the other is told', () => {
    const absent = well('worker', { exists: false });
    const verdict = decide(know([well('erlmcp', crashing), absent]));
    expect(verdict).toMatchObject({ verdict: 'restart', waves: [['erlmcp']] });
    expect(verdict.reason).toContain('left to a person: worker does not exist');
  });
});

describe('a newest revision that fails', () => {
  const young = { revisionAt: ago(5) };

  it.each<[string, Partial<WorkloadSight>]>([
    ['whose image cannot be pulled', { ready: 2, updatedReady: 0, waiting: ['ImagePullBackOff'] }],
    ['that crashes since it came', { ...crashing, ...young }],
    [
      'that names a Secret that is missing',
      { ready: 2, updatedReady: 0, waiting: ['CreateContainerConfigError'], ...young },
    ],
    [
      'on which Kubernetes has given up while an older one serves',
      { ready: 2, updatedReady: 0, stuck: true },
    ],
    ['on which Kubernetes has given up, and that crashes', { ...crashing, stuck: true }],
  ])('and %s is rolled back at once', (_, sight) => {
    const verdict = decide(know([well('erlmcp', sight), well('gateway')]));
    expect(verdict).toMatchObject({ verdict: 'roll-back', rollBack: [['erlmcp']], waves: [] });
    expect(verdict.reason).toContain('with revision 7, before which there is 6');
  });

  it('is rolled back before the others are restarted', () => {
    const verdict = decide(know([well('erlmcp', { ...crashing, ...young }), well('gateway', crashing)]));
    expect(verdict).toMatchObject({ verdict: 'roll-back', rollBack: [['erlmcp']], waves: [['gateway']] });
  });

  it('is told from one that served for weeks and then broke', () => {
    expect(decide(know([well('erlmcp', crashing)]))).toMatchObject({ verdict: 'restart', canRollBack: [] });
  });

  it('is told from one of which pods are ready', () => {
    const some = { ...crashing, ...young, ready: 1, updatedReady: 1 };
    expect(decide(know([well('erlmcp', some)]))).toMatchObject({
      verdict: 'restart',
      canRollBack: ['erlmcp'],
    });
  });

  it('is known by its age when no tests ever passed', () => {
    const sight = well('erlmcp', { ...crashing, revisionAt: ago(40) });
    expect(decide(know([sight], { watch: null })).verdict).toBe('roll-back');
    expect(decide(know([{ ...sight, revisionAt: ago(70) }], { watch: null })).verdict).toBe('restart');
  });

  it.each<[string, Partial<WorkloadSight>, string]>([
    [
      'an image and nothing before it',
      { previousRevision: null, ready: 0, updatedReady: 0 },
      'there is no revision to go back to',
    ],
    ['an image that runs elsewhere', { ready: 1, updatedReady: 1 }, 'cannot be pulled any more'],
  ])('for %s is a matter for a person', (_, sight, words) => {
    const verdict = decide(know([well('erlmcp', { waiting: ['ImagePullBackOff'], ...sight })]));
    expect(verdict.verdict).toBe('stop');
    expect(verdict.reason).toContain(words);
    expect(verdict.nextSteps.join()).toContain('A restart would pull it again');
  });
});

describe('what a restart does not help', () => {
  it.each<[string, Partial<WorkloadSight>, Partial<Known>]>([
    ['pods that no node has room for', { ready: 1, waiting: ['Unschedulable'] }, {}],
    [
      'pods that are not ready while a node is not',
      { ready: 1 },
      { nodes: [node('a'), node('b', 'unknown')] },
    ],
    ['a cluster without nodes', { ready: 0 }, { nodes: [] }],
  ])('%s is for hardware-failure', (_, sight, more) => {
    const { verdict, nextSteps } = decide(know([well('erlmcp', sight), well('gateway', crashing)], more));
    expect(verdict).toBe('stop');
    expect(nextSteps[0]).toContain('{"scenario":"hardware-failure"}');
  });

  it('crashes are not, though a node is not ready', () => {
    expect(decide(know([well('erlmcp', crashing)], { nodes: [node('a', false)] })).verdict).toBe('restart');
  });

  it('nor is anything when nodes cannot be seen', () => {
    expect(decide(know([well('erlmcp', crashing)], { nodes: null })).verdict).toBe('restart');
  });

  it('a missing ConfigMap of a revision that served is for configuration-loss', () => {
    const sight = well('erlmcp', { ready: 1, updatedReady: 1, waiting: ['CreateContainerConfigError'] });
    const { verdict, nextSteps } = decide(know([sight]));
    expect(verdict).toBe('stop');
    expect(nextSteps.join()).toContain('{"scenario":"configuration-loss"}');
  });
});

describe('deployments that all look well', () => {
  const all = [well('erlmcp'), well('gateway'), well('worker')];

  it('while the tests pass are sound', () => {
    expect(decide(know(all))).toMatchObject({ verdict: 'sound', waves: [], rollBack: [] });
  });

  it('while the tests fail are all restarted: nothing else explains it', () => {
    const verdict = decide(know(all, { watch: failing }));
    expect(verdict).toMatchObject({ verdict: 'restart', waves: [['erlmcp', 'worker'], ['gateway']] });
    expect(verdict.reason).toContain('test/login: status 500, expected 200');
  });

  it('and of which one came after the tests passed last are restarted, and that is told', () => {
    const { reason } = decide(
      know([well('erlmcp', { revisionAt: ago(8) }), well('gateway')], { watch: failing }),
    );
    expect(reason).toContain('since they passed erlmcp has revision 7');
  });

  it('but for one that is scaled to 0 are restarted without it, and that is told', () => {
    const off = well('worker', { wanted: 0, ready: 0 });
    const verdict = decide(know([well('erlmcp'), well('gateway'), off], { watch: failing }));
    expect(verdict.waves).toEqual([['erlmcp'], ['gateway']]);
    expect(verdict.reason).toContain('scaled to 0, and left so: worker');
    expect(decide(know([off], { watch: failing }))).toMatchObject({ verdict: 'stop', waves: [] });
  });

  it('while the tests of the configuration fail are for configuration-loss', () => {
    const watch = watched({ configuration: ago(9), application: ago(9) });
    const { verdict, nextSteps } = decide(know(all, { watch }));
    expect(verdict).toBe('stop');
    expect(nextSteps[0]).toContain('{"scenario":"configuration-loss"}');
  });

  it('while the tests fail and nodes are not ready are for hardware-failure', () => {
    const { verdict, nextSteps } = decide(know(all, { watch: failing, nodes: [node('a', false)] }));
    expect(verdict).toBe('stop');
    expect(nextSteps[0]).toContain('{"scenario":"hardware-failure"}');
  });

  it.each([
    ['too long ago', { at: ago(6) }],
    ['at the other site', { site: 'standby' as const }],
  ])('and were tested last %s are waited for, and then left to a person', (_, more) => {
    const watch = { ...failing, ...more };
    expect(decide(know(all, { watch }))).toMatchObject({ verdict: 'wait' });
    expect(decide(know(all, { watch, attempt: 12 }))).toMatchObject({ verdict: 'stop', waves: [] });
  });

  it('and were never tested are left to a person', () => {
    const { verdict, nextSteps } = decide(know(all, { watch: null }));
    expect(verdict).toBe('stop');
    expect(nextSteps.join()).toContain('"deployments":["erlmcp"]');
  });
});

describe('a person who names deployments', () => {
  it('has them restarted, healthy or not, in their order', () => {
    const request = { deployments: ['gateway', 'erlmcp'] };
    const verdict = decide(know([well('erlmcp'), well('gateway'), well('worker', crashing)], { request }));
    expect(verdict).toMatchObject({ verdict: 'restart', waves: [['erlmcp'], ['gateway']] });
    expect(verdict.reason).toBe('a person named gateway, erlmcp');
  });

  it('that are not the environment’s is told which are', () => {
    const request = { deployments: ['erlmpc'] };
    expect(() => decide(know([well('erlmcp')], { request }))).toThrow(
      'deployments: got erlmpc, allowed: erlmcp, gateway, worker. Nothing was changed',
    );
  });

  it('that do not exist is told so', () => {
    const request = { deployments: ['worker'] };
    const verdict = decide(know([well('worker', { exists: false })], { request }));
    expect(verdict).toMatchObject({ verdict: 'stop', waves: [] });
    expect(verdict.reason).toBe('the cluster of the primary has no deployment worker');
  });
});

const sights = fc.record({
  exists: fc.boolean(),
  wanted: fc.integer({ min: 0, max: 3 }),
  ready: fc.integer({ min: 0, max: 3 }),
  updatedReady: fc.integer({ min: 0, max: 3 }),
  previousRevision: fc.constantFrom(null, '6'),
  revisionAt: fc.constantFrom(null, ago(2), ago(30), ago(5_000)),
  stuck: fc.boolean(),
  waiting: fc.subarray([
    'CrashLoopBackOff',
    'ImagePullBackOff',
    'Unschedulable',
    'CreateContainerConfigError',
  ]),
  endpoints: fc.constantFrom(null, 0, 2),
});

it('whatever is seen, what is rolled back has a revision before it, only known names are touched, and every verdict has a reason', () => {
  fc.assert(
    fc.property(
      fc.tuple(sights, sights, sights),
      fc.constantFrom(null, watched(), failing),
      fc.constantFrom(null, [node('a')], [node('a', false)], []),
      fc.integer({ min: 1, max: 13 }),
      (given, watch, nodes, attempt) => {
        const names = ['erlmcp', 'gateway', 'worker'];
        const workloads = given.map((each, index) => well(names[index] ?? '', each));
        const verdict = decide(know(workloads, { watch, nodes, attempt }));
        const of = (name: string) => workloads.find((each) => each.name === name);
        for (const name of verdict.rollBack.flat()) {
          expect(of(name)).toMatchObject({ previousRevision: '6', updatedReady: 0, exists: true });
        }
        const touched = [...verdict.rollBack.flat(), ...verdict.waves.flat()];
        expect(new Set(touched).size).toBe(touched.length);
        expect(touched.every((name) => (of(name)?.wanted ?? 0) > 0 && of(name)?.exists)).toBe(true);
        expect(verdict.reason).not.toBe('');
        const acts = verdict.verdict === 'restart' || verdict.verdict === 'roll-back';
        expect(touched.length > 0).toBe(acts);
        if (verdict.verdict === 'stop' || verdict.verdict === 'sound')
          expect(verdict.nextSteps).not.toEqual([]);
        expect(verdict.waitSeconds > 0).toBe(verdict.verdict === 'wait');
      },
    ),
  );
});
