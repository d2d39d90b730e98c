import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { atMost } from '../../../lambdas/aws/at-most.ts';
import { handler } from '../../../lambdas/apply-objects/handler.ts';
import { applyObject, type Applying } from '../../../lambdas/apply-objects/object.ts';
import type { PlannedObject } from '../../../lambdas/configuration/contract.ts';
import { handler as planObjects } from '../../../lambdas/plan-objects/handler.ts';
import { after, before, bucketWorld, dieAt, incident, later, own, plan, replica } from '../bucket-world.ts';

const world = await bucketWorld();
const bucket = 'assets';
const look = (phase: 'plan' | 'verify', by = incident) => planObjects({ incident: by, plan, bucket, phase });
const apply = (by = incident, chunk = 0) => handler({ incident: by, plan, bucket, chunk });
const put = (key: string, text: string, at?: number, more = {}) =>
  world.storage.put(own.bucket, `config/${key}`, text, { ...(at === undefined ? {} : { at }), ...more });
const remove = (key: string, at?: number) =>
  world.storage.remove(own.bucket, `config/${key}`, at === undefined ? {} : { at });
const standing = (key: string) => world.storage.version(own.bucket, `config/${key}`)!;
const none = { objects: 0, bytes: 0 };
const nothingDiffers = { bringBack: none, overwrite: none, remove: none };

/** One of each: overwritten, gone, new, the same; what there was before. */
function damage(): Readonly<Record<string, string>> {
  put('app.json', '{"good":1}', before);
  put('gone', 'here', before);
  put('same', 'as ever', before);
  const good = world.contents();
  put('app.json', '{"bad":true}', after);
  remove('gone', after);
  put('new', 'since', after);
  return good;
}

beforeEach(() => world.begin());

describe('a restore', () => {
  it('brings back every object, and removes no version', async () => {
    const good = damage();
    const versions = world.storage.versions(own.bucket).map(({ versionId }) => versionId);
    await look('plan');
    expect(await apply()).toMatchObject({
      status: 'changed',
      done: true,
      conflicts: 0,
      failures: 0,
      summary: 'assets, chunk 0: 2 objects restored (14 bytes), 1 removed',
    });
    expect(world.contents()).toEqual(good);
    const now = world.storage.versions(own.bucket).map(({ versionId }) => versionId);
    expect(now).toEqual(expect.arrayContaining(versions));
    expect(now).toHaveLength(versions.length + 3);
    expect(world.applied()).toEqual({
      incident: incident.id,
      restored: { objects: 2, bytes: 14 },
      removed: 1,
      alreadyThere: 0,
      conflicts: [],
      failures: [],
    });
    const verified = await look('verify');
    expect(verified).toMatchObject({ done: true, conflicts: 0, problems: [], chunks: [0] });
    expect(verified.totals).toEqual({ ...nothingDiffers, unchanged: { objects: 3, bytes: 21 }, problems: 0 });
  });

  it('keeps metadata, headers, tags, storage class and redirect', async () => {
    const kept = {
      headers: {
        ContentType: 'text/x-config',
        CacheControl: 'no-store',
        WebsiteRedirectLocation: '/elsewhere',
      },
      metadata: { owner: 'erlmcp' },
      tags: { tier: 'gold' },
      storageClass: 'STANDARD_IA',
    };
    put('a', 'text', before, kept);
    put('a', 'other', after);
    await look('plan');
    await apply();
    expect(standing('a')).toMatchObject({ ...kept, size: 4 });
  });

  it('tells the same again, and does nothing again', async () => {
    damage();
    await look('plan');
    await apply();
    const versions = world.storage.versions(own.bucket).length;
    expect(await apply()).toMatchObject({ status: 'already-there', done: true });
    expect(world.storage.versions(own.bucket)).toHaveLength(versions);
  });

  it('changes nothing in mode plan', async () => {
    damage();
    const bad = world.contents();
    await look('plan');
    expect(await apply({ ...incident, mode: 'plan' })).toMatchObject({ status: 'planned', done: true });
    expect(world.contents()).toEqual(bad);
  });

  it('comes from the replica when the bucket has lost everything', async () => {
    put('a', 'one', before, { metadata: { b: 'c' } });
    put('b', 'two', before);
    await world.replicate();
    for (const { key, versionId } of world.storage.versions(own.bucket))
      world.storage.erase(own.bucket, key, versionId);
    await look('plan');
    await apply();
    expect(world.contents()).toEqual({ 'config/a': 'one', 'config/b': 'two' });
    expect(standing('a').metadata).toEqual({ b: 'c' });
    expect((await look('verify')).totals).toMatchObject(nothingDiffers);
  });

  it('comes from the replica when a version goes between planning and applying', async () => {
    const { versionId } = put('a', 'good', before);
    put('a', 'worse', after);
    await world.replicate();
    await look('plan');
    world.storage.erase(own.bucket, 'config/a', versionId);
    expect(await apply()).toMatchObject({ failures: 0, conflicts: 0 });
    expect(world.contents()).toEqual({ 'config/a': 'good' });
  });
});

