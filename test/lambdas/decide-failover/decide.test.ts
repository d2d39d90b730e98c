import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideFailover, type Circumstances } from '../../../lambdas/decide-failover/decide.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const good: Circumstances = {
  assessment: { verdict: 'down', reason: 'nobody reaches it', checks: [], lastGoodAt: null },
  standby: { fit: true, reason: 'all 6 checks of the standby hold', checks: [] },
  startedBy: 'alarm lifeboat-dev-primary-unhealthy',
  lastRecoveryAt: null,
  cooldownSeconds: 3_600,
  trafficOn: 'primary',
  now,
  mode: 'live',
};
const assessed = (verdict: 'up' | 'unknown') => ({ ...good.assessment, verdict });
const unfit = { fit: false, reason: 'standby-fit/endpoint does not hold: 503', checks: [] };
const lately = { lastRecoveryAt: '2026-11-23T11:30:00Z' };

describe('the gate says go', () => {
  it.each<[string, Partial<Circumstances>]>([
    ['when the primary is down, the standby fit and nothing was recovered lately', {}],
    ['when the last recovery is as long ago as the cooldown', { lastRecoveryAt: '2026-11-23T11:00:00Z' }],
    ['when a person starts it within the cooldown', { ...lately, startedBy: 'a person: it is really down' }],
    ['when the traffic is on the standby already, so that the rest is finished', { trafficOn: 'standby' }],
  ])('%s', (_, changes) => {
    const output = decideFailover({ ...good, ...changes });
    expect(output).toMatchObject({ decision: 'go', nextSteps: [] });
    expect(output.checks.every(({ held }) => held === true)).toBe(true);
  });
});

describe('a plan', () => {
  it('goes on past a primary that is up and says that a live run would stop', () => {
    const output = decideFailover({ ...good, ...lately, assessment: assessed('up'), mode: 'plan' });
    expect(output).toMatchObject({
      decision: 'go',
      reason: expect.stringMatching(
        /^plan: a live run would stop here: the primary is not down: .*recovery lately/,
      ),
    });
    expect(output.checks.find(({ name }) => name === 'go/primary-down')?.held).toBe(false);
  });

  it('stops at an unfit standby', () => {
    const output = decideFailover({ ...good, assessment: assessed('up'), standby: unfit, mode: 'plan' });
    expect(output).toMatchObject({ decision: 'stop', reason: expect.stringContaining('standby is not fit') });
  });
});

describe('the gate says stop', () => {
  it.each<[string, Partial<Circumstances>, string]>([
    ['when the primary is up', { assessment: assessed('up') }, 'the primary is not down'],
    [
      'when it is unknown whether the primary is down',
      { assessment: assessed('unknown') },
      'it is not certain that the primary is down',
    ],
    [
      'when the standby is not fit',
      { standby: unfit },
      'the standby is not fit: standby-fit/endpoint does not hold: 503',
    ],
    ['within the cooldown of the last recovery', lately, 'there was a recovery lately'],
    [
      'when nobody can read when the last recovery was',
      { lastRecoveryAt: 'yesterday' },
      'there was a recovery lately',
    ],
  ])('%s', (_, changes, reason) => {
    const output = decideFailover({ ...good, ...changes });
    expect(output.decision).toBe('stop');
    expect(output.reason).toContain(reason);
    expect(output.nextSteps.length).toBeGreaterThan(0);
  });

  it('with every reason and every next step when there are several', () => {
    const output = decideFailover({ ...good, assessment: assessed('up'), standby: unfit, ...lately });
    expect(output.reason.split('; ').length).toBeGreaterThanOrEqual(3);
    expect(output.nextSteps.length).toBeGreaterThanOrEqual(5);
  });

  it('unless all conditions hold together', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('up' as const, 'down' as const, 'unknown' as const),
        fc.boolean(),
        fc.integer({ min: 0, max: 7_200 }),
        fc.boolean(),
        fc.constantFrom('primary' as const, 'standby' as const),
        (verdict, isFit, ago, byPerson, trafficOn) => {
          const { decision } = decideFailover({
            ...good,
            assessment: { ...good.assessment, verdict },
            standby: { ...good.standby, fit: isFit },
            lastRecoveryAt: new Date(now - ago * 1_000).toISOString(),
            startedBy: byPerson ? 'a person: reason' : good.startedBy,
            trafficOn,
          });
          const all = verdict === 'down' && isFit && (byPerson || ago >= 3_600);
          expect(decision).toBe(all ? 'go' : 'stop');
        },
      ),
    );
  });
});
