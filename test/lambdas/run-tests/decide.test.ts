import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Check } from '../../../lambdas/incident/contract.ts';
import type { LoadTest } from '../../../lambdas/run-tests/contract.ts';
import { judgeTests } from '../../../lambdas/run-tests/decide.ts';
import { goesOn, judgeLoad } from '../../../lambdas/run-tests/load.ts';

const check = (name: string, held: Check['held']): Check => ({
  name: `test/${name}`,
  held,
  evidence: 'seen',
});
const load: LoadTest = {
  url: 'https://www.example.com/',
  requests: 100,
  concurrency: 5,
  errorPercent: 5,
  p95Ms: 50,
};
const samples = (good: number, bad: number, tookMs = 10) => [
  ...Array.from({ length: bad }, () => ({ ok: false, tookMs })),
  ...Array.from({ length: good }, () => ({ ok: true, tookMs })),
];

test('an environment without tests passes, and says so', () => {
  expect(judgeTests([], null)).toEqual({ passed: true, summary: 'the environment has no tests', checks: [] });
});

test('all that pass are counted', () => {
  expect(judgeTests([check('a', true), check('b', true)], null)).toMatchObject({
    passed: true,
    summary: 'all 2 tests pass',
  });
});

test('of those that fail three are named, and the others counted', () => {
  const checks = ['a', 'b', 'c', 'd', 'e'].map((name) => check(name, false));
  expect(judgeTests(checks, null)).toMatchObject({
    passed: false,
    summary: '5 of 5 tests fail: test/a: seen; test/b: seen; test/c: seen; and 2 more',
    checks,
  });
});

test('tests pass exactly when every one is known to hold, whatever the load showed', () => {
  const helds = fc.array(fc.constantFrom<Check['held']>(true, false, 'unknown'));
  fc.assert(
    fc.property(helds, fc.constantFrom<Check['held'] | null>(true, false, 'unknown', null), (all, loaded) => {
      const checks = all.map((held, index) => check(String(index), held));
      const output = judgeTests(checks, loaded === null ? null : check('load', loaded));
      expect(output.passed).toBe(all.every((held) => held === true));
      expect(output.checks.slice(0, all.length)).toEqual(checks);
    }),
  );
});

describe('a load', () => {
  it('goes on while few answers are known, however bad', () => {
    expect(goesOn(load, samples(0, 19))).toBe(true);
  });

  it('ends when more than twice the allowed share is bad', () => {
    expect(goesOn(load, samples(90, 10))).toBe(true);
    expect(goesOn(load, samples(89, 11))).toBe(false);
  });

  it('that may have no errors ends when more than 2 in 100 are bad', () => {
    expect(goesOn({ ...load, errorPercent: 0 }, samples(98, 2))).toBe(true);
    expect(goesOn({ ...load, errorPercent: 0 }, samples(97, 3))).toBe(false);
  });

  it.each<[string, ReturnType<typeof samples>, Check['held']]>([
    ['within its marks', samples(95, 5), true],
    ['with too many errors', samples(94, 6), false],
    ['that is too slow', samples(100, 0, 51), false],
    ['with one in twenty that is slow', [...samples(96, 0), ...samples(4, 0, 900)], true],
    ['that sent nothing', [], 'unknown'],
  ])('%s', (_, given, held) => {
    expect(judgeLoad(load, given)).toMatchObject({ name: 'test/load', held });
  });

  it('tells how many were sent, how many were bad, and how long they took', () => {
    expect(judgeLoad(load, samples(38, 2)).evidence).toBe(
      '40 of 100 requests to https://www.example.com/: 5.0 % bad (allowed 5 %), half within 10 ms, ' +
        '95 % within 10 ms (allowed 50 ms)',
    );
  });
});
