import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { account } from '../local-cloud.ts';
import { create } from '../resource.ts';
import { allow, localStorage } from './local-storage.ts';

const { storage, keys, bucket, client, cloud } = await localStorage();
const delegating = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'kms:*',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Resource: '*',
    },
  ],
};
const makeKey = (logicalId: string, KeyPolicy: unknown = delegating) =>
  String(create(keys.service.resources, 'AWS::KMS::Key', { KeyPolicy }, { logicalId }).attributes!['Arn']);
const encryptedBy = (KMSMasterKeyID: string) => ({
  BucketEncryption: {
    ServerSideEncryptionConfiguration: [
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID } },
    ],
  },
});

const key = makeKey('Key');
create(keys.service.resources, 'AWS::KMS::Alias', { AliasName: 'alias/config', TargetKeyId: key });
const Bucket = bucket('secret', encryptedBy('alias/config'));
const plain = bucket('plain');
const objects = `arn:aws:s3:::*/*`;
const may = (name: string, ...actions: string[]) =>
  client(
    cloud.role(name, [
      allow(['s3:GetObject', 's3:PutObject'], objects),
      ...(actions.length > 0 ? [allow(actions, key)] : []),
    ]),
  );
const nobody = may('nobody');
const reader = may('reader', 'kms:Decrypt');
const writer = may('writer', 'kms:GenerateDataKey');

describe('an object of a bucket that encrypts by a KMS key', () => {
  it("has the key's ARN, and an ETag that is not the MD5 of its bytes", async () => {
    const put = await writer.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'text' }));
    expect(put).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key });
    expect(put.ETag).not.toBe(`"${createHash('md5').update('text').digest('hex')}"`);
    const again = await writer.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'text' }));
    expect(again.ETag).not.toBe(put.ETag);
    const head = await nobody.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    expect(head).toMatchObject({ ETag: again.ETag, SSEKMSKeyId: key });
    const sum = new HeadObjectCommand({ Bucket, Key: 'a', ChecksumMode: 'ENABLED' });
    await expect(nobody.send(sum)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    expect((await reader.send(sum)).ChecksumCRC32).toBe(again.ChecksumCRC32);
  });

  it('is read by who may decrypt with the key only', async () => {
    storage.put(Bucket, 'b', 'text');
    const read = new GetObjectCommand({ Bucket, Key: 'b' });
    await expect(nobody.send(read)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(
        /is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:/,
      ) as string,
      $metadata: { httpStatusCode: 403 },
    });
    await expect(writer.send(read)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(await (await reader.send(read)).Body!.transformToString()).toBe('text');
  });

  it('is written by who may make data keys of the key only', async () => {
    const write = (as: typeof reader) => as.send(new PutObjectCommand({ Bucket, Key: 'c', Body: 'x' }));
    await expect(write(reader)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('kms:GenerateDataKey') as string,
    });
    expect(storage.version(Bucket, 'c')).toBeUndefined();
    await write(writer);
    expect(storage.read(Bucket, 'c')?.toString()).toBe('x');
  });

  it('needs both to be copied within the bucket, and to be uploaded in parts', async () => {
    storage.put(Bucket, 'd', 'x');
    const copy = (as: typeof reader) =>
      as.send(new CopyObjectCommand({ Bucket, Key: 'd2', CopySource: `${Bucket}/d` }));
    await expect(copy(reader)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(copy(writer)).rejects.toMatchObject({ name: 'AccessDenied' });
    const both = may('both', 'kms:Decrypt', 'kms:GenerateDataKey');
    await copy(both);
    expect(storage.read(Bucket, 'd2')?.toString()).toBe('x');
    const { UploadId } = await writer.send(new CreateMultipartUploadCommand({ Bucket, Key: 'd3' }));
    const part = { Bucket, Key: 'd3', UploadId, PartNumber: 1, Body: 'x' };
    await expect(writer.send(new UploadPartCommand(part))).rejects.toMatchObject({ name: 'AccessDenied' });
    const { ETag } = await both.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const done = { Bucket, Key: 'd3', UploadId, MultipartUpload };
    expect(await both.send(new CompleteMultipartUploadCommand(done))).toMatchObject({ SSEKMSKeyId: key });
  });

  it('can be copied to where nothing needs a key, or be told another encryption', async () => {
    storage.put(Bucket, 'e', 'x');
    const source = { CopySource: `${Bucket}/e` };
    await reader.send(new CopyObjectCommand({ Bucket: plain, Key: 'e', ...source }));
    expect(storage.version(plain, 'e')?.encryption).toEqual({ kind: 'AES256' });
    await reader.send(
      new CopyObjectCommand({ Bucket, Key: 'e2', ServerSideEncryption: 'AES256', ...source }),
    );
    expect(storage.version(Bucket, 'e2')?.encryption).toEqual({ kind: 'AES256' });
    const named = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key } as const;
    await expect(
      reader.send(new PutObjectCommand({ Bucket: plain, Key: 'f', Body: 'x', ...named })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
    await writer.send(new PutObjectCommand({ Bucket: plain, Key: 'f', Body: 'x', ...named }));
    expect(storage.version(plain, 'f')?.encryption).toMatchObject({ keyArn: key });
  });

  it('cannot be read while its key is disabled', async () => {
    storage.put(Bucket, 'g', 'x');
    keys.enable(key, false);
    const read = () => reader.send(new GetObjectCommand({ Bucket, Key: 'g' }));
    await expect(read()).rejects.toMatchObject({ name: 'KMS.DisabledException' });
    keys.enable(key, true);
    await read();
  });
});