describe('what somebody else does meanwhile', () => {
  it.each([
    ['a write over what was to be overwritten', 'app.json', () => put('app.json', 'a person')],
    ['a write of what was gone', 'gone', () => put('gone', 'a person')],
    ['a write of what was to be removed', 'new', () => put('new', 'a person')],
    ['a deletion of what was to be overwritten', 'app.json', () => remove('app.json')],
  ])('%s stays, and is told', async (_, key, act) => {
    damage();
    await look('plan');
    act();
    const theirs = standing(key).versionId;
    expect(await apply()).toMatchObject({ conflicts: 1, failures: 0 });
    expect(standing(key).versionId).toBe(theirs);
    expect(world.applied().conflicts).toEqual([`config/${key}`]);
    const verified = await look('verify');
    expect(verified.totals).toMatchObject(nothingDiffers);
    expect(verified).toMatchObject({ conflicts: 1, problems: [{ key: `config/${key}` }] });
  });

  it('after applying is told by verifying', async () => {
    damage();
    await look('plan');
    await apply();
    put('app.json', 'a person');
    remove('gone');
    expect(await look('verify')).toMatchObject({ conflicts: 2, totals: nothingDiffers });
  });

  it('is no conflict when it is what was wanted', async () => {
    damage();
    await look('plan');
    remove('new');
    put('app.json', '{"good":1}');
    expect(await apply()).toMatchObject({ conflicts: 0, failures: 0 });
    expect(world.applied()).toMatchObject({ alreadyThere: 2, restored: { objects: 1 } });
    expect((await look('verify')).totals).toMatchObject(nothingDiffers);
  });
});

describe('what cannot be restored', () => {
  const deny = (action: string, key: string) =>
    world.storage.restrict(own.bucket, {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: action,
          Resource: [`arn:aws:s3:::${own.bucket}/config/${key}`],
        },
      ],
    });

  it('fails alone, is verified as differing, and is tried again by the next incident', async () => {
    const good = damage();
    await look('plan');
    deny('s3:PutObject', 'gone');
    expect(await apply()).toMatchObject({ done: true, failures: 1, conflicts: 0 });
    expect(world.applied().failures).toMatchObject([
      {
        key: 'config/gone',
        problem: expect.stringMatching(/^erlmcp-config refuses it \(AccessDenied.*it is locked, or/),
      },
    ]);
    expect((await look('verify')).totals.bringBack.objects).toBe(1);
    expect(await apply()).toMatchObject({ failures: 1 });

    world.storage.restrict(own.bucket, { Version: '2012-10-17', Statement: [] });
    world.holdLock(later);
    expect(await apply(later)).toMatchObject({ failures: 0, status: 'changed' });
    expect(world.contents()).toEqual(good);
    expect(world.applied()).toMatchObject({ restored: { objects: 2 }, removed: 1, failures: [] });
    expect((await look('verify', later)).totals).toMatchObject(nothingDiffers);
  });

  it('is a version that is gone everywhere', async () => {
    const { versionId } = put('a', 'good', before);
    put('a', 'worse', after);
    put('b', 'good', before);
    put('b', 'worse', after);
    await world.replicate();
    await look('plan');
    for (const each of [own, replica]) world.storage.erase(each.bucket, 'config/a', versionId);
    expect(await apply()).toMatchObject({ failures: 1 });
    expect(world.applied().failures[0]?.problem).toMatch(/its version is gone from erlmcp-config/);
    expect(world.contents()).toEqual({ 'config/a': 'worse', 'config/b': 'good' });
  });
});

describe('a restore that dies', () => {
  it.each(['before', 'after'] as const)(
    '%s one of its calls ends in the same state when it is run again',
    async (when) => {
      for (let call = when === 'before' ? 4 : 5, died = true; died; call += 2) {
        world.begin();
        const good = damage();
        await look('plan');
        died = await dieAt(call, when, apply);
        expect(await apply()).toMatchObject({ done: true, conflicts: 0, failures: 0 });
        expect(world.contents(), `died at call ${call}`).toEqual(good);
        expect((await look('verify')).totals).toMatchObject(nothingDiffers);
      }
    },
  );

  it('keeps its place when a slice is over', async () => {
    const good: Record<string, string> = {};
    for (let i = 0; i < 60; i += 1) {
      good[`config/${i}`] = `good ${i}`;
      put(`${i}`, `good ${i}`, before);
      put(`${i}`, `worse ${i}`, after);
    }
    await look('plan');
    process.env['SETTINGS'] = JSON.stringify({
      ...(JSON.parse(process.env['SETTINGS']!) as object),
      sliceSeconds: 0.03,
    });
    let asked = 0;
    for (let done = false; !done && asked < 200; asked += 1) ({ done } = await apply());
    expect(asked).toBeGreaterThan(1);
    expect(world.contents()).toEqual(good);
    expect(world.applied()).toMatchObject({ restored: { objects: 60 }, alreadyThere: 0 });
  });

  it('stops when the lock is lost', async () => {
    damage();
    await look('plan');
    world.holdLock(later);
    const bad = world.contents();
    await expect(apply()).rejects.toMatchObject({ name: 'LockLost' });
    expect(world.contents()).toEqual(bad);
  });

  it('waits while S3 is too busy', async () => {
    const good = damage();
    await look('plan');
    let slow = 4;
    world.fault = ({ operation }) => (operation === 'CopyObject' && slow-- > 0 ? 'throttle' : undefined);
    expect(await apply()).toMatchObject({ failures: 0, conflicts: 0 });
    expect(world.contents()).toEqual(good);
  });
});

