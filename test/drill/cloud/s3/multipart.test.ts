import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { Content } from '../../../../drill/cloud/s3/content.ts';
import { allow, localStorage, refusals } from './local-storage.ts';

const { storage, bucket, client, cloud } = await localStorage();
const Bucket = bucket('config');
const s3 = client();
const MiB = 2 ** 20;
const create = async (Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) =>
  (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId!;
const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more = {}) =>
  s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
const upload = async (Key: string, UploadId: string, PartNumber: number, Body: Buffer) => {
  const { ETag, ChecksumCRC32 } = await s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
  );
  return { PartNumber, ETag, ChecksumCRC32 };
};

describe('an upload in parts', () => {
  const parts = [Buffer.alloc(5 * MiB, 'a'), Buffer.from('end')];

  it('becomes one object, whose ETag says how many parts it had', async () => {
    const id = await create('whole', {
      ContentType: 'text/plain',
      Metadata: { a: '1' },
      Tagging: 't=1',
      ChecksumAlgorithm: 'CRC32',
    });
    const sent = [await upload('whole', id, 1, parts[0]!), await upload('whole', id, 2, parts[1]!)];
    expect(storage.version(Bucket, 'whole')).toBeUndefined();
    const { ETag, VersionId, ChecksumType } = await complete('whole', id, sent);
    const md5s = parts.map((part) => createHash('md5').update(part).digest());
    expect(ETag).toBe(`"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2"`);
    expect(ChecksumType).toBe('COMPOSITE');
    expect(storage.read(Bucket, 'whole')?.equals(Buffer.concat(parts))).toBe(true);
    expect(storage.version(Bucket, 'whole')).toMatchObject({ versionId: VersionId, tags: { t: '1' } });
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'whole', PartNumber: 2 }))).toMatchObject({
      ContentLength: 3,
      PartsCount: 2,
      ContentType: 'text/plain',
      Metadata: { a: '1' },
    });
    await expect(complete('whole', id, sent)).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  it('is the newest version when it ends, and as old as its beginning', async () => {
    const id = await create('slow');
    const part = await upload('slow', id, 1, Buffer.from('slow'));
    const began = cloud.clock.now();
    await cloud.clock.sleep(60_000);
    const meanwhile = storage.put(Bucket, 'slow', 'meanwhile');
    await complete('slow', id, [part]);
    const newest = storage.version(Bucket, 'slow')!;
    expect(newest.body().toString()).toBe('slow');
    expect(newest.lastModified).toEqual(new Date(began));
    expect(newest.lastModified < meanwhile.lastModified).toBe(true);
  });

  it('is listed with its parts, page by page, until it is aborted', async () => {
    const id = await create('listed/a');
    for (const n of [3, 1, 2]) await upload('listed/a', id, n, Buffer.from(String(n)));
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'listed/' }));
    expect(Uploads).toMatchObject([{ Key: 'listed/a', UploadId: id }]);
    const list = (more = {}) =>
      s3.send(new ListPartsCommand({ Bucket, Key: 'listed/a', UploadId: id, MaxParts: 2, ...more }));
    const first = await list();
    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
    const rest = await list({ PartNumberMarker: first.NextPartNumberMarker });
    expect([...first.Parts!, ...rest.Parts!].map(({ PartNumber }) => PartNumber)).toEqual([1, 2, 3]);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'listed/a', UploadId: id }));
    await expect(list()).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(storage.version(Bucket, 'listed/a')).toBeUndefined();
  });

  it.each([
    ['InvalidPartOrder', [2, 1]],
    ['InvalidPart', [1, 3]],
    ['EntityTooSmall', [1, 2]],
  ])('is refused as %s when parts %j are named', async (name, numbers) => {
    const key = `refused/${name}`;
    const id = await create(key);
    const sent = [await upload(key, id, 1, Buffer.from('1')), await upload(key, id, 2, Buffer.from('2'))];
    const named = numbers.map((n) => ({ ...sent[0], ...sent[n - 1], PartNumber: n }));
    await expect(complete(key, id, named)).rejects.toMatchObject({ name });
    expect(storage.version(Bucket, key)).toBeUndefined();
  });

  it('is completed on condition', async () => {
    const before = storage.put(Bucket, 'cond', 'x');
    const id = await create('cond');
    const part = await upload('cond', id, 1, Buffer.from('y'));
    await expect(complete('cond', id, [part], { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(complete('cond', id, [part], { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await complete('cond', id, [part], { IfMatch: before.etag });
    expect(storage.read(Bucket, 'cond')?.toString()).toBe('y');
  });
});

describe('an object of more than 5 GB', () => {
  const size = 6 * 2 ** 30 + 12_345;
  const half = 3 * 2 ** 30;

  it('is copied in parts, and has the checksum that it had', async () => {
    const { versionId } = storage.put(Bucket, 'huge', Content.repeated('0123456789', size));
    storage.put(Bucket, 'huge', 'overwritten');
    const UploadId = await create('huge');
    const ranges = [`bytes=0-${half - 1}`, `bytes=${half}-${size - 1}`];
    const named: CompletedPart[] = [];
    for (const [i, CopySourceRange] of ranges.entries()) {
      const { CopyPartResult, CopySourceVersionId } = await s3.send(
        new UploadPartCopyCommand({
          ...{ Bucket, Key: 'huge', UploadId, PartNumber: i + 1, CopySourceRange },
          CopySource: `${Bucket}/huge?versionId=${versionId}`,
        }),
      );
      expect(CopySourceVersionId).toBe(versionId);
      named.push({ PartNumber: i + 1, ETag: CopyPartResult!.ETag });
    }
    await complete('huge', UploadId, named);
    expect(storage.version(Bucket, 'huge')).toMatchObject({
      size,
      etag: expect.stringMatching(/-2"$/) as string,
    });
    const attributes = (more = {}) =>
      s3.send(
        new GetObjectAttributesCommand({
          ...{ Bucket, Key: 'huge', ...more },
          ObjectAttributes: ['Checksum', 'ObjectSize', 'ETag', 'ObjectParts'],
        }),
      );
    const [was, is] = [await attributes({ VersionId: versionId }), await attributes()];
    expect(is.Checksum).toEqual(was.Checksum);
    expect(is).toMatchObject({ ObjectSize: size, ObjectParts: { TotalPartsCount: 2 } });
  });

  it('is read in ranges only', async () => {
    storage.put(Bucket, 'ranges', Content.repeated('0123456789', size));
    const read = (Range?: string) => s3.send(new GetObjectCommand({ Bucket, Key: 'ranges', Range }));
    const part = await read(`bytes=${half * 2 + 8}-${half * 2 + 11}`);
    expect(await part.Body!.transformToString()).toBe(
      Array.from({ length: 4 }, (_, i) => (half * 2 + 8 + i) % 10).join(''),
    );
    expect(part.ContentRange).toBe(`bytes ${half * 2 + 8}-${half * 2 + 11}/${size}`);
    expect(part.$metadata.httpStatusCode).toBe(206);
    expect(await (await read('bytes=-3')).Body!.transformToString()).toHaveLength(3);
    await expect(read(`bytes=${size}-`)).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
    await expect(read()).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it('is no part of at most 5 GB, and no range beyond its end', async () => {
    storage.put(Bucket, 'parts', Content.repeated('x', size));
    const UploadId = await create('to');
    const part = (CopySourceRange?: string, PartNumber = 1) =>
      s3.send(
        new UploadPartCopyCommand({
          ...{ Bucket, Key: 'to', UploadId, PartNumber },
          CopySource: `${Bucket}/parts`,
          CopySourceRange,
        }),
      );
    await expect(part()).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(part(`bytes=0-${size}`)).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(part('bytes=5-')).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(part('bytes=0-9', 10_001)).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('permissions of an upload in parts', () => {
  it('are to write, to read what parts are copied from, and their own to list and to abort', async () => {
    storage.put(Bucket, 'source', 'x');
    const objects = `arn:aws:s3:::${Bucket}/*`;
    const as = client(cloud.role('uploader', [allow('s3:PutObject', objects)]));
    const { UploadId } = await as.send(new CreateMultipartUploadCommand({ Bucket, Key: 'u' }));
    const of = { Bucket, Key: 'u', UploadId };
    expect(
      new Set(
        await refusals([
          as.send(new UploadPartCopyCommand({ ...of, PartNumber: 1, CopySource: `${Bucket}/source` })),
          as.send(new ListPartsCommand(of)),
          as.send(new AbortMultipartUploadCommand(of)),
          as.send(new ListMultipartUploadsCommand({ Bucket })),
        ]),
      ),
    ).toEqual(new Set(['AccessDenied']));
  });
});
