import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { simpleStorage, type SimpleStorage } from '../../../../drill/cloud/s3/s3.ts';
import { localCloud, start } from '../local-cloud.ts';
import { create } from '../resource.ts';

let storage!: SimpleStorage;
const cloud = await localCloud((foundation) => {
  storage = simpleStorage(foundation);
  return [storage.service];
});
const Bucket = 'lifeboat-dev-ledger';
const plain = 'plain-bucket';
const secureOnly = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Deny',
      Action: 's3:*',
      Principal: { AWS: '*' },
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    { Effect: 'Deny', Action: 's3:GetObject', Principal: '*', Resource: `arn:aws:s3:::${Bucket}/sealed` },
  ],
};
const s3 = new S3Client(cloud.client());
const put = (Key: string, Body: string | Buffer, more = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const text = async (Key: string, more = {}) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body!.transformToString();

beforeAll(() => {
  const { resources } = storage.service;
  create(resources, 'AWS::S3::Bucket', {
    BucketName: Bucket,
    VersioningConfiguration: { Status: 'Enabled' },
    BucketEncryption: {},
  });
  create(resources, 'AWS::S3::BucketPolicy', { Bucket, PolicyDocument: secureOnly });
  create(resources, 'AWS::S3::Bucket', { BucketName: plain });
});

describe('an object', () => {
  it('is read back with its type, metadata, checksum, version and incident time', async () => {
    const { ETag, VersionId } = await put('a/b c+ü.json', '{"a":1}', {
      ContentType: 'application/json',
      Metadata: { epoch: '7' },
    });
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'a/b c+ü.json' }));
    expect(await read.Body!.transformToString()).toBe('{"a":1}');
    expect(read).toMatchObject({
      ETag: `"${createHash('md5').update('{"a":1}').digest('hex')}"`,
      ContentLength: 7,
      ContentType: 'application/json',
      LastModified: new Date(start),
      Metadata: { epoch: '7' },
      VersionId,
    });
    expect(read.ETag).toBe(ETag);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a/b c+ü.json' }));
    expect(head).toMatchObject({ ContentLength: 7, VersionId, ETag });
    expect(storage.read(Bucket, 'a/b c+ü.json')?.toString()).toBe('{"a":1}');
  });

  it('can be sent as a stream, in chunks with the checksum as trailer', async () => {
    const bytes = Buffer.alloc(200_000, 'chunk');
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'streamed',
        Body: Readable.from([bytes.subarray(0, 90_000), bytes.subarray(90_000)]),
        ContentLength: bytes.length,
      }),
    );
    expect(storage.read(Bucket, 'streamed')?.equals(bytes)).toBe(true);
  });

  it('is refused when it does not have the checksum that was sent with it', async () => {
    await expect(put('damaged', 'body', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({
      name: 'BadDigest',
    });
    expect(storage.read(Bucket, 'damaged')).toBeUndefined();
  });

  it('that is absent answers 404: NoSuchKey to GET, NotFound to HEAD', async () => {
    const get: unknown = await s3
      .send(new GetObjectCommand({ Bucket, Key: 'none' }))
      .catch((e: unknown) => e);
    expect(get).toBeInstanceOf(NoSuchKey);
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({
      name: 'NotFound',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(s3.send(new GetObjectCommand({ Bucket: 'no-bucket', Key: 'none' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });
});

describe('a conditional write', () => {
  it('creates only what does not exist', async () => {
    await put('once', '1', { IfNoneMatch: '*' });
    await expect(put('once', '2', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    expect(await text('once')).toBe('1');
  });

  it('changes only what is still as it was read', async () => {
    const { ETag } = await put('lock', '1');
    await put('lock', '2', { IfMatch: ETag });
    await expect(put('lock', '3', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('never', '1', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await text('lock')).toBe('2');
  });

  it('lets one of many at once win', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => put('race', String(i), { IfNoneMatch: '*' })),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('looks at the current version: a deleted object can be created again', async () => {
    await put('again', '1');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'again' }));
    await put('again', '2', { IfNoneMatch: '*' });
    expect(await text('again')).toBe('2');
  });
});

describe('versions', () => {
  it('outlive a delete, which only adds a marker', async () => {
    const first = await put('kept', 'one');
    const second = await put('kept', 'two');
    const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'kept' }));
    expect(deleted).toMatchObject({ DeleteMarker: true });
    await expect(text('kept')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await text('kept', { VersionId: first.VersionId })).toBe('one');
    await expect(text('kept', { VersionId: deleted.VersionId })).rejects.toMatchObject({
      name: 'MethodNotAllowed',
    });
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'kept' }));
    expect(listed.DeleteMarkers).toMatchObject([{ Key: 'kept', IsLatest: true }]);
    expect(listed.Versions).toMatchObject([
      { VersionId: second.VersionId, IsLatest: false },
      { VersionId: first.VersionId },
    ]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'kept', VersionId: deleted.VersionId }));
    expect(await text('kept')).toBe('two');
  });

  it('are not kept by a bucket without versioning', async () => {
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'k', Body: '1' }));
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'k', Body: '2' }));
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket: plain }));
    expect(listed.Versions).toMatchObject([{ Key: 'k', VersionId: 'null', IsLatest: true, Size: 1 }]);
    await s3.send(new DeleteObjectCommand({ Bucket: plain, Key: 'k' }));
    expect(storage.read(plain, 'k')).toBeUndefined();
  });

  it('are listed page by page without loss', async () => {
    for (const body of ['1', '2', '3']) await put('paged', body);
    const seen: (string | undefined)[] = [];
    let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    for (;;) {
      const page = await s3.send(
        new ListObjectVersionsCommand({ Bucket, Prefix: 'paged', MaxKeys: 1, ...marker }),
      );
      seen.push(...page.Versions!.map(({ VersionId }) => VersionId));
      if (page.IsTruncated !== true) break;
      marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    expect(new Set(seen).size).toBe(3);
  });
});

