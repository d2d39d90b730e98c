import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketLocationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { delays } from '../../../../drill/cloud/delays.ts';
import { Content } from '../../../../drill/cloud/s3/content.ts';
import { start } from '../local-cloud.ts';
import { allow, localStorage, refusals } from './local-storage.ts';

const { storage, bucket, client, cloud } = await localStorage();
const Bucket = bucket('config');
const s3 = client();
const objects = `arn:aws:s3:::${Bucket}/*`;

describe('a delete marker', () => {
  it('answers 404 to a reader of the newest version, 405 to one of the marker, and says what it is', async () => {
    storage.put(Bucket, 'marked', 'x');
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'marked' }));
    const answer = async (reading: Promise<unknown>) => {
      const error = await reading.catch((e: unknown) => e);
      const { name, $metadata, $response } = error as {
        name: string;
        $metadata: { httpStatusCode: number };
        $response: { headers: Record<string, string> };
      };
      const { headers } = $response;
      return [name, $metadata.httpStatusCode, headers['x-amz-delete-marker'], headers['x-amz-version-id']];
    };
    const newest = { Bucket, Key: 'marked' };
    expect(await answer(s3.send(new GetObjectCommand(newest)))).toEqual([
      'NoSuchKey',
      404,
      'true',
      VersionId,
    ]);
    expect(await answer(s3.send(new HeadObjectCommand(newest)))).toEqual([
      'NotFound',
      404,
      'true',
      VersionId,
    ]);
    const marker = { ...newest, VersionId };
    expect((await answer(s3.send(new GetObjectCommand(marker)))).slice(0, 3)).toEqual([
      'MethodNotAllowed',
      405,
      'true',
    ]);
    expect((await answer(s3.send(new HeadObjectCommand(marker)))).slice(1, 3)).toEqual([405, 'true']);
  });

  it('is deleted by its own id, and what it hid is there again', async () => {
    storage.put(Bucket, 'unhidden', 'x');
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'unhidden' }));
    const again = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'unhidden', VersionId }));
    expect(again).toMatchObject({ DeleteMarker: true, VersionId });
    expect(storage.read(Bucket, 'unhidden')?.toString()).toBe('x');
  });

  it('is added even where nothing was', async () => {
    const { DeleteMarker } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'never' }));
    expect(DeleteMarker).toBe(true);
    expect(storage.version(Bucket, 'never')).toMatchObject({ marker: true, size: 0, latest: true });
  });
});

describe('a conditional delete', () => {
  const remove = (Key: string, IfMatch: string, more = {}) =>
    s3.send(new DeleteObjectCommand({ Bucket, Key, IfMatch, ...more }));

  it('deletes only what is as it was read', async () => {
    const { etag, versionId } = storage.put(Bucket, 'cond', 'x');
    await expect(remove('cond', '"other"')).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    await expect(remove('cond', etag, { VersionId: versionId })).rejects.toMatchObject({
      name: 'NotImplemented',
    });
    expect(storage.read(Bucket, 'cond')?.toString()).toBe('x');
    await remove('cond', etag);
    expect(storage.version(Bucket, 'cond')?.marker).toBe(true);
  });

  it('of what is not there, or hidden, answers 404', async () => {
    const { etag } = storage.put(Bucket, 'hidden', 'x');
    storage.remove(Bucket, 'hidden');
    expect(
      new Set(await refusals([remove('hidden', etag), remove('hidden', '*'), remove('absent', '*')])),
    ).toEqual(new Set(['NoSuchKey']));
    expect(storage.versions(Bucket, 'hidden')).toHaveLength(2);
    storage.put(Bucket, 'hidden', 'y');
    await remove('hidden', '*');
  });

  it('by an ETag needs the right to read, too', async () => {
    const { etag } = storage.put(Bucket, 'perm', 'x');
    const as = client(cloud.role('deleter', [allow('s3:DeleteObject', objects)]));
    const send = (IfMatch: string) => as.send(new DeleteObjectCommand({ Bucket, Key: 'perm', IfMatch }));
    await expect(send(etag)).rejects.toMatchObject({ name: 'AccessDenied' });
    await send('*');
    expect(storage.version(Bucket, 'perm')?.marker).toBe(true);
  });
});

