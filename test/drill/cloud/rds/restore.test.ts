import {
  AddTagsToResourceCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  ListTagsForResourceCommand,
  RDSClient,
  RestoreDBInstanceToPointInTimeCommand,
  type RestoreDBInstanceToPointInTimeMessage,
} from '@aws-sdk/client-rds';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BookkeptServer } from '../../../../drill/cloud/rds/bookkeeping-engine.ts';
import { account, start } from '../local-cloud.ts';
import { localRds, minute, primary, standby } from './local-rds.ts';

const local = await localRds();
const { rds, engine, cloud } = local;
const pass = (minutes: number) => local.pass(minutes);
const client = local.client();
const copyOf = 'erlmcp-copy';
let source!: BookkeptServer;

const describeOne = async (DBInstanceIdentifier: string, from = client) => {
  const { DBInstances } = await from.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
  return DBInstances?.[0];
};
const restore = (input: Partial<RestoreDBInstanceToPointInTimeMessage>, from = client) =>
  from.send(
    new RestoreDBInstanceToPointInTimeCommand({
      SourceDBInstanceIdentifier: 'erlmcp',
      TargetDBInstanceIdentifier: copyOf,
      ...input,
    }),
  );
const serverOf = (region: string, identifier: string) =>
  rds.serverOf(region, identifier) as BookkeptServer | undefined;
const remove = async (identifier: string) => {
  await client.send(
    new DeleteDBInstanceCommand({ DBInstanceIdentifier: identifier, SkipFinalSnapshot: true }),
  );
  await pass(5);
};

beforeAll(async () => {
  source = await engine.create('erlmcp');
  rds.seedInstance({
    region: primary,
    identifier: 'erlmcp',
    server: source,
    dbName: 'erlmcp',
    tags: { service: 'erlmcp' },
    backupsCopiedTo: standby,
    settings: {
      DBInstanceClass: 'db.r7g.large',
      MultiAZ: true,
      IAMDatabaseAuthenticationEnabled: true,
      DeletionProtection: true,
      MonitoringInterval: 60,
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0123456789abcdef0', Status: 'active' }],
      DBParameterGroups: [{ DBParameterGroupName: 'application', ParameterApplyStatus: 'in-sync' }],
      DBSubnetGroup: { DBSubnetGroupName: 'application' },
      EnabledCloudwatchLogsExports: ['postgresql'],
    },
  });
  rds.seedInstance({
    region: primary,
    identifier: 'unsaved',
    server: await engine.create('unsaved'),
    dbName: 'x',
    backupRetentionPeriod: 0,
  });
  rds.start();
  source.commit();
  await pass(10);
  source.commit();
  await pass(10.5);
});

describe('what can be restored', () => {
  it('advances every five minutes, in whole seconds', async () => {
    const before = (await describeOne('erlmcp'))?.LatestRestorableTime?.getTime() ?? NaN;
    expect(before).toBe(start + 16 * minute);
    await pass(1);
    const after = (await describeOne('erlmcp'))?.LatestRestorableTime?.getTime();
    expect(after).toBe(before + 5 * minute);
    expect((await describeOne('unsaved'))?.LatestRestorableTime).toBeUndefined();
  });

  it('is told of automated backups in their region and in the one that they are copied to', async () => {
    const here = await client.send(new DescribeDBInstanceAutomatedBackupsCommand({}));
    expect(here.DBInstanceAutomatedBackups).toMatchObject([
      {
        DBInstanceIdentifier: 'erlmcp',
        Status: 'active',
        RestoreWindow: { EarliestTime: new Date(start), LatestTime: new Date(start + 21 * minute) },
      },
    ]);
    const { DBInstanceAutomatedBackups: there } = await local
      .client(standby)
      .send(new DescribeDBInstanceAutomatedBackupsCommand({ DBInstanceIdentifier: 'erlmcp' }));
    expect(there).toMatchObject([
      {
        Region: primary,
        Status: 'replicating',
        RestoreWindow: { EarliestTime: new Date(start), LatestTime: new Date(start + 16 * minute) },
      },
    ]);
    expect(there?.[0]?.DBInstanceAutomatedBackupsArn).toMatch(
      new RegExp(`^arn:aws:rds:${standby}:${account}:auto-backup:ab-`),
    );
  });
});