describe('a listing', () => {
  it('has the current objects in order, rolled up at the delimiter, page by page', async () => {
    for (const key of ['list/b', 'list/a/1', 'list/a/2', 'list/c']) await put(key, key);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'list/c' }));
    const all = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/', Delimiter: '/' }));
    expect(all.CommonPrefixes).toEqual([{ Prefix: 'list/a/' }]);
    expect(all.Contents).toMatchObject([{ Key: 'list/b', Size: 6, LastModified: new Date(start) }]);
    const first = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/', MaxKeys: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 2 });
    const rest = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'list/', ContinuationToken: first.NextContinuationToken }),
    );
    expect([...first.Contents!, ...rest.Contents!].map(({ Key }) => Key)).toEqual([
      'list/a/1',
      'list/a/2',
      'list/b',
    ]);
  });

  it('of nothing is empty', async () => {
    const none = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'nothing/' }));
    expect(none).toMatchObject({ KeyCount: 0, IsTruncated: false });
    expect(none.Contents ?? []).toEqual([]);
  });
});

describe('permissions', () => {
  const reader = cloud.role('reader', [
    { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` },
  ]);
  const lister = cloud.role('lister', [
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:aws:s3:::${Bucket}/*` },
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:aws:s3:::${Bucket}` },
  ]);
  const writer = cloud.role('writer', [
    { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` },
  ]);
  const as = (role: typeof reader) => new S3Client(cloud.client(role));

  it('hide from who may not list that an object is absent', async () => {
    const get = (role: typeof reader) => as(role).send(new GetObjectCommand({ Bucket, Key: 'absent' }));
    await expect(get(reader)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(get(lister)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('to write on condition of an ETag include reading', async () => {
    const { ETag } = await put('guarded', '1');
    const change = (role: typeof reader) =>
      as(role).send(new PutObjectCommand({ Bucket, Key: 'guarded', Body: '2', IfMatch: ETag }));
    await expect(change(writer)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(await text('guarded')).toBe('1');
    await change(lister);
    expect(await text('guarded')).toBe('2');
  });

  it("do not help against a Deny of the bucket's policy", async () => {
    await put('sealed', 'x');
    await expect(as(lister).send(new GetObjectCommand({ Bucket, Key: 'sealed' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('resource-based policy') as string,
    });
  });
});

describe('an error', () => {
  it('has no namespace, in which boto3 would not find it', async () => {
    let xml = '';
    const client = new S3Client(cloud.client());
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const response = result.response as { body: Readable };
        xml = Buffer.concat((await response.body.toArray()) as Buffer[]).toString();
        response.body = Readable.from([Buffer.from(xml)]);
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    await client.send(new GetObjectCommand({ Bucket, Key: 'none' })).catch(() => undefined);
    expect(xml).toMatch(/^<\?xml version="1.0"\?><Error><Code>NoSuchKey<\/Code><Message>/);
  });
});

describe('a bucket', () => {
  it('is reached in its own region only', async () => {
    const elsewhere = new S3Client(cloud.client(undefined, 'eu-west-1'));
    await expect(elsewhere.send(new GetObjectCommand({ Bucket, Key: 'lock' }))).rejects.toMatchObject({
      name: 'PermanentRedirect',
      $metadata: { httpStatusCode: 301 },
    });
  });

  it('is found by name and in the list of all', async () => {
    expect(await s3.send(new HeadBucketCommand({ Bucket }))).toMatchObject({ BucketRegion: 'eu-central-1' });
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket, plain]);
    expect(storage.buckets()).toContainEqual({ name: Bucket, region: 'eu-central-1' });
  });

  it('is refused with a property that is not imitated, or a name that is taken', () => {
    const { resources } = storage.service;
    expect(() => create(resources, 'AWS::S3::Bucket', { ReplicationConfiguration: {} })).toThrow(
      /stack test: Bucket .*ReplicationConfiguration/,
    );
    expect(() => create(resources, 'AWS::S3::Bucket', { BucketName: Bucket })).toThrow(/two buckets/);
  });
});
