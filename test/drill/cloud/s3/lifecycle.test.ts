import {
  CreateMultipartUploadCommand,
  GetBucketLifecycleConfigurationCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { localStorage } from './local-storage.ts';

const { storage, bucket, client, cloud } = await localStorage();
const DAY = 24 * 3_600_000;
const s3 = client();
const rules = (...Rules: Record<string, unknown>[]) => ({
  LifecycleConfiguration: { Rules: Rules.map((rule) => ({ Status: 'Enabled', ...rule })) },
});

describe('a lifecycle', () => {
  it('takes versions away that were replaced so many days ago, and no current one', async () => {
    const name = bucket('noncurrent', rules({ NoncurrentVersionExpiration: { NoncurrentDays: 7 } }));
    for (const body of ['1', '2', '3']) storage.put(name, 'a', body);
    await cloud.clock.sleep(7 * DAY);
    storage.put(name, 'a', '4');
    // Days end at midnight.
    expect(storage.expire(name)).toBe(0);
    await cloud.clock.sleep(DAY);
    expect(storage.expire(name)).toBe(2);
    expect(storage.versions(name, 'a').map((v) => v.body().toString())).toEqual(['4', '3']);
  });

  it('keeps so many of them, whatever their age', async () => {
    const name = bucket(
      'newer',
      rules({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 } }),
    );
    for (const body of ['1', '2', '3', '4', '5']) storage.put(name, 'a', body);
    await cloud.clock.sleep(3 * DAY);
    expect(storage.expire(name)).toBe(2);
    expect(storage.versions(name, 'a').map((v) => v.body().toString())).toEqual(['5', '4', '3']);
  });

  it('hides what has expired, and takes away markers that hide nothing', async () => {
    const name = bucket(
      'expiring',
      rules(
        { Prefix: 'old/', ExpirationInDays: 1 },
        { NoncurrentVersionExpirationInDays: 1 },
        { ExpiredObjectDeleteMarker: true },
      ),
    );
    storage.put(name, 'old/a', 'x');
    storage.put(name, 'kept', 'x');
    await cloud.clock.sleep(3 * DAY);
    storage.expire(name);
    expect(storage.version(name, 'old/a')?.marker).toBe(true);
    await cloud.clock.sleep(3 * DAY);
    storage.expire(name);
    expect(storage.keys(name)).toEqual(['kept']);
  });

  it('leaves alone what is locked, what its rule does not mean, and what a disabled rule does', async () => {
    const name = bucket('partly', {
      ObjectLockEnabled: true,
      ...rules(
        { Prefix: 'a/', NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
        { Status: 'Disabled', NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
      ),
    });
    const held = storage.put(name, 'a/held', '1');
    storage.hold(name, 'a/held', held.versionId, true);
    storage.put(name, 'a/held', '2');
    for (const body of ['1', '2']) storage.put(name, 'b', body);
    await cloud.clock.sleep(3 * DAY);
    expect(storage.expire(name)).toBe(0);
  });

  it('ends uploads that nobody completes', async () => {
    const name = bucket('uploads', rules({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }));
    await s3.send(new CreateMultipartUploadCommand({ Bucket: name, Key: 'a' }));
    await cloud.clock.sleep(3 * DAY);
    storage.expire(name);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: name }))).Uploads ?? []).toEqual([]);
  });

  it('is told to who asks', async () => {
    const name = bucket(
      'asked',
      rules({ Id: 'history', NoncurrentVersionExpiration: { NoncurrentDays: 90 } }),
    );
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: name }));
    expect(Rules).toMatchObject([
      { ID: 'history', Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 90 } },
    ]);
    await expect(
      s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket('none') })),
    ).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });
  });
});
