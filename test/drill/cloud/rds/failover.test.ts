import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeEventsCommand,
  FailoverDBClusterCommand,
  RebootDBInstanceCommand,
  RDSClient,
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

const seed = async (settings: Readonly<Record<string, unknown>> = { MultiAZ: true }) => {
  name = `database-${++made}`;
  server = await engine.create(name);
  rds.seedInstance({ region: primary, identifier: name, server, dbName: 'x', settings });
};
const described = async () =>
  (await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: name }))).DBInstances![0]!;
const reboot = (ForceFailover: boolean) =>
  client.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: name, ForceFailover }));
const events = async (SourceType: 'db-instance' | 'db-cluster' = 'db-instance') => {
  const { Events = [] } = await client.send(
    new DescribeEventsCommand({ SourceIdentifier: name, SourceType, Duration: 60 }),
  );
  return Events.map(({ Message }) => Message);
};

describe('a Multi-AZ instance that is rebooted with failover', () => {
  beforeEach(() => seed());

  it('runs in the zone of its second copy, with all that was committed', async () => {
    server.commit();
    const { commits } = server;
    expect(await described()).toMatchObject({
      AvailabilityZone: 'eu-west-1a',
      SecondaryAvailabilityZone: 'eu-west-1b',
    });
    const { DBInstance } = await reboot(true);
    expect(DBInstance?.DBInstanceStatus).toBe('rebooting');
    expect(server.state).toBe('stopped');
    await local.pass(1);
    expect((await described()).DBInstanceStatus).toBe('rebooting');
    await local.pass(1);
    expect(await described()).toMatchObject({
      DBInstanceStatus: 'available',
      AvailabilityZone: 'eu-west-1b',
      SecondaryAvailabilityZone: 'eu-west-1a',
    });
    expect(server.state).toBe('running');
    expect(server.commits).toEqual(commits);
  });

  it('is told of in events, under its name only', async () => {
    expect(await events()).toEqual([]);
    await reboot(true);
    expect(await events()).toEqual(['Multi-AZ instance failover started.']);
    await local.pass(2);
    expect(await events()).toEqual([
      'Multi-AZ instance failover started.',
      'DB instance restarted',
      'Multi-AZ instance failover completed',
    ]);
    await seed();
    expect(await events()).toEqual([]);
  });

  it('is not rebooted again while that goes on', async () => {
    await reboot(true);
    await expect(reboot(true)).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
  });

  it('leaves a machine behind that has died, which a reboot in place does not', async () => {
    rds.setHostDown(primary, name, true);
    await local.pass(1);
    expect((await described()).DBInstanceStatus).toBe('available');
    expect(server.state).toBe('stopped');
    await reboot(false);
    await local.pass(2);
    expect((await described()).DBInstanceStatus).toBe('available');
    expect(server.state).toBe('stopped');
    await reboot(true);
    await local.pass(2);
    expect(server.state).toBe('running');
    await reboot(true);
    await local.pass(2);
    expect(server.state).toBe('stopped');
    rds.setHostDown(primary, name, false);
    await local.pass(1);
    expect(server.state).toBe('running');
  });
});

describe('a Single-AZ instance', () => {
  it('has no other zone to fail over to', async () => {
    await seed({});
    expect((await described()).SecondaryAvailabilityZone).toBeUndefined();
    await expect(reboot(true)).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
      message: 'ForceFailover cannot be specified since the instance is not configured for MultiAZ.',
    });
    expect((await described()).DBInstanceStatus).toBe('available');
  });
});

describe('an Aurora cluster', () => {
  const cluster = async () =>
    (await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: name }))).DBClusters![0]!;
  const writer = async () =>
    (await cluster()).DBClusterMembers?.find(({ IsClusterWriter }) => IsClusterWriter)?.DBInstanceIdentifier;
  const failOver = (TargetDBInstanceIdentifier?: string) =>
    client.send(new FailoverDBClusterCommand({ DBClusterIdentifier: name, TargetDBInstanceIdentifier }));
  const seedCluster = async (...members: readonly string[]) => {
    name = `cluster-${++made}`;
    server = await engine.create(name);
    const named = members.map((member) => `${name}-${member}`);
    rds.seedCluster({ region: primary, identifier: name, server, dbName: 'x', members: named });
  };

  it('makes a reader in another zone its writer, within a minute', async () => {
    await seedCluster('1', '2', '3');
    rds.setHostDown(primary, name, true);
    await local.pass(1);
    await failOver();
    expect((await cluster()).Status).toBe('failing-over');
    await local.pass(1);
    expect((await cluster()).Status).toBe('available');
    expect(await writer()).toBe(`${name}-2`);
    expect(server.state).toBe('running');
    expect(await events('db-cluster')).toEqual([
      `Started cross AZ failover to DB instance: ${name}-2`,
      `Completed failover to DB instance: ${name}-2`,
    ]);
    const { DBInstances } = await client.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: `${name}-2` }),
    );
    expect(DBInstances?.[0]?.AvailabilityZone).toBe('eu-west-1b');
  });

  it('takes the reader that is named', async () => {
    await seedCluster('1', '2', '3');
    await failOver(`${name}-3`);
    await local.pass(1);
    expect(await writer()).toBe(`${name}-3`);
  });

  it('without a reader has nowhere to go', async () => {
    await seedCluster('1');
    await expect(failOver()).rejects.toMatchObject({ name: 'InvalidDBClusterStateFault' });
    expect((await cluster()).Status).toBe('available');
  });
});

it('lets a role restart only what its policy names', async () => {
  await seed();
  const credentials = local.cloud.role('restarts', [
    {
      Effect: 'Allow',
      Action: 'rds:RebootDBInstance',
      Resource: `arn:aws:rds:${primary}:${account}:db:other`,
    },
  ]);
  const limited = new RDSClient(local.cloud.client(credentials, primary));
  const asked = limited.send(
    new RebootDBInstanceCommand({ DBInstanceIdentifier: name, ForceFailover: true }),
  );
  await expect(asked).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(server.state).toBe('running');
});