describe('a large object', () => {
  const uploads: string[] = [];
  const applying = (changes: Partial<Applying> = {}): Applying => {
    let known: string | null = null;
    return {
      places: { own, replica, prefixes: ['config/'] },
      turn: atMost(3),
      stopped: () => false,
      singleCopy: 2 ** 20,
      memoryOf: () => ({
        recall: async () => known,
        remember: async (id) => {
          uploads.push(id);
          known = id;
        },
      }),
      ...changes,
    };
  };
  const bytes = Buffer.alloc(12 * 2 ** 20, 'lifeboat');
  const part = 5 * 2 ** 20;
  const which = { Bucket: own.bucket, Key: 'config/large' };
  /** Written in three parts, as a client does; then overwritten. */
  const large = async (): Promise<PlannedObject> => {
    const s3 = new S3Client(world.cloud.client(undefined, own.region));
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({
        ...which,
        Metadata: { m: '1' },
        Tagging: 't=2',
        ContentType: 'application/x-large',
        StorageClass: 'STANDARD_IA',
      }),
    );
    const Parts = [];
    for (const PartNumber of [1, 2, 3]) {
      const Body = bytes.subarray((PartNumber - 1) * part, PartNumber * part);
      const { ETag, ChecksumCRC32 } = await s3.send(
        new UploadPartCommand({ ...which, UploadId, PartNumber, Body }),
      );
      Parts.push({ PartNumber, ETag, ChecksumCRC32 });
    }
    await s3.send(new CompleteMultipartUploadCommand({ ...which, UploadId, MultipartUpload: { Parts } }));
    const { versionId, etag, size, lastModified, storageClass } = standing('large');
    const bad = put('large', 'worse');
    world.calls();
    return {
      key: which.Key,
      action: 'overwrite',
      wanted: { versionId, etag, size, lastModified: lastModified.toISOString(), storageClass, from: 'own' },
      current: { ...bad, lastModified: bad.lastModified.toISOString(), marker: false },
    };
  };

  it('is copied in the parts it was written in, with all that belongs to it', async () => {
    const object = await large();
    expect(await applyObject(object, applying())).toMatchObject({ outcome: 'restored', bytes: bytes.length });
    expect(standing('large')).toMatchObject({
      size: bytes.length,
      etag: object.wanted!.etag,
      metadata: { m: '1' },
      tags: { t: '2' },
      storageClass: 'STANDARD_IA',
      headers: { ContentType: 'application/x-large' },
    });
    expect(standing('large').body().equals(bytes)).toBe(true);
    expect(world.calls().filter((call) => call === 'UploadPartCopy')).toHaveLength(3);
  });

  it('that somebody wrote meanwhile is left as it is, and the upload is aborted', async () => {
    const object = await large();
    put('large', 'a person');
    expect(await applyObject(object, applying())).toMatchObject({ outcome: 'conflict' });
    expect(standing('large').body().toString()).toBe('a person');
    expect(world.calls()).toContain('AbortMultipartUpload');
  });

  it('goes on where it was stopped, with the parts that it has', async () => {
    const object = await large();
    let asked = 0;
    const shared = applying({ turn: atMost(1), stopped: () => (asked += 1) === 3 });
    const memory = shared.memoryOf('x');
    const kept: Applying = { ...shared, memoryOf: () => memory };
    uploads.length = 0;
    expect(await applyObject(object, kept)).toBeNull();
    expect(await applyObject(object, kept)).toMatchObject({ outcome: 'restored' });
    expect(uploads).toHaveLength(1);
    expect(world.calls().filter((call) => call === 'UploadPartCopy')).toHaveLength(3);
  });

  it('begins anew when its upload is gone', async () => {
    const object = await large();
    const forgotten = { recall: async () => 'no-such-upload', remember: async () => undefined };
    expect(await applyObject(object, applying({ memoryOf: () => forgotten }))).toMatchObject({
      outcome: 'restored',
    });
  });
});
