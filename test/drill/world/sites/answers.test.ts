import { describe, expect, it } from 'vitest';
import { goodAnswer, unanswerable } from '../../../../drill/world/sites/answers.ts';
import type { Environment } from '../../../../lib/config/schema.ts';
import { judgeable } from './judgeable.ts';

type SmokeTest = Environment['tests'][number];

function smokeTest(expect: Partial<SmokeTest['expect']>): SmokeTest {
  return {
    name: 'test',
    proves: 'application',
    request: { method: 'GET', path: '/', headers: {} },
    expect: { status: 200, headers: {}, json: [], within: 5, ...expect },
  };
}

describe('an application that is well', () => {
  it.each([
    [{ json: [{ path: '$.status', equals: 'ok' }] }],
    [
      {
        json: [
          { path: '$.a.b[1]["c d"]', equals: 3 },
          { path: '$.a.b[0]', equals: null },
        ],
      },
    ],
    [{ json: [{ path: "$['a']" }], contains: 'welcome', headers: { 'X-Served-By': 'erlmcp' }, status: 207 }],
  ])('answers what its test expects: %j', (given) => {
    const test = smokeTest(given);
    expect(unanswerable([test])).toEqual([]);
    expect(judgeable(goodAnswer([test], { site: 'primary' }), test)).toEqual([]);
  });

  it('answers all tests of one request at once', () => {
    const tests = [
      smokeTest({ json: [{ path: '$.db.up', equals: true }] }),
      smokeTest({ json: [{ path: '$.db.size', equals: 7 }] }),
    ];
    expect(goodAnswer(tests, {})?.body).toEqual({ db: { up: true, size: 7 } });
  });

  it('has no answer where nothing asks', () => {
    expect(goodAnswer([], { site: 'primary' })).toBeUndefined();
  });
});

it.each(['$', '$.*', '$..status', '$[?@.a]', '$[0]', 'status'])(
  'the path %s names no one place of an object, and its test is named',
  (path) => {
    expect(unanswerable([smokeTest({ json: [{ path }] })])).toEqual(['test']);
  },
);
