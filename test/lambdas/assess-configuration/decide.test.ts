import { describe, expect, it } from 'vitest';
import { decide, type Known } from '../../../lambdas/assess-configuration/decide.ts';
import type { ConfigurationRecovery } from '../../../lambdas/configuration/contract.ts';
import type { ServiceWatch } from '../../../lambdas/watch-service/contract.ts';

const now = '2026-11-23T12:00:00.000Z';
const none = { configuration: null, application: null, nodes: null };
const failing: ServiceWatch = {
  at: '2026-11-23T11:59:30.000Z',
  site: 'primary',
  lastGood: { ...none, configuration: '2026-11-23T11:55:30.000Z' },
  failingSince: { ...none, configuration: '2026-11-23T11:56:30.000Z' },
  failures: [],
};
const passing: ServiceWatch = { ...failing, failingSince: none };
const recovery: ConfigurationRecovery = {
  id: 'dev-1',
  site: 'primary',
  recoveryPoint: '2026-11-23T11:50:00.000Z',
  exportKey: null,
  snapshot: 'before-dev-1',
  incidents: ['dev-1'],
  begunAt: '2026-11-23T11:57:00.000Z',
  phase: 'begun',
};

function known(more: Partial<Known> = {}): Known {
  return {
    now,
    planning: false,
    site: 'primary',
    request: undefined,
    snapshotAt: null,
    snapshots: [],
    watch: failing,
    recovery: null,
    ...more,
  };
}

describe('what to restore to', () => {
  it('is the last time at which the tests passed, while they fail', () => {
    expect(decide(known())).toMatchObject({
      verdict: 'damaged',
      recoveryPoint: '2026-11-23T11:55:30.000Z',
      lossSeconds: 60,
      resume: false,
    });
  });

  it("is a person's time, whatever the tests say", () => {
    for (const watch of [failing, passing, null]) {
      const request = { recoverTo: '2026-11-23T09:00:00.000Z' };
      expect(decide(known({ request, watch }))).toMatchObject({
        verdict: 'damaged',
        recoveryPoint: '2026-11-23T09:00:00.000Z',
      });
    }
  });

  it('is the time of a snapshot that a person names', () => {
    const request = { snapshot: 'before-release' };
    expect(decide(known({ request, snapshotAt: '2026-11-23T08:00:00.000Z' }))).toMatchObject({
      verdict: 'damaged',
      recoveryPoint: '2026-11-23T08:00:00.000Z',
    });
  });

  it('is nothing when there is no such snapshot: the sentence names those that there are', () => {
    const verdict = decide(known({ request: { snapshot: 'nope' }, snapshots: ['a', 'b'] }));
    expect(verdict).toMatchObject({ verdict: 'stop', reason: 'snapshot: there is none called nope' });
    expect(JSON.stringify(verdict)).toContain('There are a, b.');
  });

  it('is the last good time for a plan that is made in good times', () => {
    expect(decide(known({ watch: passing, planning: true }))).toMatchObject({
      verdict: 'damaged',
      recoveryPoint: '2026-11-23T11:55:30.000Z',
    });
  });

  it.each([
    ['sound', 'while the tests pass', passing],
    ['stop', 'when nothing has ever watched', null],
    ['stop', 'when no test has ever passed', { ...failing, lastGood: none }],
    ['stop', 'when no test of the configuration exists', { ...passing, lastGood: none }],
    ['unknown', 'when the last look is old', { ...failing, at: '2026-11-23T11:50:00.000Z' }],
    ['unknown', 'when the last look was at the other site', { ...failing, site: 'standby' as const }],
  ])('is %s %s', (verdict, _, watch) => {
    expect(decide(known({ watch })).verdict).toBe(verdict);
  });
});

describe('a restore that was begun', () => {
  it.each([
    ['while the same failure lasts', {}],
    [
      'when the tests pass again, because it may have been killed between writing and restarting',
      { watch: passing },
    ],
    ['when a person gives the same time', { request: { recoverTo: '2026-11-23T11:50:00Z' } }],
  ])('is gone on with %s', (_, more) => {
    expect(decide(known({ recovery, ...more }))).toMatchObject({
      verdict: 'damaged',
      recoveryPoint: recovery.recoveryPoint,
      resume: true,
    });
  });

  it.each([
    ['is over', { recovery: { ...recovery, phase: 'done' as const } }],
    ['was about an earlier failure', { recovery: { ...recovery, begunAt: '2026-11-23T11:56:00.000Z' } }],
    ['is older than a day', { recovery: { ...recovery, begunAt: '2026-11-22T11:00:00.000Z' } }],
    ['is not what a person asks for now', { recovery, request: { recoverTo: '2026-11-23T10:00:00Z' } }],
  ])('is not gone on with when it %s', (_, more) => {
    expect(decide(known(more))).toMatchObject({ verdict: 'damaged', resume: false });
  });
});
