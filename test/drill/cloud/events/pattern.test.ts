import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AwsError } from '../../../../drill/cloud/contract.ts';
import { readPattern } from '../../../../drill/cloud/events/pattern.ts';

const event = {
  source: 'aws.cloudwatch',
  resources: ['arn:one', 'arn:two'],
  detail: {
    alarmName: 'Primary-unhealthy',
    count: 5,
    yes: true,
    nothing: null,
    empty: [],
    state: { value: 'ALARM' },
    previousState: { value: 'OK' },
    checks: [
      { name: 'a', value: 1 },
      { name: 'b', value: 2 },
    ],
    path: 'dir/sub/file*.txt',
  },
};

const matches = (pattern: unknown) => readPattern(pattern)(event);
const inDetail = (field: string, ...conditions: unknown[]) => matches({ detail: { [field]: conditions } });

describe('a pattern', () => {
  test.each([
    ['an exact value', { source: ['aws.cloudwatch'] }, true],
    ['any of several values', { source: ['a', 'aws.cloudwatch'] }, true],
    ['another value', { source: ['aws.ec2'] }, false],
    ['a field below', { detail: { state: { value: ['ALARM'] } } }, true],
    [
      'every field at once',
      { detail: { state: { value: ['ALARM'] }, previousState: { value: ['ALARM'] } } },
      false,
    ],
    ['any element of an array', { resources: ['arn:two'] }, true],
    ['two fields of one element', { detail: { checks: { name: ['a'], value: [1] } } }, true],
    ['two fields of different elements', { detail: { checks: { name: ['a'], value: [2] } } }, false],
    ['a number', { detail: { count: [5] } }, true],
    ['a number as text', { detail: { count: ['5'] } }, false],
    ['a boolean', { detail: { yes: [true] } }, true],
    ['null', { detail: { nothing: [null] } }, true],
    ['an object as a value', { detail: { state: ['ALARM'] } }, false],
    ['$or, one of which holds', { $or: [{ source: ['x'] }, { detail: { count: [5] } }] }, true],
    ['$or, none of which holds', { $or: [{ source: ['x'] }, { detail: { count: [6] } }] }, false],
    ['$or beside a field', { source: ['x'], $or: [{ detail: { count: [5] } }, { source: ['y'] }] }, false],
    ['a nested $or', { detail: { $or: [{ count: [6] }, { yes: [true] }] } }, true],
  ])('with %s', (_, pattern, expected) => {
    expect(matches(pattern)).toBe(expected);
    expect(matches(JSON.stringify(pattern))).toBe(expected);
  });
});

describe('a condition', () => {
  test.each([
    ['prefix', 'alarmName', { prefix: 'Primary' }, true],
    ['prefix, case', 'alarmName', { prefix: 'primary' }, false],
    ['prefix, ignoring case', 'alarmName', { prefix: { 'equals-ignore-case': 'primary' } }, true],
    ['suffix', 'alarmName', { suffix: 'unhealthy' }, true],
    ['suffix, ignoring case', 'alarmName', { suffix: { 'equals-ignore-case': 'UNHEALTHY' } }, true],
    ['prefix of a number', 'count', { prefix: '5' }, false],
    ['equals-ignore-case', 'alarmName', { 'equals-ignore-case': 'primary-UNHEALTHY' }, true],
    ['anything-but a value', 'alarmName', { 'anything-but': 'x' }, true],
    ['anything-but its value', 'alarmName', { 'anything-but': ['x', 'Primary-unhealthy'] }, false],
    ['anything-but a number', 'count', { 'anything-but': [5] }, false],
    ['anything-but of a missing field', 'missing', { 'anything-but': 'x' }, false],
    ['anything-but a prefix', 'alarmName', { 'anything-but': { prefix: 'Primary' } }, false],
    ['anything-but several suffixes', 'alarmName', { 'anything-but': { suffix: ['x', 'z'] } }, true],
    ['anything-but a wildcard', 'path', { 'anything-but': { wildcard: 'dir/*' } }, false],
    ['exists', 'alarmName', { exists: true }, true],
    ['exists, null', 'nothing', { exists: true }, true],
    ['exists of a missing field', 'missing', { exists: true }, false],
    ['exists of an object', 'state', { exists: true }, false],
    ['exists of an empty array', 'empty', { exists: true }, false],
    ['absent', 'missing', { exists: false }, true],
    ['absent, but there', 'alarmName', { exists: false }, false],
    ['numeric equality', 'count', { numeric: ['=', 5] }, true],
    ['numeric range', 'count', { numeric: ['>', 0, '<=', 5] }, true],
    ['numeric range, outside', 'count', { numeric: ['>', 5] }, false],
    ['wildcard', 'path', { wildcard: 'dir/*/file*' }, true],
    ['wildcard, escaped', 'path', { wildcard: 'dir/sub/file\\*.txt' }, true],
    ['wildcard, other', 'path', { wildcard: '*.json' }, false],
  ])('%s', (_, field, condition, expected) => {
    expect(inDetail(field, condition)).toBe(expected);
  });

  test('exists: false holds below a parent that is missing', () => {
    expect(matches({ detail: { missing: { below: [{ exists: false }] } } })).toBe(true);
  });
});

describe('a pattern is refused', () => {
  test.each([
    ['that is empty', {}, /empty/],
    ['that is no JSON', '{', /not valid JSON/],
    [
      'whose value is not in an array',
      { source: 'aws.cloudwatch' },
      /"source" must be an object or an array/,
    ],
    ['with an empty array', { source: [] }, /Empty arrays/],
    ['with a misspelt comparison', { source: [{ prefixed: 'a' }] }, /Unrecognized match type prefixed/],
    ['with two comparisons in one', { source: [{ prefix: 'a', suffix: 'b' }] }, /Only one key/],
    ['with a numeric range of text', { a: [{ numeric: ['>', '1'] }] }, /numeric/],
    ['with exists of text', { a: [{ exists: 'true' }] }, /exists/],
    ['with one alternative', { $or: [{ a: [1] }] }, /at least 2/],
    ['with an array in an array', { a: [[1]] }, /Array within an array/],
  ])('%s', (_, pattern, message) => {
    expect(() => readPattern(pattern)).toThrow(message);
  });

  test('or matches without a fault, whatever the event', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (pattern, any) => {
        try {
          expect(typeof readPattern(pattern)(any)).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(AwsError);
        }
      }),
    );
  });
});
