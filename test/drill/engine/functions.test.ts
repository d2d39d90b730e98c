import { describe, expect, it } from 'vitest';
import { machineOf, run, valueOf } from './machines.ts';

describe('functions that Step Functions adds to JSONata', () => {
  it.each([
    ['$partition([1, 2, 3, 4], 3)', [[1, 2, 3], [4]]],
    [
      '$partition([1, 2, 3, 4], 2.9)',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['$partition([], 3)', []],
    ['$range(0, 10, 2)', [0, 2, 4, 6, 8, 10]],
    ['$range(1, 9, 3)', [1, 4, 7]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(1, 0, 1)', []],
    ["$hash('input data', 'SHA-1')", 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ["$hash('a', 'MD5')", '0cc175b9c0f1b6a831c399e269772661'],
    ["$length($hash('a', 'SHA-256'))", 64],
    ["$length($hash('a', 'SHA-384'))", 96],
    ["$length($hash('a', 'SHA-512'))", 128],
    [`$parse('{"a":[1,null]}')`, { a: [1, null] }],
    [`$parse('null')`, null],
    ['$random()', 0.5],
    ['$random(7) = $random(7)', true],
    ['$random(7) = $random(8)', false],
  ])('%s is %j', async (expression, value) => {
    expect(await valueOf(expression)).toEqual(value);
  });

  it('$uuid makes version 4 UUIDs out of the given dice', async () => {
    expect(await valueOf('$uuid()')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const machine = machineOf({
      Only: { Type: 'Pass', Output: { u: '{% [$uuid(), $uuid()] %}' }, End: true },
    });
    const two = async () => {
      let dice = 0.1;
      const outcome = await run(machine, { random: () => (dice = (dice + 0.618) % 1) });
      return outcome.status === 'SUCCEEDED' ? (outcome.output as { u: string[] }).u : [];
    };
    expect(await two()).toEqual(await two());
    expect(new Set(await two()).size).toBe(2);
  });

  it.each([
    ['$partition([1], 0)', 'chunk size of at least 1'],
    ["$partition([1], 'two')", 'a number as its chunk size'],
    ['$range(0, 10, 0)', 'a delta other than 0'],
    ['$range(0, 1001, 1)', 'at most 1000 elements'],
    ["$hash('a', 'SHA-3')", 'one of MD5, SHA-1'],
    ['$hash(1, "MD5")', 'a string'],
    ["$parse('{')", 'JSON'],
    ['$parse(1)', 'a string'],
    ['$parse($states.input.gone)', 'returned nothing'],
    ['$hash($states.input.gone, "MD5")', 'returned nothing'],
  ])('%s is refused: %s', async (expression, message) => {
    await expect(valueOf(expression)).rejects.toThrow(message);
  });
});

describe("JSONata's own functions that look at the world", () => {
  it.each([
    ['$now()', '2026-03-01T12:00:00.000Z'],
    ["$now('[Y0001]-[M01]-[D01] [H01]:[m01]', '+0130')", '2026-03-01 13:30'],
    ['$millis()', Date.parse('2026-03-01T12:00:00Z')],
    ['$fromMillis($millis())', '2026-03-01T12:00:00.000Z'],
  ])('%s is incident time: %j', async (expression, value) => {
    expect(await valueOf(expression)).toEqual(value);
  });

  it('$shuffle uses the given dice and leaves its list alone', async () => {
    expect(await valueOf('[$shuffle($states.input.l), $states.input.l]', { l: [1, 2, 3, 4] })).toEqual([
      1, 4, 2, 3, 1, 2, 3, 4,
    ]);
  });
});

describe('an expression that runs away', () => {
  it.each(['($f := function($n) { 1 + $f($n + 1) }; $f(0))', '($f := function($n) { $f($n + 1) }; $f(0))'])(
    '%s fails with States.QueryEvaluationError',
    async (expression) => {
      await expect(valueOf(expression)).rejects.toThrow(/^States\.QueryEvaluationError/);
    },
  );
});