describe('many deletes at once', () => {
  it('are allowed, refused and answered one by one', async () => {
    const as = client(
      cloud.role('cleaner', [allow(['s3:DeleteObject', 's3:GetObject'], `arn:aws:s3:::${Bucket}/many/*`)]),
    );
    for (const key of ['many/a', 'many/b', 'other/c']) storage.put(Bucket, key, 'x');
    const Objects = [
      { Key: 'many/a' },
      { Key: 'many/b', ETag: '"other"' },
      { Key: 'other/c' },
      { Key: 'many/a', VersionId: storage.version(Bucket, 'many/a')!.versionId },
    ];
    const { Deleted, Errors } = await as.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toMatchObject([{ Key: 'many/a', DeleteMarker: true }]);
    expect(Errors).toMatchObject([
      { Key: 'many/b', Code: 'PreconditionFailed' },
      { Key: 'other/c', Code: 'AccessDenied' },
      { Key: 'many/a', Code: 'AccessDenied' },
    ]);
    expect(storage.read(Bucket, 'other/c')?.toString()).toBe('x');
    await expect(
      s3.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: { Objects: Array.from({ length: 1001 }, () => ({ Key: 'a' })) },
        }),
      ),
    ).rejects.toMatchObject({ name: 'MalformedXML' });
  });
});

describe('tags', () => {
  it('belong to a version, and are changed without a new one', async () => {
    const first = storage.put(Bucket, 'tags', '1', { tags: { a: '1' } });
    storage.put(Bucket, 'tags', '2');
    const tags = async (VersionId?: string) =>
      (await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'tags', VersionId }))).TagSet;
    expect(await tags(first.versionId)).toEqual([{ Key: 'a', Value: '1' }]);
    expect(await tags()).toEqual([]);
    const put = (TagSet: { Key: string; Value: string }[]) =>
      s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'tags', Tagging: { TagSet } }));
    await put([{ Key: 'b', Value: '2' }]);
    expect(await tags()).toEqual([{ Key: 'b', Value: '2' }]);
    await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'tags' }));
    expect(await tags()).toEqual([]);
    expect(storage.versions(Bucket, 'tags')).toHaveLength(2);
    const eleven = Array.from({ length: 11 }, (_, i) => ({ Key: String(i), Value: '' }));
    await expect(put(eleven)).rejects.toMatchObject({ name: 'BadRequest' });
    await expect(put([{ Key: '', Value: '' }])).rejects.toMatchObject({ name: 'InvalidTag' });
  });

  it('need permissions of their own', async () => {
    const as = client(cloud.role('writer', [allow(['s3:PutObject', 's3:GetObject'], objects)]));
    const put = { Bucket, Key: 'tagged', Body: 'x' };
    await as.send(new PutObjectCommand(put));
    expect(
      new Set(
        await refusals([
          as.send(new PutObjectCommand({ ...put, Tagging: 'a=1' })),
          as.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' })),
        ]),
      ),
    ).toEqual(new Set(['AccessDenied']));
  });
});

describe('checksums', () => {
  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'by %s are kept, and given to who asks',
    async (ChecksumAlgorithm) => {
      const Key = `sum/${ChecksumAlgorithm}`;
      const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'text', ChecksumAlgorithm }));
      const member = `Checksum${ChecksumAlgorithm}` as const;
      expect(put[member]).toBeTruthy();
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      expect(head[member]).toBe(put[member]);
      expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).not.toHaveProperty(member);
      const { Checksum, ETag } = await s3.send(
        new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: ['Checksum', 'ETag'] }),
      );
      expect(Checksum).toEqual({ [member]: put[member], ChecksumType: 'FULL_OBJECT' });
      expect(`"${ETag!}"`).toBe(put.ETag);
      // The SDK checks what it reads.
      const read = await s3.send(new GetObjectCommand({ Bucket, Key }));
      expect(await read.Body!.transformToString()).toBe('text');
    },
  );
});

