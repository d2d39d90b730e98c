import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../drill/world/kubernetes/objects.ts';
import { jsonPatch, mergePatch, strategicPatch } from '../../../../drill/world/kubernetes/patch.ts';
import { Refusal } from '../../../../drill/world/kubernetes/status.ts';

describe('a merge patch', () => {
  // The cases of RFC 7386, appendix A.
  it.each<[Json, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('makes of %j with %j: %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });
});

describe('a strategic merge patch', () => {
  const containers = {
    containers: [
      { name: 'a', image: '1' },
      { name: 'b', image: '1' },
    ],
  };

  it.each<[string, Json, Json]>([
    [
      'merges named items',
      { containers: [{ name: 'b', image: '2' }] },
      {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '2' },
        ],
      },
    ],
    [
      'adds named items',
      { containers: [{ name: 'c' }] },
      { containers: [...containers.containers, { name: 'c' }] },
    ],
    [
      'deletes a named item',
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: [{ name: 'b', image: '1' }] },
    ],
    [
      'replaces a list',
      { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      { containers: [{ name: 'c' }] },
    ],
    ['ignores an order of elements', { '$setElementOrder/containers': [{ name: 'b' }] }, containers],
  ])('%s', (_, patch, expected) => {
    expect(strategicPatch(containers, patch)).toEqual(expected);
  });

  it('replaces lists of unnamed items and keeps only the keys it retains', () => {
    expect(strategicPatch({ args: ['a'] }, { args: ['b'] })).toEqual({ args: ['b'] });
    const strategy = { $retainKeys: ['type'], type: 'Recreate' };
    expect(strategicPatch({ strategy: { type: 'RollingUpdate', rollingUpdate: {} } }, { strategy })).toEqual({
      strategy: { type: 'Recreate' },
    });
  });
});

describe('a JSON patch', () => {
  const document = { a: { 'b/c': [1, 2] } };

  it.each<[Json, Json]>([
    [[{ op: 'add', path: '/a/b~1c/1', value: 9 }], { a: { 'b/c': [1, 9, 2] } }],
    [[{ op: 'add', path: '/a/b~1c/-', value: 9 }], { a: { 'b/c': [1, 2, 9] } }],
    [[{ op: 'remove', path: '/a/b~1c/0' }], { a: { 'b/c': [2] } }],
    [[{ op: 'replace', path: '/a', value: 1 }], { a: 1 }],
    [[{ op: 'move', from: '/a/b~1c', path: '/d' }], { a: {}, d: [1, 2] }],
    [[{ op: 'copy', from: '/a/b~1c/0', path: '/d' }], { a: { 'b/c': [1, 2] }, d: 1 }],
    [[{ op: 'test', path: '/a/b~1c/0', value: 1 }], document],
  ])('applies %j', (patch, expected) => {
    expect(jsonPatch(document, patch)).toEqual(expected);
  });

  it.each<[Json, number]>([
    [[{ op: 'test', path: '/a/b~1c/0', value: 2 }], 422],
    [[{ op: 'remove', path: '/x' }], 422],
    [[{ op: 'add', path: '/x/y', value: 1 }], 422],
    [[{ op: 'sing', path: '/a' }], 400],
    [{ op: 'add' }, 400],
  ])('refuses %j with %i', (patch, code) => {
    expect(() => jsonPatch(document, patch)).toThrow(expect.objectContaining({ code }));
  });

  it('either applies or is refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        try {
          jsonPatch(target as Json, patch as Json);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});
