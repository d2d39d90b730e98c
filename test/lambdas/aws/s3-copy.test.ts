import { describe, expect, it } from 'vitest';
import { kept } from '../../../lambdas/aws/s3-copy.ts';
import { isOpaque, sameContent } from '../../../lambdas/aws/s3-object.ts';
import { compareKeys, copySource } from '../../../lambdas/aws/s3-versions.ts';
import type { WantedVersion } from '../../../lambdas/configuration/contract.ts';

const place = { region: 'eu-west-1', bucket: 'config' };
const wanted = (changes: Partial<WantedVersion> = {}): WantedVersion => ({
  versionId: 'v1',
  etag: '"0123456789abcdef0123456789abcdef"',
  size: 3,
  lastModified: '2026-11-23T08:00:00.000Z',
  from: 'own',
  ...changes,
});
const key = (region: string, id: string) => `arn:aws:kms:${region}:111111111111:key/${id}`;

describe('a copy asks for', () => {
  it('the KMS key, the storage class and the redirect of the version', () => {
    const kmsKey = key('eu-west-1', '1234');
    expect(
      kept(
        wanted({
          encryption: 'aws:kms',
          kmsKey,
          bucketKey: true,
          storageClass: 'STANDARD_IA',
          redirect: '/a',
        }),
        place,
      ),
    ).toEqual({
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: kmsKey,
      BucketKeyEnabled: true,
      WebsiteRedirectLocation: '/a',
    });
  });

  it('the same multi-Region key here when the replica is under it, and for no other key of the replica', () => {
    const from = 'replica' as const;
    const kmsKey = key('eu-central-1', 'mrk-1234');
    expect(kept(wanted({ from, encryption: 'aws:kms', kmsKey }), place)).toEqual({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: key('eu-west-1', 'mrk-1234'),
    });
    expect(kept(wanted({ from, encryption: 'aws:kms', kmsKey: key('eu-central-1', '1234') }), place)).toEqual(
      {},
    );
  });

  it('a class that can be read when the version is an archived one', () => {
    expect(kept(wanted({ storageClass: 'DEEP_ARCHIVE' }), place)).toEqual({});
  });
});

describe('content', () => {
  const one = { etag: '"a-2"', size: 3, checksum: 'CRC64NVME FULL_OBJECT abc=' };
  it('is the same by ETag and size, or by a checksum of the same kind', () => {
    expect(sameContent(one, { etag: '"a-2"', size: 3 }, false)).toBe(true);
    expect(sameContent(one, { etag: '"b-2"', size: 3, checksum: one.checksum }, false)).toBe(true);
    expect(sameContent(one, { etag: '"b-2"', size: 3, checksum: 'CRC64NVME FULL_OBJECT x=' }, false)).toBe(
      false,
    );
    expect(sameContent(one, { etag: '"a-2"', size: 4 }, false)).toBe(false);
  });

  it('is not known where neither tells: in parts, or under a KMS key', () => {
    expect(
      sameContent(one, { etag: '"b-2"', size: 3, checksum: 'SHA256 FULL_OBJECT x=' }, false),
    ).toBeUndefined();
    expect(isOpaque(wanted())).toBe(false);
    expect(isOpaque(wanted({ encryption: 'aws:kms' }))).toBe(true);
    expect(isOpaque({ etag: '"a-2"' })).toBe(true);
  });
});

describe('a key', () => {
  it('is ordered by its bytes in UTF-8, as S3 lists it', () => {
    const keys = ['a', 'a/', 'a0', 'b', '\u{e000}', '\u{ffff}', '😀', 'é'];
    const bytes = (text: string) => Buffer.from(text);
    expect(keys.toSorted(compareKeys)).toEqual(keys.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b))));
  });

  it('is named in a copy with its slashes and nothing else unescaped', () => {
    expect(copySource('b', 'a b/ü+?#', 'v/1')).toBe('b/a%20b/%C3%BC%2B%3F%23?versionId=v%2F1');
  });
});