describe("a bucket's default encryption", () => {
  it('is told to who asks', async () => {
    const answer = await client().send(new GetBucketEncryptionCommand({ Bucket }));
    expect(answer.ServerSideEncryptionConfiguration?.Rules?.[0]).toMatchObject({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
    });
  });

  it("by AWS's own key needs no permission on it", async () => {
    const managed = bucket('managed', encryptedBy('alias/aws/s3'));
    await nobody.send(new PutObjectCommand({ Bucket: managed, Key: 'a', Body: 'x' }));
    await nobody.send(new GetObjectCommand({ Bucket: managed, Key: 'a' }));
    expect(storage.version(managed, 'a')?.encryption.kind).toBe('aws:kms');
  });

  it('by a key of another region is refused', () => {
    expect(() => bucket('abroad', encryptedBy(key), 'eu-west-1')).toThrow(/does not exist/);
  });
});

describe("a key's policy", () => {
  it('allows by itself whom it names', async () => {
    const named = cloud.role('named', [allow(['s3:GetObject', 's3:PutObject'], objects)]);
    const own = makeKey('Own', {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          Principal: { AWS: `arn:aws:iam::${account}:role/named` },
          Resource: '*',
        },
      ],
    });
    const owned = bucket('owned', encryptedBy(own));
    await client(named).send(new PutObjectCommand({ Bucket: owned, Key: 'a', Body: 'x' }));
    await client(named).send(new GetObjectCommand({ Bucket: owned, Key: 'a' }));
    // The policies of others may allow what they like: this key does not leave it to them.
    const others = client(cloud.role('others', [allow('s3:*', '*'), allow('kms:*', '*')]));
    await expect(others.send(new GetObjectCommand({ Bucket: owned, Key: 'a' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('no resource-based policy allows the kms:Decrypt action') as string,
    });
  });

  it('may leave it to the account for some of its roles only', async () => {
    const users = `arn:aws:iam::${account}:role/user-of-exports`;
    const exports = makeKey('Exports', {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Principal: { AWS: `arn:aws:iam::${account}:root` },
          Resource: '*',
          Condition: { ArnEquals: { 'aws:PrincipalArn': [users] } },
        },
      ],
    });
    const name = bucket('exports', encryptedBy(exports));
    storage.put(name, 'a', 'x');
    const rights = [allow('s3:GetObject', objects), allow('kms:Decrypt', '*')];
    const read = (role: string) =>
      client(cloud.role(role, rights)).send(new GetObjectCommand({ Bucket: name, Key: 'a' }));
    await read('user-of-exports');
    await expect(read('not-a-user')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('that denies is above all others', async () => {
    const sealed = makeKey('Sealed', {
      Version: '2012-10-17',
      Statement: [
        ...delegating.Statement,
        { Effect: 'Deny', Action: 'kms:Decrypt', Principal: '*', Resource: '*' },
      ],
    });
    const closed = bucket('closed', encryptedBy(sealed));
    storage.put(closed, 'a', 'x');
    const admin = client(cloud.role('admin', [allow('s3:*', '*'), allow('kms:*', '*')]));
    await expect(admin.send(new GetObjectCommand({ Bucket: closed, Key: 'a' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('explicit deny in a resource-based policy') as string,
    });
  });
});
