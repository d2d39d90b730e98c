import { describe, expect, it, test } from 'vitest';
import type { Check } from '../../../lambdas/incident/contract.ts';
import type { SmokeTest } from '../../../lambdas/run-tests/contract.ts';
import type { ServiceWatch } from '../../../lambdas/watch-service/contract.ts';
import { judge, kept, shortAtLookBefore, type Look } from '../../../lambdas/watch-service/decide.ts';
import type { NodeSight, Survey, WorkloadSight } from '../../../lambdas/workloads/contract.ts';

const at = '2026-11-23T12:00:00.000Z';
const result = (proves: SmokeTest['proves'], held: Check['held']) => ({
  test: {
    name: proves,
    proves,
    request: { method: 'GET' as const, url: 'https://www.example.com/', headers: {} },
    expect: { status: 200, headers: {}, json: [], withinMs: 1_000 },
  },
  check: { name: `test/${proves}`, held, evidence: 'seen' },
});
const deployment = (more: Partial<WorkloadSight> = {}): WorkloadSight => ({
  name: 'erlmcp',
  exists: true,
  wanted: 3,
  ready: 3,
  updated: 3,
  updatedReady: 3,
  revision: '4',
  previousRevision: '3',
  revisionAt: at,
  stuck: false,
  restarts: 0,
  waiting: [],
  endpoints: 3,
  disruptionsAllowed: 1,
  warnings: [],
  ...more,
});
const node = (more: Partial<NodeSight> = {}): NodeSight => ({
  name: 'n1',
  group: 'workers',
  instanceId: 'i-0abc',
  ready: true,
  since: '2026-11-23T11:00:00.000Z',
  reason: 'KubeletReady',
  cordoned: false,
  ...more,
});
const survey = (workload: Partial<WorkloadSight> = {}, nodes: Survey['nodes'] = [node()]): Survey => ({
  at,
  site: 'primary',
  workloads: [deployment(workload)],
  nodes,
});
const good: Look = {
  at,
  site: 'primary',
  health: { ok: true, evidence: 'answered 200' },
  results: [result('application', true), result('configuration', true)],
  survey: survey(),
  nodeGraceSeconds: 300,
  shortBefore: [],
};
const lost = node({ ready: 'unknown', since: '2026-11-23T11:55:00.000Z', reason: 'NodeStatusUnknown' });
const of = (changes: Partial<Look>) => {
  const { configuration, application, nodes } = judge({ ...good, ...changes });
  return { configuration, application, nodes };
};

describe('only the first cause fails', () => {
  it.each<[string, Partial<Look>, ReturnType<typeof of>]>([
    ['all is well', {}, { configuration: true, application: true, nodes: true }],
    [
      'a site that does not answer explains everything',
      {
        health: { ok: false, evidence: '503' },
        results: [result('application', false), result('configuration', false)],
        survey: survey({ stuck: true }, [lost]),
      },
      { configuration: 'unknown', application: 'unknown', nodes: 'unknown' },
    ],
    [
      'a lost node explains the rest',
      {
        results: [result('application', false), result('configuration', false)],
        survey: survey({ stuck: true }, [lost]),
      },
      { configuration: 'unknown', application: 'unknown', nodes: false },
    ],
    [
      'pods without room are of the nodes',
      { survey: survey({ ready: 2, waiting: ['Unschedulable'] }) },
      { configuration: 'unknown', application: 'unknown', nodes: false },
    ],
    [
      'a wrong configuration explains the application',
      { results: [result('application', false), result('configuration', false)] },
      { configuration: false, application: 'unknown', nodes: true },
    ],
    [
      'a failing test is of the application',
      { results: [result('application', false), result('configuration', true)] },
      { configuration: true, application: false, nodes: true },
    ],
    [
      'containers that crash are of the application',
      { survey: survey({ ready: 2, waiting: ['CrashLoopBackOff'] }) },
      { configuration: true, application: false, nodes: true },
    ],
    [
      'a deployment that is gone is of the application',
      { survey: survey({ exists: false, wanted: 0, ready: 0 }) },
      { configuration: true, application: false, nodes: true },
    ],
    [
      'a survey that cannot be had leaves the nodes unknown',
      { survey: null },
      { configuration: true, application: true, nodes: 'unknown' },
    ],
    [
      'nodes that may not be looked at are unknown',
      { survey: survey({}, null) },
      { configuration: true, application: true, nodes: 'unknown' },
    ],
    [
      'tests that could not be sent tell nothing, also where pods are ready',
      { results: [result('application', 'unknown'), result('configuration', 'unknown')] },
      { configuration: 'unknown', application: 'unknown', nodes: true },
    ],
    [
      'a test that could not be sent is no good time for those that hold',
      { results: [result('configuration', true), result('configuration', 'unknown')] },
      { configuration: 'unknown', application: true, nodes: true },
    ],
    [
      'without tests ready pods are all that is known',
      { results: [] },
      { configuration: 'unknown', application: true, nodes: true },
    ],
  ])('%s', (_, changes, expected) => {
    expect(of(changes)).toEqual(expected);
  });

  it('and is named with what was seen', () => {
    expect(judge({ ...good, survey: survey({}, [lost]) }).summary).toBe(
      'nodes of the primary: node n1: not ready since 2026-11-23T11:55:00.000Z: NodeStatusUnknown',
    );
  });
});

