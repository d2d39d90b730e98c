import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assess, type History, type Observations } from '../../../lambdas/assess-primary/decide.ts';

const minute = 60_000;
const now = Date.parse('2026-11-23T12:10:05Z');
const at = (time: string) => Date.parse(`2026-11-23T${time}:00Z`);

const refused = { ok: false, evidence: 'connection refused' };
const well = { ok: true, evidence: '200 in 12 ms' };
const word = (...words: string[]) =>
  words.map((value, index) => ({ server: `ns-${index}`, values: [value] }));
const silent = [{ server: 'ns-0', values: null, silence: 'ETIMEOUT' }];
const history = (...samples: [string, boolean][]): History => ({
  known: true,
  samples: samples.map(([time, reachable]) => ({ minute: at(time), reachable })),
});
const failingForMinutes = history(['12:06', true], ['12:07', false], ['12:08', false], ['12:09', false]);
const unreadable: History = { known: false, why: 'AccessDenied: no' };
const noHistory: History = { known: true, samples: [] };

const observed = (changes: Partial<Observations>): Observations => ({
  probe: refused,
  healthName: '_lifeboat-primary.example.com',
  checkers: word('unhealthy', 'unhealthy'),
  history: failingForMinutes,
  confirmSeconds: 60,
  byPerson: false,
  now,
  ...changes,
});

describe('the primary is', () => {
  it.each([
    ['down when probe and checkers fail and the history agrees', {}, 'down'],
    ['not known to be down when there is no history', { history: noHistory }, 'unknown'],
    ['not known to be down when the history cannot be read', { history: unreadable }, 'unknown'],
    ['down without a history when a person says so', { history: noHistory, byPerson: true }, 'down'],
    [
      'down with an unreadable history when a person says so',
      { history: unreadable, byPerson: true },
      'down',
    ],
    [
      'not known to be down when a person says so and it was well a minute ago',
      { history: history(['12:09', true]), byPerson: true },
      'unknown',
    ],
    [
      'not known to be down when the only probe known has failed just now',
      { history: history(['12:09', false]) },
      'unknown',
    ],
    [
      'down when every probe known has failed',
      { history: history(['12:08', false], ['12:09', false]) },
      'down',
    ],
    ['up when the probe reaches it', { probe: well }, 'up'],
    ['not known to be down when the checkers reach it', { checkers: word('healthy', 'healthy') }, 'unknown'],
    ['up when the probe reaches it and nobody else is heard', { probe: well, checkers: silent }, 'up'],
    ['not known to be down when the checkers are silent', { checkers: silent }, 'unknown'],
    [
      'not known to be down when the checkers are divided',
      { checkers: word('healthy', 'unhealthy') },
      'unknown',
    ],
    ['not known to be down when it was well a minute ago', { history: history(['12:09', true]) }, 'unknown'],
  ] as const)('%s', (_, changes, verdict) => {
    expect(assess(observed(changes)).verdict).toBe(verdict);
  });

  it('confirmed exactly when so many seconds have passed since the end of the last good minute', () => {
    const lastGood = history(['12:06', true], ['12:07', false]);
    const end = at('12:07');
    expect(assess(observed({ history: lastGood, now: end + 59_999 })).verdict).toBe('unknown');
    expect(assess(observed({ history: lastGood, now: end + 60_000 })).verdict).toBe('down');
  });

  it('told to be unconfirmed with how long it has been failing', () => {
    const { reason } = assess(
      observed({ history: history(['12:08', true], ['12:09', false]), now: at('12:09') + 5_000 }),
    );
    expect(reason).toBe(
      'not yet confirmed: the probe last found it well in the minute of 12:08 UTC, so it has been failing for 5 s of the 60 s that confirm it',
    );
  });

  it('last known well in the minute the probe says, whatever the order of the samples', () => {
    const shuffled = history(['12:08', false], ['12:05', true], ['12:07', false], ['12:04', true]);
    expect(assess(observed({ history: shuffled })).lastGoodAt).toBe('2026-11-23T12:05:00.000Z');
    expect(assess(observed({ history: noHistory })).lastGoodAt).toBeNull();
  });

  it('not confirmed by a probe that has been silent since it last succeeded', () => {
    const assessment = assess(observed({ history: history(['11:50', true]) }));
    expect(assessment.checks.at(-1)).toMatchObject({ name: 'primary-down/probe-history', held: 'unknown' });
    expect(assessment.verdict).toBe('unknown');
  });

  it('down by an alarm only if every check holds and nothing was well within the time that confirms', () => {
    const samples = fc.array(
      fc.record({
        minute: fc.integer({ min: 0, max: 30 }).map((ago) => at('12:10') - ago * minute),
        reachable: fc.boolean(),
      }),
    );
    const checkers = fc.array(
      fc.record({
        server: fc.constant('ns'),
        values: fc.option(fc.constantFrom(['healthy'], ['unhealthy'], [], ['?']), { nil: null }),
      }),
    );
    fc.assert(
      fc.property(fc.boolean(), checkers, samples, (ok, answers, all) => {
        const { verdict, checks } = assess(
          observed({
            probe: { ok, evidence: '' },
            checkers: answers,
            history: { known: true, samples: all },
          }),
        );
        if (verdict !== 'down') return;
        expect(checks.map(({ held }) => held)).toEqual([true, true, true]);
        expect(ok).toBe(false);
        expect(answers.some(({ values }) => values?.[0] === 'unhealthy')).toBe(true);
        expect(answers.some(({ values }) => values?.[0] === 'healthy')).toBe(false);
        expect(all.some((sample) => sample.reachable && sample.minute + 2 * minute > now)).toBe(false);
      }),
    );
  });
});
