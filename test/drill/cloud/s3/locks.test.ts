import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { start } from '../local-cloud.ts';
import { localStorage } from './local-storage.ts';

const { storage, bucket, client, cloud } = await localStorage();
const DAY = 24 * 3_600_000;
const Bucket = bucket('locked', {
  ObjectLockEnabled: true,
  ObjectLockConfiguration: {
    ObjectLockEnabled: 'Enabled',
    Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 30 } },
  },
});
const s3 = client();
const erase = (Key: string, VersionId: string, more = {}) =>
  s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId, ...more }));
const locked = {
  name: 'AccessDenied',
  message: 'Access Denied because object protected by object lock.',
  $metadata: { httpStatusCode: 403 },
};

describe('a locked version', () => {
  it('cannot be deleted, but be hidden by a marker and overwritten by a new version', async () => {
    const { versionId } = storage.put(Bucket, 'a', 'one');
    await expect(erase('a', versionId)).rejects.toMatchObject(locked);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'two' }));
    expect(storage.versions(Bucket, 'a').map(({ marker }) => marker)).toEqual([false, true, false]);
    const { Errors } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a', VersionId: versionId }] } }),
    );
    expect(Errors).toMatchObject([{ Key: 'a', VersionId: versionId, Code: 'AccessDenied' }]);
    expect(storage.version(Bucket, 'a', versionId)?.body().toString()).toBe('one');
  });

  it('can be deleted past its governance, and after its time', async () => {
    const first = storage.put(Bucket, 'b', '1');
    const second = storage.put(Bucket, 'b', '2');
    await erase('b', first.versionId, { BypassGovernanceRetention: true });
    await cloud.clock.sleep(30 * DAY);
    await erase('b', second.versionId);
    expect(storage.versions(Bucket, 'b')).toEqual([]);
  });

  it('says so to who asks', async () => {
    const until = new Date(start + 400 * DAY);
    const { VersionId } = await s3.send(
      new PutObjectCommand({
        ...{ Bucket, Key: 'c', Body: 'x', ObjectLockMode: 'COMPLIANCE' },
        ObjectLockRetainUntilDate: until,
        ObjectLockLegalHoldStatus: 'ON',
      }),
    );
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'c' }));
    expect(head).toMatchObject({
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: until,
      ObjectLockLegalHoldStatus: 'ON',
    });
    await expect(erase('c', VersionId!, { BypassGovernanceRetention: true })).rejects.toMatchObject(locked);
    const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket, Key: 'c' }));
    expect(Retention).toEqual({ Mode: 'COMPLIANCE', RetainUntilDate: until });
    const shorter = { Mode: 'COMPLIANCE', RetainUntilDate: new Date(start + 100 * DAY) } as const;
    await expect(
      s3.send(new PutObjectRetentionCommand({ Bucket, Key: 'c', Retention: shorter })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('by a legal hold is so until the hold ends', async () => {
    const { versionId } = storage.put(Bucket, 'd', 'x');
    storage.hold(Bucket, 'd', versionId, true);
    const hold = await s3.send(new GetObjectLegalHoldCommand({ Bucket, Key: 'd' }));
    expect(hold.LegalHold).toEqual({ Status: 'ON' });
    const past = { BypassGovernanceRetention: true };
    await expect(erase('d', versionId, past)).rejects.toMatchObject(locked);
    await s3.send(new PutObjectLegalHoldCommand({ Bucket, Key: 'd', LegalHold: { Status: 'OFF' } }));
    await erase('d', versionId, past);
    expect(storage.versions(Bucket, 'd')).toEqual([]);
  });
});

describe('a bucket without Object Lock', () => {
  it('locks nothing', async () => {
    const plain = bucket('plain');
    await expect(
      s3.send(new PutObjectCommand({ Bucket: plain, Key: 'a', Body: 'x', ObjectLockLegalHoldStatus: 'ON' })),
    ).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(s3.send(new GetObjectLockConfigurationCommand({ Bucket: plain }))).rejects.toMatchObject({
      name: 'ObjectLockConfigurationNotFoundError',
    });
    const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration?.Rule?.DefaultRetention).toEqual({ Mode: 'GOVERNANCE', Days: 30 });
  });
});