describe('patience', () => {
  it('is had with a silent node until its grace is over, and nothing is known meanwhile', () => {
    const younger = { ...lost, since: '2026-11-23T11:55:00.001Z' };
    // Nor is what may only follow from it: a restart of pods would be in the way of their node.
    const doubtful = of({ survey: survey({ ready: 1 }, [younger]), shortBefore: ['erlmcp'] });
    expect([doubtful.nodes, doubtful.application]).toEqual(['unknown', 'unknown']);
    expect(of({ survey: survey({}, [lost]) }).nodes).toBe(false);
  });

  it('is had with a deployment that is short for one look', () => {
    const short = { survey: survey({ ready: 2 }) };
    expect(judge({ ...good, ...short })).toMatchObject({ application: true, short: ['erlmcp'] });
    expect(of({ ...short, shortBefore: ['erlmcp'] }).application).toBe(false);
    expect(of({ ...short, shortBefore: ['other'] }).application).toBe(true);
  });

  it('is had with a rollout that has not made all its pods yet', () => {
    const rolling = { ready: 2, updated: 1, waiting: ['ContainerCreating'] };
    expect(of({ survey: survey(rolling), shortBefore: ['erlmcp'] }).application).toBe(true);
  });
});

describe('what is kept', () => {
  const before: ServiceWatch = {
    at: '2026-11-23T11:59:00.000Z',
    site: 'primary',
    lastGood: { configuration: 'c', application: 'a', nodes: 'n' },
    failingSince: { configuration: null, application: null, nodes: null },
    short: ['erlmcp'],
    failures: [],
  };
  const failing = judge({ ...good, results: [result('configuration', false)] });

  it('moves what is good, and begins what fails', () => {
    expect(kept(before, failing, at, false)).toMatchObject({
      lastGood: { configuration: 'c', application: 'a', nodes: at },
      failingSince: { configuration: at, application: null, nodes: null },
    });
  });

  it('is since when it fails, until it is well again', () => {
    const first = kept(before, failing, '2026-11-23T11:58:00.000Z', false);
    expect(kept(first, failing, at, false).failingSince.configuration).toBe('2026-11-23T11:58:00.000Z');
    expect(kept(first, judge(good), at, false).failingSince.configuration).toBeNull();
  });

  it('stays as it was while an incident is open, but for what was seen', () => {
    const { lastGood, failingSince, failures } = kept(before, failing, at, true);
    expect({ lastGood, failingSince }).toEqual({
      lastGood: before.lastGood,
      failingSince: before.failingSince,
    });
    expect(failures).toHaveLength(1);
  });

  it('of one site is nothing of the other', () => {
    const other = judge({ ...good, site: 'standby', results: [] });
    expect(kept(before, other, at, false).lastGood.configuration).toBeNull();
  });
});

test('two looks belong together when they are of one site and not long apart', () => {
  const never = { configuration: null, application: null, nodes: null };
  const before: ServiceWatch = {
    at: '2026-11-23T11:59:00.000Z',
    site: 'primary',
    lastGood: never,
    failingSince: never,
    short: ['erlmcp'],
    failures: [],
  };
  expect(shortAtLookBefore(before, 'primary', at)).toEqual(['erlmcp']);
  expect(shortAtLookBefore(before, 'standby', at)).toEqual([]);
  expect(shortAtLookBefore(before, 'primary', '2026-11-23T12:05:00.000Z')).toEqual([]);
  expect(shortAtLookBefore(null, 'primary', at)).toEqual([]);
});
