import {
  CreateDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeGlobalClustersCommand,
  FailoverGlobalClusterCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  RebootDBInstanceCommand,
  RestoreDBClusterToPointInTimeCommand,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-rds';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BookkeptServer } from '../../../../drill/cloud/rds/bookkeeping-engine.ts';
import { account, start } from '../local-cloud.ts';
import { localRds, minute, primary, standby } from './local-rds.ts';

const local = await localRds();
const { rds, engine } = local;
const here = local.client();
const there = local.client(standby);
const arn = (region: string, name: string) => `arn:aws:rds:${region}:${account}:cluster:${name}`;
const settings = {
  DeletionProtection: true,
  DBSubnetGroup: { DBSubnetGroupName: 'application' },
  VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0123456789abcdef0', Status: 'active' }],
};

beforeAll(async () => {
  const writer = await engine.create('erlmcp');
  rds.seedCluster({
    region: primary,
    identifier: 'erlmcp',
    server: writer,
    dbName: 'x',
    settings,
    members: ['erlmcp-1', 'erlmcp-2'],
    globalCluster: { identifier: 'erlmcp-global', role: 'writer' },
  });
  rds.seedCluster({
    region: standby,
    identifier: 'erlmcp-standby',
    server: await engine.replicate('erlmcp-standby', writer),
    dbName: 'x',
    settings,
    members: ['erlmcp-standby-1'],
    globalCluster: { identifier: 'erlmcp-global', role: 'secondary' },
  });
  rds.start();
  writer.commit();
  await local.pass(10);
});

const serverOf = (region: string, name: string) => rds.serverOf(region, name) as BookkeptServer;
const cluster = async (identifier: string, client = here) => {
  const command = new DescribeDBClustersCommand({ DBClusterIdentifier: identifier });
  return (await client.send(command)).DBClusters?.[0];
};
const globalCluster = async () => {
  const command = new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: 'erlmcp-global' });
  return (await there.send(command)).GlobalClusters?.[0];
};
const namesOf = (region: string, identifier: string) =>
  rds
    .addresses()
    .filter((each) => each.region === region && each.identifier === identifier)
    .map(({ name }) => name);

