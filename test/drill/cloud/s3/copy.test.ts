import {
  CopyObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type CopyObjectCommandInput,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { Content } from '../../../../drill/cloud/s3/content.ts';
import { allow, localStorage, refusals } from './local-storage.ts';

const { storage, bucket, client, cloud, dark } = await localStorage();
const Bucket = bucket('config');
const far = bucket('config-replica', {}, 'eu-west-1');
const s3 = client();
const copy = (Key: string, CopySource: string, more: Partial<CopyObjectCommandInput> = {}, as = s3) =>
  as.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...more }));
const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));

describe('a copy of a version onto its key', () => {
  it('makes it the newest again, with its headers, metadata, tags and checksum', async () => {
    const good = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'a b/ü+c?.json',
        Body: '{"good":true}',
        ContentType: 'application/json',
        CacheControl: 'max-age=60',
        ContentDisposition: 'inline',
        ContentEncoding: 'identity',
        ContentLanguage: 'de',
        Expires: new Date('2030-01-01T00:00:00Z'),
        Metadata: { epoch: '7' },
        Tagging: 'team=core&tier=one',
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    storage.put(Bucket, 'a b/ü+c?.json', '{"good":false}');
    const source = `${Bucket}/${encodeURIComponent('a b/ü+c?.json')}?versionId=${good.VersionId!}`;
    const copied = await copy('a b/ü+c?.json', source);
    expect(copied.CopySourceVersionId).toBe(good.VersionId);
    expect(copied.VersionId).not.toBe(good.VersionId);
    expect(copied.CopyObjectResult).toMatchObject({
      ETag: good.ETag,
      ChecksumSHA256: good.ChecksumSHA256,
      ChecksumType: 'FULL_OBJECT',
    });
    expect(await head('a b/ü+c?.json')).toMatchObject({
      VersionId: copied.VersionId,
      ContentType: 'application/json',
      CacheControl: 'max-age=60',
      ContentDisposition: 'inline',
      ContentEncoding: 'identity',
      ContentLanguage: 'de',
      ExpiresString: 'Tue, 01 Jan 2030 00:00:00 GMT',
      Metadata: { epoch: '7' },
      TagCount: 2,
      ChecksumSHA256: good.ChecksumSHA256,
    });
    expect(storage.version(Bucket, 'a b/ü+c?.json')?.tags).toEqual({ team: 'core', tier: 'one' });
    expect(storage.versions(Bucket, 'a b/ü+c?.json')).toHaveLength(3);
  });

  it('brings back what a delete marker hides', async () => {
    const { versionId } = storage.put(Bucket, 'gone', 'here');
    storage.remove(Bucket, 'gone');
    expect(storage.read(Bucket, 'gone')).toBeUndefined();
    await copy('gone', `${Bucket}/gone?versionId=${versionId}`, { IfNoneMatch: '*' });
    expect(storage.read(Bucket, 'gone')?.toString()).toBe('here');
  });

  it('takes new headers, metadata and tags where the directives say so', async () => {
    storage.put(Bucket, 'replace', 'x', {
      headers: { CacheControl: 'no-store', WebsiteRedirectLocation: '/there' },
      metadata: { old: '1' },
      tags: { old: '1' },
      storageClass: 'STANDARD_IA',
    });
    await copy('kept', `${Bucket}/replace`);
    expect(await head('kept')).toMatchObject({ CacheControl: 'no-store', Metadata: { old: '1' } });
    // Neither is copied: both have to be asked for.
    expect(await head('kept')).not.toHaveProperty('WebsiteRedirectLocation');
    expect(await head('kept')).not.toHaveProperty('StorageClass');
    await copy('replaced', `/${Bucket}/replace`, {
      MetadataDirective: 'REPLACE',
      Metadata: { new: '2' },
      TaggingDirective: 'REPLACE',
      Tagging: 'new=2',
      StorageClass: 'STANDARD_IA',
      WebsiteRedirectLocation: '/here',
    });
    const replaced = await head('replaced');
    expect(replaced).toMatchObject({ Metadata: { new: '2' }, StorageClass: 'STANDARD_IA' });
    expect(replaced).toMatchObject({ WebsiteRedirectLocation: '/here' });
    expect(replaced.CacheControl).toBeUndefined();
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'replaced' }));
    expect(TagSet).toEqual([{ Key: 'new', Value: '2' }]);
  });
});

