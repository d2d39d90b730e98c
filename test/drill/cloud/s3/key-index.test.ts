import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteOrder, KeyIndex } from '../../../../drill/cloud/s3/key-index.ts';

const key = fc.oneof(
  fc.string({ maxLength: 6, unit: 'grapheme' }),
  fc.string({ maxLength: 4, unit: fc.constantFrom('a', '/', '\uE000', '\uFFFD', '\u{1F600}', 'é') }),
);
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('the order of keys', () => {
  it('is that of their bytes', () => {
    fc.assert(fc.property(key, key, (a, b) => Math.sign(byteOrder(a, b)) === Math.sign(byBytes(a, b))));
  });
});

describe('an index of keys', () => {
  it('has what was added and not removed, in order, and is sought in', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key)), key, (changes, wanted) => {
        const index = new KeyIndex();
        const model = new Set<string>();
        for (const [adds, one] of changes) {
          if (adds) {
            index.add(one);
            model.add(one);
          } else {
            index.remove(one);
            model.delete(one);
          }
        }
        const sorted = [...model].sort(byBytes);
        expect(index.all()).toEqual(sorted);
        const cursor = index.from((other) => byteOrder(other, wanted) < 0);
        const rest: string[] = [];
        for (let next = cursor.next(); next !== undefined; next = cursor.next()) rest.push(next);
        expect(rest).toEqual(sorted.filter((other) => byBytes(other, wanted) >= 0));
      }),
    );
  });

  it('divides its leaves wherever keys are added', () => {
    for (const place of [(i: number) => i, (i: number) => 9_999 - i, (i: number) => (i * 7919) % 10_000]) {
      const index = new KeyIndex();
      for (let i = 0; i < 10_000; i++) index.add(String(place(i)).padStart(5, '0'));
      for (let i = 0; i < 10_000; i += 2) index.remove(String(i).padStart(5, '0'));
      expect(index.all()).toEqual(
        Array.from({ length: 5_000 }, (_, i) => String(2 * i + 1).padStart(5, '0')),
      );
    }
  });
});