describe('a cluster', () => {
  it('is told with its instances, its endpoints and its restorable times', async () => {
    expect(await cluster('erlmcp')).toMatchObject({
      Status: 'available',
      DBClusterArn: arn(primary, 'erlmcp'),
      Endpoint: `erlmcp.cluster-c1a2b3c4d5e6.${primary}.rds.amazonaws.com`,
      ReaderEndpoint: `erlmcp.cluster-ro-c1a2b3c4d5e6.${primary}.rds.amazonaws.com`,
      DBSubnetGroup: 'application',
      DeletionProtection: true,
      EarliestRestorableTime: new Date(start),
      LatestRestorableTime: new Date(start + 6 * minute),
      DBClusterMembers: [
        { DBInstanceIdentifier: 'erlmcp-1', IsClusterWriter: true },
        { DBInstanceIdentifier: 'erlmcp-2', IsClusterWriter: false },
      ],
    });
    expect(namesOf(primary, 'erlmcp')).toHaveLength(2);
    expect(rds.serverOf(primary, 'erlmcp-2')).toBe(rds.serverOf(primary, 'erlmcp'));
    const { DBInstances } = await here.send(new DescribeDBInstancesCommand({}));
    expect(DBInstances?.map((each) => each.DBClusterIdentifier)).toEqual(['erlmcp', 'erlmcp']);
  });

  it('is restored without an instance, and answers once it has one', async () => {
    const restore = { SourceDBClusterIdentifier: 'erlmcp', DBClusterIdentifier: 'erlmcp-copy' };
    await here.send(
      new RestoreDBClusterToPointInTimeCommand({ ...restore, RestoreToTime: new Date(start + 5 * minute) }),
    );
    const create = () =>
      here.send(
        new CreateDBInstanceCommand({
          DBInstanceIdentifier: 'erlmcp-copy-1',
          DBClusterIdentifier: 'erlmcp-copy',
          DBInstanceClass: 'db.r7g.large',
          Engine: 'aurora-postgresql',
        }),
      );
    await expect(create()).rejects.toMatchObject({ name: 'InvalidDBClusterStateFault' });
    await local.pass(20);
    expect(await cluster('erlmcp-copy')).toMatchObject({
      Status: 'available',
      DeletionProtection: false,
      DBSubnetGroup: 'default',
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-00000000000000000' }],
      DBClusterMembers: [],
    });
    expect(serverOf(primary, 'erlmcp-copy').commits).toEqual([start]);
    expect(namesOf(primary, 'erlmcp-copy')).toEqual([]);
    expect((await create()).DBInstance?.DBInstanceStatus).toBe('creating');
    await local.pass(6);
    expect(namesOf(primary, 'erlmcp-copy')[0]).toBe((await cluster('erlmcp-copy'))?.Endpoint);
    expect(namesOf(primary, 'erlmcp-copy-1')).toHaveLength(1);
  });

  it('is refused a restore as an instance is', async () => {
    const restore = (input: object) =>
      here.send(new RestoreDBClusterToPointInTimeCommand({ DBClusterIdentifier: 'new', ...input }));
    const source = { SourceDBClusterIdentifier: 'erlmcp', UseLatestRestorableTime: true };
    await expect(restore({ ...source, DBClusterIdentifier: 'erlmcp' })).rejects.toMatchObject({
      name: 'DBClusterAlreadyExistsFault',
    });
    await expect(restore({ ...source, SourceDBClusterIdentifier: 'none' })).rejects.toMatchObject({
      name: 'DBClusterNotFoundFault',
    });
    await expect(
      restore({ SourceDBClusterIdentifier: 'erlmcp', RestoreToTime: new Date(start + 600 * minute) }),
    ).rejects.toThrow(/cannot be restored to a time later than/);
  });

  it('is changed as a whole, and its parameter group holds for each instance after its reboot', async () => {
    await here.send(
      new ModifyDBClusterCommand({
        DBClusterIdentifier: 'erlmcp-copy',
        ApplyImmediately: true,
        VpcSecurityGroupIds: ['sg-1'],
        DBClusterParameterGroupName: 'application',
        DeletionProtection: true,
      }),
    );
    expect((await cluster('erlmcp-copy'))?.DeletionProtection).toBe(true);
    await local.pass(0.5);
    expect((await cluster('erlmcp-copy'))?.Status).toBe('modifying');
    await local.pass(1);
    expect(await cluster('erlmcp-copy')).toMatchObject({
      Status: 'available',
      DBClusterParameterGroup: 'application',
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }],
      DBClusterMembers: [{ DBClusterParameterGroupStatus: 'pending-reboot' }],
    });
    await here.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: 'erlmcp-copy-1' }));
    await local.pass(2);
    expect((await cluster('erlmcp-copy'))?.DBClusterMembers).toMatchObject([
      { DBClusterParameterGroupStatus: 'in-sync' },
    ]);
    await expect(
      here.send(
        new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'erlmcp-copy-1', VpcSecurityGroupIds: ['sg-2'] }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
  });

  it('gets another name, and the old one leads nowhere', async () => {
    await here.send(
      new ModifyDBClusterCommand({
        DBClusterIdentifier: 'erlmcp-copy',
        NewDBClusterIdentifier: 'erlmcp-new',
        ApplyImmediately: true,
      }),
    );
    expect(namesOf(primary, 'erlmcp-copy')).toEqual([]);
    expect((await cluster('erlmcp-new'))?.Status).toBe('renaming');
    await local.pass(11);
    expect(namesOf(primary, 'erlmcp-new')).toHaveLength(2);
    await expect(cluster('erlmcp-copy')).rejects.toMatchObject({ name: 'DBClusterNotFoundFault' });
  });
});