describe('a copy on condition', () => {
  it('of the destination writes only over what is expected there', async () => {
    const before = storage.put(Bucket, 'onto', 'now');
    storage.put(Bucket, 'from', 'then');
    await expect(copy('onto', `${Bucket}/from`, { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    await expect(copy('onto', `${Bucket}/from`, { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(copy('nothing', `${Bucket}/from`, { IfMatch: before.etag })).rejects.toMatchObject({
      name: 'NoSuchKey',
    });
    expect(storage.read(Bucket, 'onto')?.toString()).toBe('now');
    await copy('onto', `${Bucket}/from`, { IfMatch: before.etag });
    expect(storage.read(Bucket, 'onto')?.toString()).toBe('then');
  });

  it('of the source copies only what is expected there', async () => {
    const { etag, lastModified } = storage.put(Bucket, 'source', 'x');
    const earlier = new Date(lastModified.getTime() - 1000);
    for (const refused of [
      { CopySourceIfMatch: '"other"' },
      { CopySourceIfNoneMatch: etag },
      { CopySourceIfUnmodifiedSince: earlier },
      { CopySourceIfModifiedSince: lastModified },
    ]) {
      await expect(copy('to', `${Bucket}/source`, refused)).rejects.toMatchObject({
        name: 'PreconditionFailed',
      });
    }
    expect(storage.version(Bucket, 'to')).toBeUndefined();
    await copy('to', `${Bucket}/source`, { CopySourceIfMatch: etag, CopySourceIfModifiedSince: earlier });
    expect(storage.read(Bucket, 'to')?.toString()).toBe('x');
  });
});

describe('a copy is refused', () => {
  it('when it would change nothing about the object', async () => {
    storage.put(Bucket, 'same', 'x');
    await expect(copy('same', `${Bucket}/same`)).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringContaining('copy an object to itself') as string,
    });
    await copy('same', `${Bucket}/same`, { MetadataDirective: 'REPLACE' });
    expect(storage.versions(Bucket, 'same')).toHaveLength(2);
  });

  it('when its source is a marker, or not there', async () => {
    storage.put(Bucket, 'marked', 'x');
    storage.remove(Bucket, 'marked');
    const { versionId } = storage.version(Bucket, 'marked')!;
    await expect(copy('to', `${Bucket}/marked`)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(copy('to', `${Bucket}/marked?versionId=${versionId}`)).rejects.toMatchObject({
      name: 'InvalidRequest',
    });
    await expect(copy('to', `${Bucket}/marked?versionId=none`)).rejects.toMatchObject({
      name: 'NoSuchVersion',
    });
    await expect(copy('to', 'no-bucket/marked')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(copy('to', Bucket)).rejects.toMatchObject({ name: 'InvalidArgument' });
  });

  it('when its source is archived, though its headers can be read', async () => {
    storage.put(Bucket, 'cold', 'x', { storageClass: 'GLACIER' });
    await expect(copy('warm', `${Bucket}/cold`)).rejects.toMatchObject({
      name: 'InvalidObjectState',
      $metadata: { httpStatusCode: 403 },
    });
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'cold' }))).rejects.toMatchObject({
      name: 'InvalidObjectState',
      StorageClass: 'GLACIER',
    });
    expect(await head('cold')).toMatchObject({ StorageClass: 'GLACIER' });
  });

  it('when its source is larger than 5 GB', async () => {
    const limit = 5 * 2 ** 30;
    storage.put(Bucket, 'limit', Content.repeated('block', limit));
    storage.put(Bucket, 'beyond', Content.repeated('block', limit + 1));
    await expect(copy('huge', `${Bucket}/beyond`)).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringContaining('larger than the maximum allowable size') as string,
    });
    await copy('large', `${Bucket}/limit`);
    expect(storage.version(Bucket, 'large')).toMatchObject({
      size: limit,
      etag: storage.version(Bucket, 'limit')!.etag,
    });
  });
});

describe('a copy between regions', () => {
  it('is asked for where the destination is', async () => {
    const { versionId } = storage.put(far, 'replica', 'from afar');
    await copy('back', `${far}/replica?versionId=${versionId}`);
    expect(storage.read(Bucket, 'back')?.toString()).toBe('from afar');
  });

  it('fails while the region of the source cannot be reached', async () => {
    storage.put(far, 'unreachable', 'x');
    dark.add('eu-west-1');
    await expect(copy('back', `${far}/unreachable`)).rejects.toMatchObject({
      $metadata: { httpStatusCode: 503 },
    });
    dark.clear();
  });
});

describe('permissions of a copy', () => {
  const to = allow('s3:PutObject', `arn:aws:s3:::${Bucket}/*`);
  const from = (action: string) => allow(action, `arn:aws:s3:::${Bucket}/*`);

  it('are those to read the source, by its version or not, and to write the destination', async () => {
    const { versionId } = storage.put(Bucket, 'p', 'x');
    const newest = client(cloud.role('newest', [to, from('s3:GetObject')]));
    const any = client(cloud.role('any', [to, from('s3:GetObjectVersion')]));
    const none = client(cloud.role('none', [from('s3:GetObject')]));
    await copy('p1', `${Bucket}/p`, {}, newest);
    await copy('p2', `${Bucket}/p?versionId=${versionId}`, {}, any);
    expect(
      new Set(
        await refusals([
          copy('p3', `${Bucket}/p?versionId=${versionId}`, {}, newest),
          copy('p3', `${Bucket}/p`, {}, any),
          copy('p3', `${Bucket}/p`, {}, none),
        ]),
      ),
    ).toEqual(new Set(['AccessDenied']));
    expect(storage.version(Bucket, 'p3')).toBeUndefined();
  });

  it('include the tags of an object that has some', async () => {
    const { versionId } = storage.put(Bucket, 't', 'x', { tags: { a: '1' } });
    const source = `${Bucket}/t?versionId=${versionId}`;
    const untagged = client(cloud.role('untagged', [to, from('s3:GetObjectVersion')]));
    await expect(copy('t1', source, {}, untagged)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('s3:GetObjectVersionTagging') as string,
    });
    await copy('t1', source, { TaggingDirective: 'REPLACE' }, untagged);
    expect(storage.version(Bucket, 't1')?.tags).toEqual({});
    const tagged = client(
      cloud.role('tagged', [
        to,
        ...['s3:GetObjectVersion', 's3:GetObjectVersionTagging', 's3:PutObjectTagging'].map(from),
      ]),
    );
    await copy('t2', source, {}, tagged);
    expect(storage.version(Bucket, 't2')?.tags).toEqual({ a: '1' });
  });

  it("do not help against a Deny of the source's policy", async () => {
    const sealed = bucket('sealed');
    storage.put(sealed, 'x', 'x');
    storage.restrict(sealed, {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Deny', Action: 's3:GetObject', Principal: '*', Resource: `arn:aws:s3:::${sealed}/*` },
      ],
    });
    await expect(copy('unsealed', `${sealed}/x`)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('explicit deny in a resource-based policy') as string,
    });
  });
});