describe('a restore to a point in time', () => {
  it('is a new instance with the data of that time, after its twenty minutes', async () => {
    const { DBInstance: begun } = await restore({ RestoreTime: new Date(start + 10 * minute - 1) });
    expect(begun).toMatchObject({
      DBInstanceIdentifier: copyOf,
      DBInstanceStatus: 'creating',
      DBInstanceArn: `arn:aws:rds:${primary}:${account}:db:${copyOf}`,
    });
    expect(begun?.Endpoint).toBeUndefined();
    expect(rds.addresses().map(({ identifier }) => identifier)).not.toContain(copyOf);
    await pass(19.5);
    expect((await describeOne(copyOf))?.DBInstanceStatus).toBe('backing-up');
    await pass(0.5);
    const done = await describeOne(copyOf);
    expect(done).toMatchObject({
      DBInstanceStatus: 'available',
      Endpoint: { Address: `${copyOf}.c1a2b3c4d5e6.${primary}.rds.amazonaws.com`, Port: 5432 },
    });
    expect(serverOf(primary, copyOf)?.commits).toEqual([start]);
    expect(source.commits).toHaveLength(2);
    expect(rds.addresses().find(({ identifier }) => identifier === copyOf)).toMatchObject({
      name: done?.Endpoint?.Address,
      port: 5432,
      loopbackPort: serverOf(primary, copyOf)?.port,
    });
  });

  it('leaves most of what the source had to the defaults', async () => {
    expect(await describeOne(copyOf)).toMatchObject({
      DBInstanceClass: 'db.r7g.large',
      BackupRetentionPeriod: 7,
      MultiAZ: false,
      IAMDatabaseAuthenticationEnabled: false,
      DeletionProtection: false,
      MonitoringInterval: 0,
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-00000000000000000' }],
      DBParameterGroups: [{ DBParameterGroupName: 'default.postgres18' }],
      DBSubnetGroup: { DBSubnetGroupName: 'default' },
      PubliclyAccessible: true,
      TagList: [{ Key: 'service', Value: 'erlmcp' }],
    });
    expect((await describeOne(copyOf))?.EnabledCloudwatchLogsExports).toBeUndefined();
    await remove(copyOf);
    await expect(describeOne(copyOf)).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
  });

  it('takes what the call says instead', async () => {
    await restore({
      UseLatestRestorableTime: true,
      DBSubnetGroupName: 'application',
      VpcSecurityGroupIds: ['sg-1', 'sg-2'],
      DBParameterGroupName: 'application',
      MultiAZ: true,
      EnableIAMDatabaseAuthentication: true,
      DeletionProtection: true,
      EnableCloudwatchLogsExports: ['postgresql'],
      Tags: [{ Key: 'lifeboat:recovery', Value: copyOf }],
    });
    await pass(20);
    const made = await describeOne(copyOf);
    expect(made).toMatchObject({
      MultiAZ: true,
      IAMDatabaseAuthenticationEnabled: true,
      DeletionProtection: true,
      PubliclyAccessible: false,
      EnabledCloudwatchLogsExports: ['postgresql'],
      DBSubnetGroup: { DBSubnetGroupName: 'application' },
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }, { VpcSecurityGroupId: 'sg-2' }],
      DBParameterGroups: [{ DBParameterGroupName: 'application', ParameterApplyStatus: 'in-sync' }],
    });
    expect(serverOf(primary, copyOf)?.commits).toHaveLength(2);
    expect(rds.addresses().find(({ identifier }) => identifier === copyOf)?.securityGroups).toEqual([
      'sg-1',
      'sg-2',
    ]);
    const ResourceName = made?.DBInstanceArn ?? '';
    await client.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: 'a', Value: 'b' }] }));
    const { TagList } = await client.send(new ListTagsForResourceCommand({ ResourceName }));
    expect(TagList).toEqual([
      { Key: 'lifeboat:recovery', Value: copyOf },
      { Key: 'a', Value: 'b' },
    ]);
  });

  const at = (ms: number) => new Date(start + ms);
  it.each<[string, Partial<RestoreDBInstanceToPointInTimeMessage>, string, RegExp]>([
    [
      'whose name is taken',
      { RestoreTime: at(0), TargetDBInstanceIdentifier: copyOf },
      'DBInstanceAlreadyExistsFault',
      /already exists/,
    ],
    [
      'of nothing',
      { RestoreTime: at(0), SourceDBInstanceIdentifier: 'other' },
      'DBInstanceNotFoundFault',
      /other not found/,
    ],
    [
      'of an instance without backups',
      { RestoreTime: at(0), SourceDBInstanceIdentifier: 'unsaved' },
      'PointInTimeRestoreNotEnabledFault',
      /no automated backups/,
    ],
    [
      'to a time that was not shipped yet',
      { RestoreTime: at(400 * minute) },
      'InvalidParameterValue',
      /later than 2026-11-23T1\d:\d\d:00Z/,
    ],
    [
      'to a time before the backups',
      { RestoreTime: at(-1) },
      'InvalidParameterValue',
      /earlier than 2026-11-23T09:00:00Z/,
    ],
    [
      'to two times',
      { RestoreTime: at(0), UseLatestRestorableTime: true },
      'InvalidParameterCombination',
      /together/,
    ],
    ['to no time', {}, 'InvalidParameterCombination', /either/],
    [
      'of two sources',
      { RestoreTime: at(0), SourceDbiResourceId: 'db-X' },
      'InvalidParameterCombination',
      /exactly one/,
    ],
    [
      'under a name that is none',
      { RestoreTime: at(0), TargetDBInstanceIdentifier: '9-' },
      'InvalidParameterValue',
      /identifier/,
    ],
    [
      'with what is not imitated',
      { RestoreTime: at(0), Domain: 'd-1' },
      'InvalidParameterCombination',
      /Domain/,
    ],
  ])('is refused: one %s', async (_, input, name, message) => {
    const error: unknown = await restore({
      TargetDBInstanceIdentifier: 'another',
      ...input,
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name, message: expect.stringMatching(message) as string });
    expect((await client.send(new DescribeDBInstancesCommand({}))).DBInstances).toHaveLength(3);
  });
});