describe('a global cluster', () => {
  const target = arn(standby, 'erlmcp-standby');
  const input = { GlobalClusterIdentifier: 'erlmcp-global', TargetDbClusterIdentifier: target };

  it('has one writer, and tells what follows it', async () => {
    expect(await globalCluster()).toMatchObject({
      Status: 'available',
      GlobalClusterMembers: [
        { DBClusterArn: arn(primary, 'erlmcp'), IsWriter: true, Readers: [target] },
        { DBClusterArn: target, IsWriter: false },
      ],
    });
    expect(await cluster('erlmcp-standby', there)).toMatchObject({
      ReplicationSourceIdentifier: arn(primary, 'erlmcp'),
      GlobalClusterIdentifier: 'erlmcp-global',
    });
    expect(namesOf(standby, 'erlmcp-standby')).toHaveLength(1);
    local.samples.length = 0;
    await local.pass(1);
    expect(local.samples).toMatchObject([{ region: standby, name: 'AuroraGlobalDBReplicationLag' }]);
  });

  it('is switched over without a loss, and the old writer follows the new one', async () => {
    serverOf(primary, 'erlmcp').commit();
    const commits = [...serverOf(primary, 'erlmcp').commits];
    await there.send(new SwitchoverGlobalClusterCommand(input));
    await expect(there.send(new SwitchoverGlobalClusterCommand(input))).rejects.toMatchObject({
      name: 'InvalidGlobalClusterStateFault',
    });
    expect((await globalCluster())?.FailoverState).toMatchObject({
      Status: 'failing-over',
      ToDbClusterArn: target,
      IsDataLossAllowed: false,
    });
    await local.pass(4);
    expect(await globalCluster()).toMatchObject({
      Status: 'available',
      GlobalClusterMembers: [
        { IsWriter: false, SynchronizationStatus: 'connected' },
        { IsWriter: true, SynchronizationStatus: 'connected' },
      ],
    });
    expect(serverOf(standby, 'erlmcp-standby')).toMatchObject({ commits, writable: true });
    expect(serverOf(primary, 'erlmcp')).toMatchObject({ commits, writable: false, state: 'running' });
    expect(namesOf(standby, 'erlmcp-standby')).toHaveLength(2);
    await there.send(
      new SwitchoverGlobalClusterCommand({ ...input, TargetDbClusterIdentifier: arn(primary, 'erlmcp') }),
    );
    await local.pass(4);
    expect(serverOf(primary, 'erlmcp').writable).toBe(true);
  });

  it('is failed over with data loss when its writer is lost, and not otherwise', async () => {
    const lost = serverOf(primary, 'erlmcp');
    await serverOf(standby, 'erlmcp-standby').setReplicating(false);
    lost.commit();
    local.dark.add(primary);
    await expect(there.send(new SwitchoverGlobalClusterCommand(input))).rejects.toMatchObject({
      name: 'InvalidGlobalClusterStateFault',
    });
    await expect(there.send(new FailoverGlobalClusterCommand(input))).rejects.toMatchObject({
      name: 'InvalidGlobalClusterStateFault',
    });
    await there.send(new FailoverGlobalClusterCommand({ ...input, AllowDataLoss: true }));
    await local.pass(4);
    expect((await globalCluster())?.GlobalClusterMembers).toMatchObject([
      { IsWriter: false, SynchronizationStatus: 'pending-resync' },
      { IsWriter: true },
    ]);
    const writer = serverOf(standby, 'erlmcp-standby');
    expect(writer.writable).toBe(true);
    expect(writer.commits).toEqual(lost.commits.slice(0, -1));
    expect(lost.writable).toBe(true);

    await local.pass(60);
    expect(serverOf(primary, 'erlmcp')).toBe(lost);
    local.dark.delete(primary);
    await local.pass(60);
    expect((await globalCluster())?.GlobalClusterMembers?.[0]?.SynchronizationStatus).toBe('connected');
    expect(lost.state).toBe('destroyed');
    expect(serverOf(primary, 'erlmcp')).toMatchObject({ writable: false, commits: writer.commits });
  });

  it.each([
    ['another global cluster', { ...input, GlobalClusterIdentifier: 'none' }, 'GlobalClusterNotFoundFault'],
    ['another target', { ...input, TargetDbClusterIdentifier: arn(standby, 'x') }, 'DBClusterNotFoundFault'],
    ['the writer itself', input, 'InvalidDBClusterStateFault'],
    ['both ways at once', { ...input, AllowDataLoss: true, Switchover: true }, 'InvalidParameterCombination'],
  ])('refuses %s', async (_, asked, name) => {
    await expect(there.send(new FailoverGlobalClusterCommand(asked))).rejects.toMatchObject({ name });
  });
});
