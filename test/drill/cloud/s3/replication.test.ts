import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { delays } from '../../../../drill/cloud/delays.ts';
import { account } from '../local-cloud.ts';
import { create } from '../resource.ts';
import { allow, localStorage } from './local-storage.ts';

const { storage, keys, bucket, client, cloud, dark } = await localStorage();
const s3 = client();

function replicator(
  name: string,
  statements: readonly unknown[] = [allow('s3:*', '*'), allow('kms:*', '*')],
) {
  cloud.role(name, statements);
  return `arn:aws:iam::${account}:role/${name}`;
}

let pairs = 0;
/** A bucket, and its replica in another region. */
function pair(rule: Record<string, unknown> = {}, Role = replicator(`role-${pairs}`), properties = {}) {
  const replica = bucket(`replica-${++pairs}`, {}, 'eu-west-1');
  const Destination = { Bucket: `arn:aws:s3:::${replica}` };
  const Rules = [
    {
      Status: 'Enabled',
      Priority: 1,
      Filter: { Prefix: 'config/' },
      DeleteMarkerReplication: { Status: 'Disabled' },
      Destination,
      ...rule,
    },
  ];
  const own = bucket(`own-${pairs}`, { ReplicationConfiguration: { Role, Rules }, ...properties });
  return { own, replica };
}
const arrived = () => cloud.clock.sleep(delays.s3Replication + 1);

describe('a new version', () => {
  it('arrives after a while with its id, time, headers, metadata and tags', async () => {
    const { own, replica } = pair();
    const { VersionId } = await s3.send(
      new PutObjectCommand({
        ...{ Bucket: own, Key: 'config/a', Body: 'x', CacheControl: 'no-store' },
        ...{ Metadata: { m: '1' }, Tagging: 't=1' },
      }),
    );
    expect(storage.version(own, 'config/a')?.replication).toBe('PENDING');
    expect(storage.version(replica, 'config/a')).toBeUndefined();
    expect(storage.replicating()).toBe(1);
    await arrived();
    expect(storage.replicating()).toBe(0);
    const original = storage.version(own, 'config/a')!;
    expect(storage.version(replica, 'config/a')).toMatchObject({
      versionId: VersionId,
      lastModified: original.lastModified,
      etag: original.etag,
      headers: { CacheControl: 'no-store' },
      metadata: { m: '1' },
      tags: { t: '1' },
      replication: 'REPLICA',
    });
    const head = await s3.send(new HeadObjectCommand({ Bucket: own, Key: 'config/a' }));
    expect(head.ReplicationStatus).toBe('COMPLETED');
  });

  it('stays where it is when no rule speaks of it', async () => {
    const { own, replica } = pair();
    storage.put(own, 'other/a', 'x');
    await arrived();
    expect(storage.keys(replica)).toEqual([]);
    expect(storage.version(own, 'other/a')?.replication).toBeUndefined();
  });

  it('a bad one as well as a good one', async () => {
    const { own, replica } = pair();
    storage.put(own, 'config/a', 'good');
    storage.put(own, 'config/a', 'bad');
    await arrived();
    expect(storage.versions(replica, 'config/a').map((v) => v.body().toString())).toEqual(['bad', 'good']);
  });

  it('comes before what was written on the other side after it', async () => {
    const { own, replica } = pair();
    storage.put(own, 'config/a', 'first');
    await cloud.clock.sleep(1000);
    storage.put(replica, 'config/a', 'second');
    await arrived();
    expect(storage.read(replica, 'config/a')?.toString()).toBe('second');
    expect(storage.versions(replica, 'config/a')).toHaveLength(2);
  });
});

describe('a deletion', () => {
  it('by a marker is replicated only if the rule says so', async () => {
    const untold = pair();
    const told = pair({ DeleteMarkerReplication: { Status: 'Enabled' } });
    for (const { own } of [untold, told]) {
      storage.put(own, 'config/a', 'x');
      await s3.send(new DeleteObjectCommand({ Bucket: own, Key: 'config/a' }));
    }
    await arrived();
    expect(storage.read(untold.replica, 'config/a')?.toString()).toBe('x');
    expect(storage.version(told.replica, 'config/a')).toMatchObject({
      marker: true,
      versionId: storage.version(told.own, 'config/a')!.versionId,
    });
  });

  it('of a version is not', async () => {
    const { own, replica } = pair();
    const { versionId: VersionId } = storage.put(own, 'config/a', 'x');
    await arrived();
    await s3.send(new DeleteObjectCommand({ Bucket: own, Key: 'config/a', VersionId }));
    await arrived();
    expect(storage.versions(own, 'config/a')).toEqual([]);
    expect(storage.read(replica, 'config/a')?.toString()).toBe('x');
  });

  it('of a version before it was replicated leaves nothing on either side', async () => {
    const { own, replica } = pair();
    const { versionId } = storage.put(own, 'config/a', 'x');
    storage.erase(own, 'config/a', versionId);
    await arrived();
    expect(storage.versions(replica, 'config/a')).toEqual([]);
  });
});

describe('a dark region', () => {
  it('gets what it missed when it can be reached again', async () => {
    const { own, replica } = pair();
    dark.add('eu-west-1');
    storage.put(own, 'config/a', 'x');
    await arrived();
    expect(storage.version(replica, 'config/a')).toBeUndefined();
    expect(storage.version(own, 'config/a')?.replication).toBe('PENDING');
    dark.clear();
    await arrived();
    expect(storage.read(replica, 'config/a')?.toString()).toBe('x');
  });
});

describe('the role of a replication', () => {
  it('has to be allowed to, or the version has failed', async () => {
    const { own, replica } = pair(
      {},
      replicator('half', [
        allow(['s3:GetReplicationConfiguration', 's3:GetObjectVersionForReplication'], '*'),
      ]),
    );
    storage.put(own, 'config/a', 'x');
    await arrived();
    expect(storage.version(own, 'config/a')?.replication).toBe('FAILED');
    expect(storage.keys(replica)).toEqual([]);
  });
});

describe('what a KMS key encrypts', () => {
  it('is replicated only with a key for its replica', async () => {
    const policy = {
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
    const key = (region: string) =>
      String(
        create(keys.service.resources, 'AWS::KMS::Key', { KeyPolicy: policy }, { region }).attributes!['Arn'],
      );
    const BucketEncryption = {
      ServerSideEncryptionConfiguration: [
        {
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key('eu-central-1') },
        },
      ],
    };
    const replicaKey = key('eu-west-1');
    const name = `replica-${pairs + 2}`;
    const untold = pair({}, undefined, { BucketEncryption });
    const told = pair(
      {
        SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
        Destination: {
          Bucket: `arn:aws:s3:::${name}`,
          EncryptionConfiguration: { ReplicaKmsKeyID: replicaKey },
        },
      },
      undefined,
      { BucketEncryption },
    );
    for (const { own } of [untold, told]) storage.put(own, 'config/a', 'x');
    await arrived();
    expect(storage.keys(untold.replica)).toEqual([]);
    expect(storage.version(told.replica, 'config/a')?.encryption).toMatchObject({ keyArn: replicaKey });
  });
});

describe('a replication', () => {
  it('needs a bucket that keeps versions', () => {
    const replication = {
      Role: 'r',
      Rules: [{ Status: 'Enabled', Destination: { Bucket: 'arn:aws:s3:::replica-1' } }],
    };
    expect(() =>
      bucket('forgetful', { VersioningConfiguration: undefined, ReplicationConfiguration: replication }),
    ).toThrow(/ReplicationConfiguration needs a bucket that keeps versions/);
  });
});