describe('what a bucket says of itself', () => {
  it('is whether it keeps versions, where it is, and that it is not replicated', async () => {
    const forgetful = bucket('forgetful', { VersioningConfiguration: undefined });
    const suspended = bucket('suspended', { VersioningConfiguration: { Status: 'Suspended' } });
    const versioning = async (name: string) =>
      (await s3.send(new GetBucketVersioningCommand({ Bucket: name }))).Status;
    expect(await versioning(Bucket)).toBe('Enabled');
    expect(await versioning(suspended)).toBe('Suspended');
    expect(await versioning(forgetful)).toBeUndefined();
    const location = await s3.send(new GetBucketLocationCommand({ Bucket }));
    expect(location.LocationConstraint).toBe('eu-central-1');
    await expect(s3.send(new GetBucketReplicationCommand({ Bucket }))).rejects.toMatchObject({
      name: 'ReplicationConfigurationNotFoundError',
    });
  });
});

describe('levers', () => {
  it('write a history before the world began, and read any version of it', () => {
    const hour = 3_600_000;
    storage.put(Bucket, 'history', 'old', { at: start - 2 * hour, metadata: { who: 'ops' } });
    storage.remove(Bucket, 'history', { at: start - hour });
    const now = storage.put(Bucket, 'history', 'new');
    const versions = storage.versions(Bucket, 'history');
    expect(versions.map(({ marker }) => marker)).toEqual([false, true, false]);
    expect(versions.map(({ lastModified }) => lastModified.getTime() - start)).toEqual([
      now.lastModified.getTime() - start,
      -hour,
      -2 * hour,
    ]);
    expect(versions[2]).toMatchObject({ metadata: { who: 'ops' }, latest: false });
    expect(versions[2]!.body().toString()).toBe('old');
  });

  it('erase a version for good, and deny what a policy denies', async () => {
    const { versionId } = storage.put(Bucket, 'erased', 'x');
    storage.erase(Bucket, 'erased', versionId);
    expect(storage.versions(Bucket, 'erased')).toEqual([]);
    const denied = bucket('denied');
    storage.put(denied, 'a', 'x');
    const Statement = {
      Effect: 'Deny',
      Action: 's3:PutObject',
      Principal: '*',
      Resource: `arn:aws:s3:::${denied}/*`,
    };
    storage.restrict(denied, { Version: '2012-10-17', Statement });
    const put = () => s3.send(new PutObjectCommand({ Bucket: denied, Key: 'a', Body: 'y' }));
    await expect(put()).rejects.toMatchObject({ name: 'AccessDenied' });
    storage.restrict(denied, { Version: '2012-10-17', Statement: [] });
    await put();
    expect(storage.read(denied, 'a')?.toString()).toBe('y');
  });

  it('make conditional writes meet another that is under way', async () => {
    storage.put(Bucket, 'contended', 'x');
    storage.contend(Bucket, 'contended', 2);
    const { etag: IfMatch } = storage.version(Bucket, 'contended')!;
    const contended = { Bucket, Key: 'contended', IfMatch };
    for (const send of [
      () => s3.send(new PutObjectCommand({ ...contended, Body: 'y' })),
      () => s3.send(new DeleteObjectCommand(contended)),
    ]) {
      await expect(send()).rejects.toMatchObject({
        name: 'ConditionalRequestConflict',
        $metadata: { httpStatusCode: 409 },
      });
    }
    expect(storage.versions(Bucket, 'contended')).toHaveLength(1);
    await s3.send(new PutObjectCommand({ ...contended, Body: 'y' }));
    expect(storage.read(Bucket, 'contended')?.toString()).toBe('y');
  });

  it('make buckets that no template has, with a replica', async () => {
    storage.make({ name: 'their-replica', region: 'eu-west-1' });
    storage.make({ name: 'theirs', region: 'eu-central-1', replica: 'their-replica', replicaMarkers: true });
    const { versionId } = storage.put('theirs', 'a', 'x');
    storage.remove('theirs', 'a');
    await cloud.clock.sleep(delays.s3Replication + 1);
    expect(storage.versions('their-replica', 'a').map(({ marker }) => marker)).toEqual([true, false]);
    expect(storage.version('their-replica', 'a', versionId)?.body().toString()).toBe('x');
  });

  it('declare a body without its memory', () => {
    const before = process.memoryUsage().arrayBuffers;
    storage.put(Bucket, 'sparse', Content.repeated('block', 50 * 2 ** 40));
    expect(storage.version(Bucket, 'sparse')).toMatchObject({ size: 50 * 2 ** 40 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    expect(() => storage.read(Bucket, 'sparse')).toThrow(/is read in ranges/);
  });
});
