import {
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { localStorage } from './local-storage.ts';

const { storage, bucket, client, cloud } = await localStorage();
const s3 = client();

/** All pages of a listing of versions: keys with their version ids, and common prefixes. */
async function all(Bucket: string, request: Partial<ListObjectVersionsCommandInput> = {}) {
  const found: string[] = [];
  const prefixes: string[] = [];
  let pages = 0;
  let marker = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, ...request, ...marker }));
    pages++;
    found.push(
      ...[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map((v) => `${v.Key!} ${v.VersionId!}`),
    );
    prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!));
    if (page.IsTruncated !== true) return { found, prefixes, pages };
    marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

describe('a listing of versions', () => {
  it.each([1, 2, 3, 7, 1000])('has each once and newest first, in pages of %i', async (MaxKeys) => {
    const name = bucket(`pages-${MaxKeys}`);
    for (const key of ['b', 'a', 'a/1', 'ä', '\u{1F600}', '\uFFFD']) {
      for (const body of ['1', '2']) storage.put(name, key, body);
    }
    storage.remove(name, 'a/1');
    const { found } = await all(name, { MaxKeys });
    const wanted = storage.versions(name).map(({ key, versionId }) => `${key} ${versionId}`);
    expect(found.toSorted()).toEqual(wanted.toSorted());
    // By the bytes of UTF-8: what lies beyond the first plane is last.
    expect(storage.keys(name)).toEqual(['a', 'a/1', 'b', 'ä', '\uFFFD', '\u{1F600}']);
  });

  it.each([1, 2, 1000])('rolls keys up at the delimiter, in pages of %i', async (MaxKeys) => {
    const name = bucket(`rolled-${MaxKeys}`);
    for (const key of ['x/a/1', 'x/a/2', 'x/b', 'x/c/1', 'y']) {
      for (const body of ['1', '2']) storage.put(name, key, body);
    }
    storage.remove(name, 'x/c/1');
    const { found, prefixes } = await all(name, { Prefix: 'x/', Delimiter: '/', MaxKeys });
    expect(prefixes).toEqual(['x/a/', 'x/c/']);
    expect(found.map((entry) => entry.split(' ')[0])).toEqual(['x/b', 'x/b']);
    expect((await all(name, { Delimiter: '/', MaxKeys })).prefixes).toEqual(['x/']);
  });

  it('goes on after a key without its versions, and refuses a version without its key', async () => {
    const name = bucket('after');
    for (const key of ['a', 'b', 'c']) storage.put(name, key, 'x');
    expect((await all(name, { KeyMarker: 'a' })).found).toHaveLength(2);
    await expect(all(name, { VersionIdMarker: 'v1' })).rejects.toMatchObject({ name: 'InvalidArgument' });
  });

  it('loses nothing of a key whose version was deleted between two pages', async () => {
    const name = bucket('between');
    const made = ['1', '2', '3'].map((body) => storage.put(name, 'a', body).versionId);
    const first = await s3.send(new ListObjectVersionsCommand({ Bucket: name, MaxKeys: 1 }));
    expect(first.NextVersionIdMarker).toBe(made[2]);
    storage.erase(name, 'a', made[2]!);
    const { found } = await all(name, { KeyMarker: 'a', VersionIdMarker: made[2] });
    expect(found).toEqual([`a ${made[1]!}`, `a ${made[0]!}`]);
  });

  it('has keys encoded when it is asked to', async () => {
    const name = bucket('encoded');
    storage.put(name, 'a b/ü+(*).x', 'x');
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: name, EncodingType: 'url' }));
    expect(page.Versions?.[0]?.Key).toBe('a+b/%C3%BC%2B%28*%29.x');
  });
});

describe('a listing of objects', () => {
  it('begins after a key, and leaves out what is deleted and prefixes that are', async () => {
    const name = bucket('objects');
    for (const key of ['a', 'b/1', 'c/1', 'd']) storage.put(name, key, 'x');
    storage.remove(name, 'b/1');
    const list = async (more: object) => {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: name, Delimiter: '/', ...more }));
      return [
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map((p) => p.Prefix),
      ];
    };
    expect(await list({})).toEqual(['a', 'd', 'c/']);
    expect(await list({ StartAfter: 'a' })).toEqual(['d', 'c/']);
    expect(await list({ MaxKeys: 0 })).toEqual([]);
  });
});

describe('a hundred thousand versions', () => {
  it('are written at once, and listed from where a page begins', async () => {
    const name = bucket('many');
    storage.seed(name, {
      keys: 50_000,
      key: (i) => `config/${String(i).padStart(6, '0')}.json`,
      versions: 2,
      deleted: (i) => i % 10 === 0,
      body: (version) => `release ${version}`,
      from: (i) => i + cloud.clock.now() - 3_600_000,
    });
    const started = performance.now();
    const page = await s3.send(
      new ListObjectVersionsCommand({ Bucket: name, KeyMarker: 'config/049990.json' }),
    );
    expect(page.Versions).toHaveLength(18);
    expect(page.IsTruncated).toBe(false);
    const { prefixes } = await all(name, { Delimiter: '/' });
    expect(prefixes).toEqual(['config/']);
    // A page that walked all keys would take several seconds.
    expect(performance.now() - started).toBeLessThan(1000);
    expect(storage.versions(name, 'config/000011.json')[1]?.body().toString()).toBe('release 0');
    expect(storage.version(name, 'config/000010.json')?.marker).toBe(true);
    expect(storage.read(name, 'config/000011.json')?.toString()).toBe('release 1');
  });
});
