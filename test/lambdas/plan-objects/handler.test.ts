import { beforeEach, describe, expect, it } from 'vitest';
import { handler } from '../../../lambdas/plan-objects/handler.ts';
import {
  after,
  before,
  bucketWorld,
  dieAt,
  incident,
  later,
  minute,
  own,
  plan,
  replica,
  makeOwn,
} from '../bucket-world.ts';

const world = await bucketWorld();
const ask = (phase: 'plan' | 'verify' = 'plan') => handler({ incident, plan, bucket: 'assets', phase });
const put = (key: string, text: string, at: number, more = {}) =>
  world.storage.put(own.bucket, `config/${key}`, text, { at, ...more });
const none = { objects: 0, bytes: 0 };

beforeEach(() => world.begin());

describe('a plan', () => {
  it('brings back what was deleted, overwrites what was changed, removes what is new, leaves the rest', async () => {
    const good = put('app.json', '{"good":1}', before);
    const bad = put('app.json', '{"bad":true}', after);
    put('gone', 'here', before);
    world.storage.remove(own.bucket, 'config/gone', { at: after });
    const added = put('new', 'since', after);
    put('same', 'as ever', before);
    put('was-deleted', 'x', before - minute);
    world.storage.remove(own.bucket, 'config/was-deleted', { at: before });
    world.storage.put(own.bucket, 'elsewhere/file', 'not ours', { at: after });
    const { totals, chunks, done, problems, summary } = await ask();
    expect({ done, chunks, problems }).toEqual({ done: true, chunks: [0], problems: [] });
    expect(totals).toEqual({
      bringBack: { objects: 1, bytes: 4 },
      overwrite: { objects: 1, bytes: 10 },
      remove: { objects: 1, bytes: 5 },
      unchanged: { objects: 1, bytes: 7 },
      problems: 0,
    });
    expect(summary).toBe(
      'assets: 1 objects to bring back (4 bytes), 1 to overwrite (10 bytes), 1 to remove, 1 unchanged',
    );
    expect(world.planned()).toMatchObject([
      {
        key: 'config/app.json',
        action: 'overwrite',
        wanted: { versionId: good.versionId, etag: good.etag, from: 'own', size: 10 },
        current: { versionId: bad.versionId, marker: false },
      },
      { key: 'config/gone', action: 'bring-back', current: { marker: true } },
      { key: 'config/new', action: 'remove', wanted: null, current: { versionId: added.versionId } },
    ]);
  });

  it('is the same when it is asked for again, also by the next incident', async () => {
    put('a', 'one', before);
    put('a', 'two', after);
    const first = await ask();
    put('b', 'later', after + minute);
    expect(await ask()).toEqual(first);
    world.holdLock(later);
    expect(await handler({ incident: later, plan, bucket: 'assets', phase: 'plan' })).toEqual(first);
  });

  it('writes to the folder of the restore only', async () => {
    put('a', 'one', before);
    put('a', 'two', after);
    const ids = () => world.storage.versions(own.bucket).map(({ versionId }) => versionId);
    const versions = ids();
    await ask();
    expect(ids()).toEqual(versions);
    expect(world.ledgerKeys('')).toEqual(['cursor.json', 'plan/000000.jsonl', 'problems.jsonl']);
  });

  it('knows keys of every kind', async () => {
    const keys = ['a b+c', 'ü/ñ', 'folder/', 'emoji-😀', '', "it's(1)*!~", 'percent%2F', '<&>"', '\u0001'];
    for (const key of keys) {
      put(key, 'good', before);
      put(key, 'worse', after);
    }
    expect((await ask()).totals.overwrite.objects).toBe(keys.length);
    expect(
      world
        .planned()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(keys.map((key) => `config/${key}`).sort());
  });

  it('counts what was written within the second of the recovery point as there', async () => {
    const { versionId } = put('a', 'within', Date.parse(plan.recoveryPoint) + 900);
    put('a', 'after', Date.parse(plan.recoveryPoint) + 1_000);
    await ask();
    expect(world.planned()).toMatchObject([{ wanted: { versionId } }]);
  });

  it('knows which of a write and a deletion in one second was the later', async () => {
    put('deleted', 'x', before);
    world.storage.remove(own.bucket, 'config/deleted', { at: before });
    put('deleted', 'again', after);
    put('rewritten', 'x', before - minute);
    world.storage.remove(own.bucket, 'config/rewritten', { at: before });
    put('rewritten', 'y', before);
    put('rewritten', 'z', after);
    await ask();
    expect(world.planned()).toMatchObject([
      { key: 'config/deleted', action: 'remove' },
      { key: 'config/rewritten', action: 'overwrite', wanted: { size: 1 } },
    ]);
  });

  it('leaves another version alone that has the same content, metadata and tags', async () => {
    put('same', 'text', before, { metadata: { a: '1' }, tags: { t: '1' } });
    put('same', 'text', after, { metadata: { a: '1' }, tags: { t: '1' } });
    put('other-metadata', 'text', before, { metadata: { a: '1' } });
    put('other-metadata', 'text', after, { metadata: { a: '2' } });
    put('other-tags', 'text', before, { tags: { t: '1' } });
    put('other-tags', 'text', after, { tags: { t: '2' } });
    put('other-type', 'text', before, { headers: { ContentType: 'text/plain' } });
    put('other-type', 'text', after, { headers: { ContentType: 'text/html' } });
    expect((await ask()).totals.unchanged.objects).toBe(1);
    expect(world.planned().map(({ key }) => key)).toEqual([
      'config/other-metadata',
      'config/other-tags',
      'config/other-type',
    ]);
  });

  it('says that a version is archived', async () => {
    put('cold', 'ice', before, { storageClass: 'DEEP_ARCHIVE' });
    put('cold', 'water', after);
    const { totals, problems, chunks } = await ask();
    expect({ totals: totals.problems, chunks }).toEqual({ totals: 1, chunks: [] });
    expect(problems[0]?.problem).toMatch(
      /archived \(DEEP_ARCHIVE, InvalidObjectState\).*erlmcp-config first/,
    );
  });
});

describe('of many objects', () => {
  const keyOf = (i: number) => `config/${String(i % 7)}/${String(i).padStart(6, '0')}`;
  const damage = (keys: number) => {
    put('kept', 'good', before);
    world.storage.seed(own.bucket, { keys, key: keyOf, versions: 2, body: 'bad!!', from: after });
  };
  const all = (chunks: readonly number[]) =>
    chunks.flatMap((chunk) => world.planned(chunk).map(({ key }) => key)).sort();

  it('each is in one chunk of at most a thousand', async () => {
    damage(2_500);
    const { chunks, totals } = await ask();
    expect(totals).toMatchObject({ remove: { objects: 2_500 }, unchanged: { objects: 1 } });
    expect(chunks.map((chunk) => world.planned(chunk).length)).toEqual([1_000, 1_000, 500]);
    expect(all(chunks)).toEqual(Array.from({ length: 2_500 }, (_, i) => keyOf(i)).sort());
  });

  it('goes on where it was when a slice is over', async () => {
    world.begin({ sliceSeconds: 0 });
    damage(5_000);
    let answers = 0;
    let answer = await ask();
    for (; !answer.done; answer = await ask()) answers += 1;
    expect(answers).toBeGreaterThan(0);
    expect(all(answer.chunks)).toEqual(Array.from({ length: 5_000 }, (_, i) => keyOf(i)).sort());
  });

  it.each(['before', 'after'] as const)(
    'has each once after a run that died %s one of its calls',
    async (when) => {
      for (let call = when === 'before' ? 2 : 4, died = true; died; call += 5) {
        world.begin();
        damage(1_100);
        died = await dieAt(call, when, ask);
        const { chunks } = await ask();
        expect(all(chunks), `died at call ${call}`).toEqual(
          Array.from({ length: 1_100 }, (_, i) => keyOf(i)).sort(),
        );
      }
    },
    120_000,
  );

  it('has each once when two runs plan at the same time', async () => {
    damage(2_100);
    const ends = await Promise.allSettled([ask(), ask()]);
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
    const { chunks } = await ask();
    expect(all(chunks)).toEqual(Array.from({ length: 2_100 }, (_, i) => keyOf(i)).sort());
  });

  it('finds the version of a key whose versions fill pages', async () => {
    world.storage.seed(own.bucket, {
      keys: 3,
      key: (i) => `config/${i}`,
      versions: 1_200,
      body: 'v',
      from: before - 2_000_000,
      apart: 1_000,
    });
    world.storage.seed(own.bucket, {
      keys: 3,
      key: (i) => `config/${i}`,
      versions: 1_100,
      body: 'w!',
      from: after,
    });
    const { totals } = await ask();
    expect(totals).toMatchObject({ overwrite: { objects: 3, bytes: 3 }, unchanged: none });
  });

  it('keeps all problems, and says the first twenty', async () => {
    world.storage.seed(own.bucket, {
      keys: 1_100,
      key: keyOf,
      body: 'x',
      from: before,
      options: { storageClass: 'GLACIER' },
    });
    world.storage.seed(own.bucket, { keys: 1_100, key: keyOf, body: 'yy', from: after });
    const { totals, problems } = await ask();
    expect({ all: totals.problems, said: problems.length }).toEqual({ all: 1_100, said: 20 });
    const file = world.storage.read('lifeboat-dev-ledger', `restores/${plan.id}/assets/problems.jsonl`)!;
    expect(file.toString().trim().split('\n')).toHaveLength(1_100);
  });
});

describe('what the bucket has lost', () => {
  it('comes from the replica, when the bucket was made anew', async () => {
    const { versionId } = put('a', 'text', before);
    await world.replicate();
    const kept = world.storage.versions(replica.bucket);
    expect(kept).toHaveLength(1);
    for (const { key, versionId: id } of world.storage.versions(own.bucket))
      world.storage.erase(own.bucket, key, id);
    expect((await ask()).totals.bringBack.objects).toBe(1);
    expect(world.planned()).toMatchObject([{ current: null, wanted: { versionId, from: 'replica' } }]);
  });

  it('comes from the replica, when a person removed one version by its id', async () => {
    put('a', 'older', before - minute);
    const { versionId } = put('a', 'wanted!', before);
    await world.replicate();
    world.storage.erase(own.bucket, 'config/a', versionId);
    put('a', 'worse', after);
    await ask();
    expect(world.planned()).toMatchObject([{ wanted: { versionId, from: 'replica' } }]);
  });

  it('is not what somebody wrote to the replica directly', async () => {
    const { versionId } = put('a', 'older', before - minute);
    await world.replicate();
    world.storage.put(replica.bucket, 'config/a', 'standby wrote this', { at: before });
    put('a', 'worse', after);
    await ask();
    expect(world.planned()).toMatchObject([{ wanted: { versionId, from: 'own' } }]);
  });

  it('is a problem when the versions before a deletion are gone and no replica has them', async () => {
    const { versionId } = put('a', 'text', before);
    world.storage.remove(own.bucket, 'config/a', { at: after });
    await world.replicate();
    for (const each of [own, replica]) world.storage.erase(each.bucket, 'config/a', versionId);
    put('b', 'stays', before);
    const { problems, totals } = await ask();
    expect(totals).toMatchObject({ problems: 1, unchanged: { objects: 1 } });
    expect(problems[0]).toMatchObject({
      key: 'config/a',
      problem: expect.stringMatching(/are gone: a lifecycle rule/),
    });
  });

  it('does without the replica when it cannot be read, and says so', async () => {
    put('a', 'one', before);
    put('a', 'two', after);
    world.storage.restrict(replica.bucket, {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: [`arn:aws:s3:::${replica.bucket}`] },
      ],
    });
    const { totals, summary } = await ask();
    expect(totals.overwrite.objects).toBe(1);
    expect(summary).toMatch(/replica erlmcp-config-replica could not be read \(AccessDenied/);
  });
});

