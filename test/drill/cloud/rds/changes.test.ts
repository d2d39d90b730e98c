import {
  DeleteDBInstanceCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RDSClient,
  RebootDBInstanceCommand,
  RestoreDBInstanceToPointInTimeCommand,
  type ModifyDBInstanceMessage,
} from '@aws-sdk/client-rds';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BookkeptServer } from '../../../../drill/cloud/rds/bookkeeping-engine.ts';
import { account } from '../local-cloud.ts';
import { localRds, primary } from './local-rds.ts';

const local = await localRds();
const client = local.client();
const { rds, engine } = local;
let name = '';
let server!: BookkeptServer;
let made = 0;

beforeEach(async () => {
  name = `database-${++made}`;
  server = await engine.create(name);
  rds.seedInstance({ region: primary, identifier: name, server, dbName: 'x', tags: { a: 'b' } });
});

const describeOne = async (identifier = name) => {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier });
  const { DBInstances } = await client.send(command);
  return DBInstances?.[0];
};
const modify = (input: Partial<ModifyDBInstanceMessage>) =>
  client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: name, ApplyImmediately: true, ...input }));
const endpoint = (identifier: string) => `${identifier}.c1a2b3c4d5e6.${primary}.rds.amazonaws.com`;
const addressOf = (host: string) => rds.addresses().find((address) => address.name === host);

describe('a change', () => {
  it('is accepted while the status is what it was, and shows in it later', async () => {
    const { DBInstance: answered } = await modify({ MultiAZ: true, EnableIAMDatabaseAuthentication: true });
    expect(answered).toMatchObject({
      DBInstanceStatus: 'available',
      MultiAZ: false,
      PendingModifiedValues: { MultiAZ: true, IAMDatabaseAuthenticationEnabled: true },
    });
    await local.pass(0.25);
    expect(await describeOne()).toMatchObject({ DBInstanceStatus: 'modifying', MultiAZ: false });
    await expect(modify({ MultiAZ: false })).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    await local.pass(1);
    expect(await describeOne()).toMatchObject({
      DBInstanceStatus: 'available',
      MultiAZ: true,
      IAMDatabaseAuthenticationEnabled: true,
      PendingModifiedValues: {},
    });
  });

  it('waits for a maintenance window that never comes, or for the next call that applies at once', async () => {
    await modify({ ApplyImmediately: false, MultiAZ: true });
    await local.pass(60);
    expect(await describeOne()).toMatchObject({ MultiAZ: false, PendingModifiedValues: { MultiAZ: true } });
    await modify({ MonitoringInterval: 60, MonitoringRoleArn: `arn:aws:iam::${account}:role/monitoring` });
    await local.pass(2);
    expect(await describeOne()).toMatchObject({ MultiAZ: true, MonitoringInterval: 60 });
  });

  it('of security groups or of the backup window does not wait, and nobody is interrupted', async () => {
    await modify({
      ApplyImmediately: false,
      VpcSecurityGroupIds: ['sg-quarantine'],
      PreferredBackupWindow: '05:00-05:30',
    });
    expect((await describeOne())?.VpcSecurityGroups).toMatchObject([
      { VpcSecurityGroupId: 'sg-quarantine', Status: 'adding' },
    ]);
    await local.pass(2);
    expect(await describeOne()).toMatchObject({
      PreferredBackupWindow: '05:00-05:30',
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-quarantine', Status: 'active' }],
    });
    expect(addressOf(endpoint(name))?.securityGroups).toEqual(['sg-quarantine']);
    expect(server.state).toBe('running');
  });

  it('of deletion protection holds at once', async () => {
    const { DBInstance } = await modify({ DeletionProtection: true });
    expect(DBInstance).toMatchObject({ DeletionProtection: true, PendingModifiedValues: {} });
    await local.pass(1);
    expect((await describeOne())?.DBInstanceStatus).toBe('available');
  });

  it('to what there is already changes nothing', async () => {
    await modify({ MultiAZ: false, BackupRetentionPeriod: 7, DBParameterGroupName: 'default.postgres18' });
    await local.pass(0.25);
    expect(await describeOne()).toMatchObject({
      DBInstanceStatus: 'available',
      DBParameterGroups: [{ ParameterApplyStatus: 'in-sync' }],
    });
  });

  it('of the parameter group holds after a reboot only', async () => {
    await modify({ DBParameterGroupName: 'application' });
    await local.pass(2);
    expect((await describeOne())?.DBParameterGroups).toEqual([
      { DBParameterGroupName: 'application', ParameterApplyStatus: 'pending-reboot' },
    ]);
    await client.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: name }));
    expect((await describeOne())?.DBInstanceStatus).toBe('rebooting');
    expect(server.state).toBe('stopped');
    await local.pass(2);
    expect(await describeOne()).toMatchObject({
      DBInstanceStatus: 'available',
      DBParameterGroups: [{ ParameterApplyStatus: 'in-sync' }],
    });
    expect(server.state).toBe('running');
  });

  it('of logs that are exported adds to them and takes from them', async () => {
    await modify({ CloudwatchLogsExportConfiguration: { EnableLogTypes: ['postgresql', 'upgrade'] } });
    await local.pass(2);
    await modify({ CloudwatchLogsExportConfiguration: { DisableLogTypes: ['upgrade'] } });
    await local.pass(2);
    expect((await describeOne())?.EnabledCloudwatchLogsExports).toEqual(['postgresql']);
  });

  it('with a monitoring role needs the right to pass it', async () => {
    const Statement = [
      {
        Effect: 'Allow',
        Action: 'rds:ModifyDBInstance',
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/a': 'b' } },
      },
    ];
    const credentials = local.cloud.role('modifies', Statement);
    const some = new RDSClient(local.cloud.client(credentials, primary));
    const change = (input: Partial<ModifyDBInstanceMessage>) =>
      some.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: name, ...input }));
    await change({ DeletionProtection: true });
    await expect(
      change({ MonitoringInterval: 60, MonitoringRoleArn: `arn:aws:iam::${account}:role/monitoring` }),
    ).rejects.toThrow(/iam:PassRole/);
  });

  it.each<[Partial<ModifyDBInstanceMessage>, string]>([
    [{ DBInstanceIdentifier: 'other' }, 'DBInstanceNotFoundFault'],
    [{ NewDBInstanceIdentifier: '-' }, 'InvalidParameterValue'],
    [{ MonitoringInterval: 60 }, 'InvalidParameterCombination'],
    [{ Domain: 'd-1' }, 'InvalidParameterCombination'],
  ])('%j is refused', async (input, error) => {
    await expect(modify(input)).rejects.toMatchObject({ name: error });
  });
});