describe('a restore from backups that were copied', () => {
  it('reaches what had arrived before the region was lost, in the other region', async () => {
    source.commit();
    const lost = local.cloud.clock.now();
    local.dark.add(primary);
    await pass(30);
    const there = local.client(standby);
    const backups = await there.send(new DescribeDBInstanceAutomatedBackupsCommand({}));
    const { DBInstanceAutomatedBackupsArn, RestoreWindow } = backups.DBInstanceAutomatedBackups?.[0] ?? {};
    const reached = RestoreWindow?.LatestTime?.getTime() ?? NaN;
    expect(reached).toBeLessThanOrEqual(lost - 5 * minute);
    expect(reached).toBeGreaterThan(lost - 15 * minute);
    const input = {
      SourceDBInstanceAutomatedBackupsArn: DBInstanceAutomatedBackupsArn,
      SourceDBInstanceIdentifier: undefined,
      TargetDBInstanceIdentifier: 'erlmcp-standby',
    };
    await expect(restore({ ...input, RestoreTime: new Date(lost) }, there)).rejects.toThrow(/later than/);
    await restore({ ...input, UseLatestRestorableTime: true }, there);
    await pass(20);
    expect(await describeOne('erlmcp-standby', there)).toMatchObject({
      DBInstanceStatus: 'available',
      TagList: [],
    });
    expect(serverOf(standby, 'erlmcp-standby')?.commits).toHaveLength(2);
    local.dark.delete(primary);
  });
});

describe('a restore that goes wrong', () => {
  it('ends in the status that the fault says', async () => {
    rds.setFault(primary, { kind: 'restore-fails', status: 'incompatible-restore' });
    await restore({ TargetDBInstanceIdentifier: 'bad', UseLatestRestorableTime: true });
    await pass(21);
    expect((await describeOne('bad'))?.DBInstanceStatus).toBe('incompatible-restore');
    expect(serverOf(primary, 'bad')).toBeUndefined();
    rds.setFault(primary, null);
    await remove('bad');
  });

  it('stays in creating for as long as it hangs', async () => {
    rds.setFault(primary, { kind: 'restore-hangs' });
    await restore({ TargetDBInstanceIdentifier: 'slow', UseLatestRestorableTime: true });
    await pass(120);
    expect((await describeOne('slow'))?.DBInstanceStatus).toBe('creating');
    rds.setFault(primary, null);
    await pass(3);
    expect((await describeOne('slow'))?.DBInstanceStatus).toBe('available');
    await remove('slow');
  });

  it('is refused where the quota is used up', async () => {
    rds.setFault(primary, { kind: 'quota' });
    await expect(
      restore({ TargetDBInstanceIdentifier: 'one-more', UseLatestRestorableTime: true }),
    ).rejects.toMatchObject({
      name: 'InstanceQuotaExceededFault',
    });
    rds.setFault(primary, null);
  });
});

describe('permissions', () => {
  it('are asked on the source, the target and every group, and for the tags', async () => {
    const on = (type: string, name: string) => `arn:aws:rds:${primary}:${account}:${type}:${name}`;
    const allow = (Action: string, ...Resource: string[]) => ({ Effect: 'Allow', Action, Resource });
    const Restore = 'rds:RestoreDBInstanceToPointInTime';
    const groups = [on('subgrp', 'default'), on('pg', 'default.postgres18'), on('og', 'default:postgres-18')];
    const tags = { Tags: [{ Key: 'a', Value: 'b' }] };
    const input = { TargetDBInstanceIdentifier: 'mine', UseLatestRestorableTime: true };
    const as = (name: string, ...statements: unknown[]) =>
      new RDSClient(cloud.client(cloud.role(name, statements), primary));
    const partly = as('partly', allow(Restore, on('db', 'erlmcp'), ...groups));
    await expect(restore(input, partly)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('db:mine') as string,
    });
    const untagged = as('untagged', allow(Restore, on('db', '*'), ...groups));
    await expect(restore({ ...input, ...tags }, untagged)).rejects.toThrow(/rds:AddTagsToResource/);
    const wholly = as(
      'wholly',
      allow(Restore, on('db', 'erlmcp'), on('db', 'mine'), ...groups),
      allow('rds:AddTagsToResource', on('db', 'mine')),
    );
    expect((await restore({ ...input, ...tags }, wholly)).DBInstance?.DBInstanceStatus).toBe('creating');
  });
});
