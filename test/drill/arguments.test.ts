import { expect, test } from 'vitest';
import { parseDrillArguments, UsageError } from '../../drill/arguments.ts';

const parse = (...args: string[]) => parseDrillArguments(args, ['site-failure', 'other']);

test('without arguments it is the first scenario on dev', () => {
  expect(parse()).toEqual({
    kind: 'drill',
    scenario: 'site-failure',
    environment: 'dev',
    speed: 20,
    out: 'drill-report',
    plan: false,
  });
});

test('every option is understood', () => {
  expect(parse('other', '--env', 'my.yaml', '--speed', '5', '--out', 'x', '--plan')).toEqual({
    kind: 'drill',
    scenario: 'other',
    environment: 'my.yaml',
    speed: 5,
    out: 'x',
    plan: true,
  });
  expect(parse('--list')).toEqual({ kind: 'list' });
});

test.each([
  [['nonsense'], /SCENARIO: got "nonsense", allowed: site-failure, other/],
  [['site-failure', 'other'], /one scenario at a time/],
  [['--speed', 'fast'], /--speed: got "fast", allowed: a number/],
  [['--speed', '0'], /--speed: got "0"/],
  [['--wat'], /--wat/],
])('%j is refused, and says what is allowed', (args, message) => {
  expect(() => parse(...args)).toThrow(UsageError);
  expect(() => parse(...args)).toThrow(message);
});
