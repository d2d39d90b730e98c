import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { algorithmOf, checksumIn, digest } from '../../../../drill/cloud/s3/checksums.ts';
import { Content } from '../../../../drill/cloud/s3/content.ts';
import { etagOf } from '../../../../drill/cloud/s3/object.ts';

describe('a content', () => {
  it('is what its pieces are, however it is cut and joined', () => {
    const size = fc.nat({ max: 50 });
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 7 }), size, fc.array(size), (block, length, cuts) => {
        const whole = Content.repeated(block, length);
        const bytes = Buffer.from(block.repeat(60)).subarray(0, length);
        expect(whole.bytes().equals(bytes)).toBe(true);
        const edges = [0, ...cuts.map((cut) => Math.min(cut, length)).sort((a, b) => a - b), length];
        const pieces = edges.slice(1).map((to, i) => whole.slice(edges[i]!, to));
        expect(Content.joined(pieces).bytes().equals(bytes)).toBe(true);
      }),
    );
  });

  it('beyond memory is the same when it is cut and joined, and another when it differs', () => {
    const size = 6 * 2 ** 30;
    const whole = Content.repeated('0123456789', size);
    const joined = Content.joined([whole.slice(0, 1_000_003), whole.slice(1_000_003, size)]);
    expect(joined.size).toBe(size);
    expect(etagOf(joined)).toBe(etagOf(whole));
    expect(etagOf(Content.repeated('0123456789', size + 1))).not.toBe(etagOf(whole));
    expect(etagOf(Content.repeated('012345678x', size))).not.toBe(etagOf(whole));
    expect(() => whole.bytes()).toThrow(/is read in ranges/);
    expect(whole.slice(size - 3, size).bytes()).toHaveLength(3);
  });

  it('of nothing is empty, and no block is', () => {
    expect(Content.of('').size).toBe(0);
    expect(() => Content.repeated('', 5)).toThrow(RangeError);
  });
});

describe('a checksum', () => {
  // Check values of the catalogue of parametrised CRC algorithms, of 123456789.
  it.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
  ])('by %s is the one of the catalogue', (name, hex) => {
    expect(Buffer.from(digest(algorithmOf(name), Buffer.from('123456789')), 'base64').toString('hex')).toBe(
      hex,
    );
  });

  it('is read from what the request brought, and not computed by what is unknown', () => {
    expect(checksumIn({ ChecksumSHA256: 'x' })).toEqual({ algorithm: 'SHA256', value: 'x' });
    expect(checksumIn({})).toBeUndefined();
    expect(() => algorithmOf('XXHASH64')).toThrow(/does not compute checksums by XXHASH64/);
  });
});