describe('is refused, with nothing changed,', () => {
  it('for a bucket without versioning', async () => {
    world.begin({}, { versioned: false });
    await expect(ask()).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(
        /^versioning of the bucket erlmcp-config in eu-west-1 was never enabled.*Nothing was changed/,
      ),
    });
    expect(world.ledgerKeys('')).toEqual([]);
  });

  it('for a bucket that does not exist, and goes on once it stands again', async () => {
    world.begin({}, { exists: false });
    await expect(ask()).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(
        /no bucket erlmcp-config in eu-west-1.*Make it again.*replica erlmcp-config-replica/,
      ),
    });
    world.storage.put(replica.bucket, 'config/a', 'kept', { at: before });
    makeOwn(world);
    expect((await ask()).totals.bringBack).toEqual({ objects: 1, bytes: 4 });
  });

  it('when nothing was there at the recovery point', async () => {
    put('a', 'x', after);
    put('b', 'y', after + minute);
    const said =
      /oldest version that is kept is of 2026-11-23T09:10:00.000Z.*remove all 2 objects.*Nothing was changed/;
    await expect(ask()).rejects.toMatchObject({ name: 'UnsafePlan', message: expect.stringMatching(said) });
    await expect(ask()).rejects.toMatchObject({ name: 'UnsafePlan', message: expect.stringMatching(said) });
  });

  it('when the bucket may not be listed', async () => {
    world.storage.restrict(own.bucket, {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:ListBucketVersions',
          Resource: [`arn:aws:s3:::${own.bucket}`],
        },
      ],
    });
    await expect(ask()).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(/may not be listed/),
    });
  });

  it('without the lock', async () => {
    world.holdLock(later);
    await expect(ask()).rejects.toMatchObject({ name: 'LockLost' });
  });

  it('for a bucket that the environment does not name', async () => {
    await expect(handler({ incident, plan, bucket: 'media', phase: 'plan' })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: 'bucket: got media, allowed: assets',
    });
  });

  it('for another recovery point than it was made for', async () => {
    put('a', 'x', before);
    await ask();
    const other = { ...plan, recoveryPoint: new Date(before).toISOString() };
    await expect(handler({ incident, plan: other, bucket: 'assets', phase: 'plan' })).rejects.toMatchObject({
      name: 'UnsafePlan',
    });
  });
});
