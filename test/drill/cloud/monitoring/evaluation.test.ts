import { describe, expect, test } from 'vitest';
import {
  evaluate,
  evaluationRange,
  type AlarmState,
  type Rule,
  type TreatMissingData,
} from '../../../../drill/cloud/monitoring/evaluation.ts';

const rule = (overrides: Partial<Rule> = {}): Rule => ({
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 1,
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
  treatMissingData: 'missing',
  ...overrides,
});

/** `0 - X - X`, oldest first, as AWS's documentation writes it. */
const range = (text: string) =>
  text
    .split(' ')
    .map((letter, index) => ({
      at: index * 60_000,
      value: letter === '-' ? undefined : letter === 'X' ? 1 : 0,
    }))
    .toReversed();

const treatments: readonly TreatMissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

function verdicts(text: string, datapointsToAlarm: number, current: AlarmState) {
  return treatments.map(
    (treatMissingData) => evaluate(rule({ datapointsToAlarm, treatMissingData }), range(text), current).state,
  );
}

describe("the tables of AWS's documentation hold: missing, ignore, breaching, not breaching", () => {
  test.each([
    [3, '0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    [3, '0 - - - -', ['OK', 'OK', 'OK', 'OK']],
    [3, '- - - - -', ['INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK']],
    [3, '0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [3, '- - X - -', ['ALARM', 'retained', 'ALARM', 'OK']],
    [2, '0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [2, '0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [2, '0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - X -', ['ALARM', 'retained', 'ALARM', 'OK']],
  ])('%i of 3, %s', (datapointsToAlarm, text, expected) => {
    for (const current of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const) {
      expect(verdicts(text, datapointsToAlarm, current)).toEqual(
        expected.map((state) => (state === 'retained' ? current : state)),
      );
    }
  });

  test.each(['- - - - X', '- - - X -'])('3 of 3, %s is too early to alarm on', (text) => {
    expect(evaluate(rule(), range(text), 'OK').state).toBe('OK');
    expect(evaluate(rule(), range(text), 'INSUFFICIENT_DATA').state).toBe('INSUFFICIENT_DATA');
  });
});

describe('a threshold', () => {
  test.each([
    ['GreaterThanOrEqualToThreshold', [false, true, true]],
    ['GreaterThanThreshold', [false, false, true]],
    ['LessThanThreshold', [true, false, false]],
    ['LessThanOrEqualToThreshold', [true, true, false]],
  ] as const)('%s', (comparisonOperator, expected) => {
    const one = rule({ comparisonOperator, evaluationPeriods: 1, datapointsToAlarm: 1 });
    const states = [0, 1, 2].map((value) => evaluate(one, [{ at: 0, value }], 'OK').state === 'ALARM');
    expect(states).toEqual(expected);
  });
});

test('the range is two periods longer than what is evaluated', () => {
  expect(evaluationRange({ evaluationPeriods: 3 })).toBe(5);
});

describe('the reason is the sentence of CloudWatch', () => {
  const at = Date.parse('2026-11-23T04:00:00Z');
  const one = rule({
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    threshold: 50,
    comparisonOperator: 'LessThanThreshold',
  });

  test('of a crossing', () => {
    expect(evaluate(one, [{ at, value: 0 }], 'OK').reason).toBe(
      'Threshold Crossed: 1 out of the last 1 datapoints [0.0 (23/11/26 04:00:00)] was less than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition).',
    );
  });

  test('of a recovery', () => {
    expect(evaluate(one, [{ at, value: 100 }], 'ALARM').reason).toBe(
      'Threshold Crossed: 1 out of the last 1 datapoints [100.0 (23/11/26 04:00:00)] was not less than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition).',
    );
  });

  test('of no data', () => {
    expect(evaluate({ ...one, treatMissingData: 'breaching' }, [], 'OK').reason).toBe(
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching].',
    );
    expect(evaluate(one, [], 'OK').reason).toBe('Insufficient Data: 1 datapoint was unknown.');
  });
});