describe('a new name', () => {
  it('takes the old one away at once, and is there after ten minutes', async () => {
    const before = addressOf(endpoint(name));
    const old = name;
    const { DBInstance } = await modify({ NewDBInstanceIdentifier: `${name}-damaged` });
    expect(DBInstance).toMatchObject({
      DBInstanceIdentifier: `${old}-damaged`,
      DBInstanceStatus: 'renaming',
    });
    await expect(describeOne(old)).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
    expect(addressOf(endpoint(old))).toBeUndefined();
    expect(server.state).toBe('stopped');
    await local.pass(9);
    expect((await describeOne(`${old}-damaged`))?.Endpoint).toBeUndefined();
    await local.pass(2);
    expect(await describeOne(`${old}-damaged`)).toMatchObject({
      DBInstanceStatus: 'available',
      Endpoint: { Address: endpoint(`${old}-damaged`) },
      TagList: [{ Key: 'a', Value: 'b' }],
    });
    expect(addressOf(endpoint(`${old}-damaged`))).toMatchObject({
      ip: before?.ip,
      loopbackPort: server.port,
    });
    expect(server.state).toBe('running');
    expect(rds.serverOf(primary, `${old}-damaged`)).toBe(server);
  });

  it('may be the one that another has just given up', async () => {
    const old = name;
    const copy = await engine.create('copy');
    rds.seedInstance({ region: primary, identifier: `${old}-copy`, server: copy, dbName: 'x' });
    name = `${old}-copy`;
    await expect(modify({ NewDBInstanceIdentifier: old })).rejects.toMatchObject({
      name: 'DBInstanceAlreadyExistsFault',
    });
    name = old;
    await modify({ NewDBInstanceIdentifier: `${old}-damaged` });
    name = `${old}-copy`;
    await modify({ NewDBInstanceIdentifier: old });
    await local.pass(11);
    expect(addressOf(endpoint(old))?.loopbackPort).toBe(copy.port);
    expect(rds.serverOf(primary, old)).toBe(copy);
  });
});

describe('a deletion', () => {
  const remove = (input: object) =>
    client.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: name, ...input }));

  it('is refused while the instance is protected, and without a word on the last snapshot', async () => {
    await expect(remove({})).rejects.toThrow(/FinalDBSnapshotIdentifier is required/);
    await modify({ DeletionProtection: true });
    await expect(remove({ SkipFinalSnapshot: true })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
      message: expect.stringMatching(/protected/) as string,
    });
    expect(server.state).toBe('running');
  });

  it('leaves backups where it is told to, and they can be restored by resource id', async () => {
    server.commit();
    await server.ship();
    const { DbiResourceId } = (await describeOne()) ?? {};
    await remove({ SkipFinalSnapshot: true, DeleteAutomatedBackups: false });
    expect((await describeOne())?.DBInstanceStatus).toBe('deleting');
    await local.pass(4);
    expect(server.state).toBe('destroyed');
    await expect(describeOne()).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
    const left = await client.send(new DescribeDBInstanceAutomatedBackupsCommand({ DbiResourceId }));
    expect(left.DBInstanceAutomatedBackups).toMatchObject([
      { Status: 'retained', DBInstanceIdentifier: name },
    ]);
    await client.send(
      new RestoreDBInstanceToPointInTimeCommand({
        SourceDbiResourceId: DbiResourceId,
        TargetDBInstanceIdentifier: name,
        UseLatestRestorableTime: true,
      }),
    );
    await local.pass(20);
    expect((rds.serverOf(primary, name) as BookkeptServer).commits).toEqual(server.commits);
  });
});
