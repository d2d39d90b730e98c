import {
  DescribeDBInstancesCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  PromoteReadReplicaCommand,
  StartDBInstanceAutomatedBackupsReplicationCommand,
} from '@aws-sdk/client-rds';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BookkeptServer } from '../../../../drill/cloud/rds/bookkeeping-engine.ts';
import { account } from '../local-cloud.ts';
import { localRds, primary, standby } from './local-rds.ts';

const local = await localRds();
const { rds, engine } = local;
const client = local.client(standby);
const sourceArn = `arn:aws:rds:${primary}:${account}:db:erlmcp`;
let source!: BookkeptServer;
let replica!: BookkeptServer;

beforeAll(async () => {
  source = await engine.create('erlmcp');
  rds.seedInstance({ region: primary, identifier: 'erlmcp', server: source, dbName: 'x' });
  for (const identifier of ['replica', 'other']) {
    const server = await engine.replicate(identifier, source);
    if (identifier === 'replica') replica = server;
    rds.seedInstance({ region: standby, identifier, server, dbName: 'x', replicaOf: sourceArn });
  }
  rds.start();
});

const describeOne = async (identifier: string, from = client) => {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier });
  return (await from.send(command)).DBInstances?.[0];
};
const promote = (DBInstanceIdentifier: string, input: object = {}) =>
  client.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier, ...input }));

describe('a replica', () => {
  it('is told with its source, and the source with its replicas', async () => {
    expect(await describeOne('replica')).toMatchObject({
      ReadReplicaSourceDBInstanceIdentifier: sourceArn,
      StatusInfos: [{ StatusType: 'read replication', Status: 'replicating', Normal: true }],
    });
    expect((await describeOne('erlmcp', local.client()))?.ReadReplicaDBInstanceIdentifiers).toEqual([
      `arn:aws:rds:${standby}:${account}:db:replica`,
      `arn:aws:rds:${standby}:${account}:db:other`,
    ]);
    expect((await describeOne('replica'))?.LatestRestorableTime).toBeUndefined();
  });

  it('publishes every minute how far it is behind, in seconds', async () => {
    source.commit();
    await local.pass(1.25);
    await replica.setReplicating(false);
    source.commit();
    local.samples.length = 0;
    await local.pass(1);
    expect(local.samples.map(({ dimensions, value }) => [dimensions['DBInstanceIdentifier'], value])).toEqual(
      [
        ['replica', 75],
        ['other', 0],
      ],
    );
    expect(local.samples[0]).toMatchObject({ region: standby, name: 'ReplicaLag' });
    await replica.setReplicating(true);
  });

  it('is promoted in minutes, with what it had received, and is rebooted', async () => {
    await replica.setReplicating(false);
    source.commit();
    const { DBInstance } = await promote('replica', { BackupRetentionPeriod: 7 });
    expect(DBInstance?.DBInstanceStatus).toBe('modifying');
    await expect(promote('replica')).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    expect(replica.writable).toBe(false);
    await local.pass(4.5);
    expect((await describeOne('replica'))?.DBInstanceStatus).toBe('rebooting');
    expect(replica.state).toBe('stopped');
    await local.pass(1);
    const promoted = await describeOne('replica');
    expect(promoted).toMatchObject({ DBInstanceStatus: 'available', BackupRetentionPeriod: 7 });
    expect(promoted?.ReadReplicaSourceDBInstanceIdentifier).toBeUndefined();
    expect(promoted?.LatestRestorableTime).toBeDefined();
    expect(replica.writable).toBe(true);
    expect(replica.commits).toEqual(source.commits.slice(0, -1));
    expect(source.writable).toBe(true);
    await expect(promote('replica')).rejects.toThrow('DB Instance is not a read replica');
  });

  it('stays a replica for as long as its promotion hangs', async () => {
    rds.setFault(standby, { kind: 'promotion-hangs' });
    await promote('other');
    await local.pass(60);
    expect(await describeOne('other')).toMatchObject({
      DBInstanceStatus: 'modifying',
      ReadReplicaSourceDBInstanceIdentifier: sourceArn,
    });
    rds.setFault(standby, null);
    await local.pass(3);
    expect((await describeOne('other'))?.DBInstanceStatus).toBe('available');
    expect((rds.serverOf(standby, 'other') as BookkeptServer).writable).toBe(true);
  });
});

describe('backups', () => {
  const start = (input: object = {}) =>
    client.send(
      new StartDBInstanceAutomatedBackupsReplicationCommand({ SourceDBInstanceArn: sourceArn, ...input }),
    );

  it('are copied to another region from when that is asked for, once', async () => {
    const { DBInstanceAutomatedBackup } = await start({ BackupRetentionPeriod: 14 });
    expect(DBInstanceAutomatedBackup).toMatchObject({
      Status: 'pending',
      RestoreWindow: {},
      Region: primary,
    });
    await expect(start()).rejects.toMatchObject({ name: 'InvalidDBInstanceAutomatedBackupStateFault' });
    await local.pass(16);
    const { DBInstanceAutomatedBackups: copies } = await client.send(
      new DescribeDBInstanceAutomatedBackupsCommand({ DBInstanceIdentifier: 'erlmcp' }),
    );
    expect(copies).toMatchObject([{ Status: 'replicating', BackupRetentionPeriod: 14 }]);
    expect(copies?.[0]?.RestoreWindow?.LatestTime).toBeInstanceOf(Date);
    expect(
      (await describeOne('erlmcp', local.client()))?.DBInstanceAutomatedBackupsReplications,
    ).toHaveLength(1);
  });

  it.each([
    ['of nothing', { SourceDBInstanceArn: `${sourceArn}-other` }, 'DBInstanceNotFoundFault'],
    [
      'into their own region',
      { SourceDBInstanceArn: sourceArn.replace(primary, standby) },
      'InvalidParameterValue',
    ],
  ])('are not copied %s', async (_, input, name) => {
    await expect(start(input)).rejects.toMatchObject({ name });
  });
});
