import { expect, test } from 'vitest';
import { judge } from '../../../lambdas/database/consistency.ts';

const held = (expectation: Parameters<typeof judge>[0]['expect'], count: number, first?: unknown) =>
  judge({ name: 'q', expect: expectation }, { count, first }).held;

test('a number of rows is exactly that', () => {
  expect(held({ rows: 0 }, 0)).toBe(true);
  expect(held({ rows: 0 }, 1, 'x')).toBe(false);
  expect(held({ rows: 2 }, 1, 'x')).toBe(false);
});

test('a value is compared as text, and no row is no value', () => {
  expect(held({ value: '7' }, 1, 7)).toBe(true);
  expect(held({ value: 'true' }, 1, true)).toBe(true);
  expect(held({ value: 'ok' }, 1, 'OK')).toBe(false);
  expect(held({ value: 'undefined' }, 0)).toBe(false);
});

test('a least number is a number, and nothing else counts as one', () => {
  expect(held({ atLeast: 5 }, 1, '5')).toBe(true);
  expect(held({ atLeast: 5 }, 1, 4.9)).toBe(false);
  expect(held({ atLeast: 0 }, 1, null)).toBe(false);
  expect(held({ atLeast: 0 }, 1, '')).toBe(false);
  expect(held({ atLeast: 0 }, 0)).toBe(false);
});

test('evidence holds the first value, cut, and no other', () => {
  const { evidence } = judge({ name: 'q', expect: { value: 'ok' } }, { count: 1, first: 'x'.repeat(5_000) });
  expect(evidence.length).toBeLessThan(250);
});
