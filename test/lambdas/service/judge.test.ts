import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { SmokeTest } from '../../../lambdas/run-tests/contract.ts';
import { faultsOf, type TestAnswer } from '../../../lambdas/service/judge.ts';

const asks = (expected: Partial<SmokeTest['expect']> = {}): SmokeTest => ({
  name: 'home',
  proves: 'application',
  request: { method: 'GET', url: 'https://www.example.com/', headers: {} },
  expect: { status: 200, headers: {}, json: [], withinMs: 1_000, ...expected },
});
const answer: TestAnswer = {
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: '{"status":"ok","parts":[{"name":"db","up":true},{"name":"queue","up":null}]}',
  tookMs: 12,
};

describe('an answer is as expected', () => {
  it.each<[string, Partial<SmokeTest['expect']>]>([
    ['by its status', {}],
    ['by a part of a header, whose name has any case', { headers: { 'Content-Type': 'json' } }],
    ['by the first value at a path', { json: [{ path: '$.parts[*].name', equals: 'db' }] }],
    ['by a value that is null', { json: [{ path: '$.parts[1].up', equals: null }] }],
    ['by whatever is at a path', { json: [{ path: '$.parts' }] }],
    ['by text in its body', { contains: '"queue"' }],
    ['in exactly the time that it may take', { withinMs: 12 }],
  ])('%s', (_, expected) => {
    expect(faultsOf(asks(expected), answer)).toEqual([]);
  });
});

describe('an answer is not as expected', () => {
  it.each<[string, Partial<SmokeTest['expect']>, Partial<TestAnswer>, string]>([
    ['by its status', {}, { status: 503 }, 'status 503, expected 200'],
    ['for its time', { withinMs: 11 }, {}, 'took 12 ms, allowed 11 ms'],
    ['without a header', { headers: { etag: 'x' } }, {}, 'no header etag'],
    [
      'without a header that every object has',
      { headers: { constructor: 'x' } },
      {},
      'no header constructor',
    ],
    [
      'by a header',
      { headers: { 'content-type': 'html' } },
      {},
      'header content-type does not contain "html"',
    ],
    ['without JSON', { json: [{ path: '$.a' }] }, { body: '<html>' }, 'the body is no JSON'],
    ['with nothing at a path', { json: [{ path: '$.a' }] }, {}, 'nothing at $.a'],
    ['by a value', { json: [{ path: '$.status', equals: 'up' }] }, {}, '$.status is "ok", expected "up"'],
    [
      'by a number that is a text',
      { json: [{ path: '$.n', equals: 1 }] },
      { body: '{"n":"1"}' },
      '$.n is "1", expected 1',
    ],
    ['without text', { contains: 'welcome' }, {}, 'the body does not contain "welcome"'],
  ])('%s', (_, expected, changes, fault) => {
    expect(faultsOf(asks(expected), { ...answer, ...changes })).toEqual([fault]);
  });

  it('and a long value is quoted in part', () => {
    const [fault = ''] = faultsOf(asks({ json: [{ path: '$.a', equals: 'x' }] }), {
      ...answer,
      body: JSON.stringify({ a: 'y'.repeat(10_000) }),
    });
    expect(fault.length).toBeLessThan(150);
  });
});

const values = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));

test('whatever is at a path equals itself, and no other value', () => {
  fc.assert(
    fc.property(values, values, (found, wanted) => {
      const faults = faultsOf(asks({ json: [{ path: "$['a']", equals: wanted }] }), {
        ...answer,
        body: JSON.stringify({ a: found }),
      });
      expect(faults.length === 0).toBe(found === wanted);
    }),
  );
});

test('any answer is judged, and one fault more is expected the more is wrong', () => {
  const answers = fc.record({
    status: fc.integer({ min: 100, max: 599 }),
    headers: fc.dictionary(fc.string(), fc.string()),
    body: fc.oneof(fc.string(), fc.json()),
    tookMs: fc.nat(60_000),
  });
  fc.assert(
    fc.property(answers, fc.string(), fc.nat(60_000), (given, path, withinMs) => {
      const less = faultsOf(asks({ withinMs }), given);
      const more = faultsOf(asks({ withinMs, json: [{ path }], contains: 'never there: é' }), given);
      expect(more.slice(0, less.length)).toEqual(less);
      expect(less.length).toBe(Number(given.status !== 200) + Number(given.tookMs > withinMs));
      expect(more.length).toBeGreaterThan(less.length);
    }),
  );
});
