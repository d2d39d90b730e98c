import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { change, openLedger } from '../../../lambdas/incident/ledger.ts';
import { startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const content = (text: string) => ({ transformToString: () => Promise.resolve(text) }) as never;

beforeEach(() => {
  deploy({});
});

describe('the commands it sends', () => {
  it('reads an object with its tag', async () => {
    const s3 = mockClient(S3Client);
    s3.on(GetObjectCommand, { Bucket: 'ledger', Key: 'lock.json' }).resolves({
      ETag: '"1"',
      Body: content('{"epoch":4}'),
    });
    expect(await openLedger('ledger').read('lock.json')).toEqual({ value: { epoch: 4 }, etag: '"1"' });
  });

  it('creates an object only where there is none', async () => {
    const s3 = mockClient(S3Client);
    s3.on(PutObjectCommand).resolves({});
    expect(await openLedger('ledger').create('a.json', { b: 1 })).toBe(true);
    expect(s3.call(0).args[0].input).toEqual({
      Bucket: 'ledger',
      Key: 'a.json',
      Body: '{\n  "b": 1\n}',
      ContentType: 'application/json',
      IfNoneMatch: '*',
    });
  });

  it('replaces an object only in the version it knows', async () => {
    const s3 = mockClient(S3Client);
    s3.on(PutObjectCommand).resolves({});
    expect(await openLedger('ledger').replace('a.json', {}, '"7"')).toBe(true);
    expect(s3.call(0).args[0].input).toMatchObject({ IfMatch: '"7"' });
    expect(s3.call(0).args[0].input).not.toHaveProperty('IfNoneMatch');
  });
});

describe('the errors it translates', () => {
  it('reads nothing where there is no object', async () => {
    startBucket();
    expect(await openLedger('ledger').read('lock.json')).toBeNull();
  });

  it.each([
    ['AccessDenied', 403],
    ['NoSuchBucket', 404],
  ])('never takes %s for an object that is not there', async (name, status) => {
    startBucket().fail('get', '', awsError(name, name, status));
    await expect(openLedger('ledger').read('lock.json')).rejects.toMatchObject({ name });
  });

  it.each([
    ['PreconditionFailed', 412],
    ['ConditionalRequestConflict', 409],
    ['NoSuchKey', 404],
  ])('answers false to %s', async (name, status) => {
    startBucket().fail('put', '', awsError(name, name, status), { times: 2 });
    expect(await openLedger('ledger').create('a.json', {})).toBe(false);
    expect(await openLedger('ledger').replace('a.json', {}, '"1"')).toBe(false);
  });

  it.each([
    ['SlowDown', 503],
    ['InternalError', 500],
    ['TimeoutError', 0],
  ])('says TryAgain for %s', async (name, status) => {
    const bucket = startBucket();
    bucket.fail('get', '', awsError(name, 'busy', status));
    bucket.fail('put', '', awsError(name, 'busy', status));
    const ledger = openLedger('ledger');
    const expected = { name: 'TryAgain', message: expect.stringContaining(`${name}: busy`) };
    await expect(ledger.read('lock.json')).rejects.toMatchObject(expected);
    await expect(ledger.create('lock.json', {})).rejects.toMatchObject(expected);
  });

  it('lets a refusal to write through', async () => {
    startBucket().fail('put', '', awsError('AccessDenied', 'no', 403));
    await expect(openLedger('ledger').create('a.json', {})).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('change', () => {
  it('keeps the change of every writer, however they interleave', async () => {
    const bucket = startBucket();
    const ledger = openLedger('ledger');
    const writers = [1, 2, 3, 4, 5, 6];
    await Promise.all(
      writers.map((writer) => change<number[]>(ledger, 'a.json', (list) => [...(list ?? []), writer])),
    );
    expect(bucket.read<number[]>('a.json').toSorted()).toEqual(writers);
  });

  it('writes nothing when there is nothing to change', async () => {
    const bucket = startBucket({ 'a.json': [1] });
    expect(await change(openLedger('ledger'), 'a.json', () => undefined)).toEqual([1]);
    expect(bucket.calls).toEqual(['get a.json']);
  });

  it('gives up with TryAgain when every try collides', async () => {
    const bucket = startBucket();
    bucket.fail('put', '', awsError('PreconditionFailed', '', 412), { times: Infinity });
    await expect(change(openLedger('ledger'), 'a.json', () => 1)).rejects.toMatchObject({ name: 'TryAgain' });
    expect(bucket.calls.filter((call) => call.startsWith('put'))).toHaveLength(10);
  });
});
