import {
  DescribeDBClustersCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  DescribeGlobalClustersCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { askRds } from '../../../lambdas/aws/rds-failure.ts';
import { copiedBackup, describeDatabase, globalCluster } from '../../../lambdas/aws/rds.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const place = { region: 'eu-central-1', identifier: 'erlmcp' };
let rds: ReturnType<typeof mockClient>;

beforeEach(() => {
  deploy({});
  rds = mockClient(RDSClient);
});

describe('an instance', () => {
  it('is described without the SDK’s optional members', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({
      DBInstances: [
        {
          DBInstanceIdentifier: 'erlmcp',
          DBInstanceArn: 'arn',
          DBInstanceStatus: 'available',
          Endpoint: { Address: 'erlmcp.rds.test', Port: 5432 },
          LatestRestorableTime: new Date('2026-11-23T12:00:00Z'),
          InstanceCreateTime: new Date('2020-01-01T00:00:00Z'),
          BackupRetentionPeriod: 7,
          AllocatedStorage: 100,
          VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }],
          TagList: [{ Key: 'a', Value: 'b' }],
        },
      ],
    });
    expect(await describeDatabase('instance', place)).toMatchObject({
      identifier: 'erlmcp',
      status: 'available',
      endpoint: { host: 'erlmcp.rds.test', port: 5432 },
      latestRestorableTime: '2026-11-23T12:00:00.000Z',
      earliestRestorableTime: '2026-11-16T12:00:00.000Z',
      allocatedGiB: 100,
      replicaOf: null,
      backupRetentionPeriod: 7,
      deletionProtection: false,
      securityGroupIds: ['sg-1'],
      tags: { a: 'b' },
    });
  });

  it('that is younger than its retention can be restored to no time before it was made', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({
      DBInstances: [
        {
          LatestRestorableTime: new Date('2026-11-23T12:00:00Z'),
          InstanceCreateTime: new Date('2026-11-23T08:00:00Z'),
          BackupRetentionPeriod: 7,
        },
      ],
    });
    expect((await describeDatabase('instance', place))?.earliestRestorableTime).toBe(
      '2026-11-23T08:00:00.000Z',
    );
  });

  it('that is being made has no address and no backups', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'creating' }] });
    expect(await describeDatabase('instance', place)).toMatchObject({
      endpoint: null,
      latestRestorableTime: null,
      earliestRestorableTime: null,
    });
  });
});

describe('a cluster', () => {
  it('answers at its writer, and names its instances', async () => {
    rds.on(DescribeDBClustersCommand).resolves({
      DBClusters: [
        {
          DBClusterIdentifier: 'erlmcp',
          Status: 'available',
          Endpoint: 'writer.rds.test',
          Port: 5432,
          ReplicationSourceIdentifier: 'arn:source',
          DBClusterMembers: [{ DBInstanceIdentifier: 'a', IsClusterWriter: true }],
        },
      ],
    });
    expect(await describeDatabase('aurora', place)).toMatchObject({
      endpoint: { host: 'writer.rds.test', port: 5432 },
      replicaOf: 'arn:source',
      members: [{ identifier: 'a', writer: true }],
    });
  });
});

describe('absence', () => {
  it.each(['DBInstanceNotFound', 'DBInstanceNotFoundFault'])('is what RDS says by %s', async (name) => {
    rds.on(DescribeDBInstancesCommand).rejects(awsError(name, 'no', 404));
    expect(await describeDatabase('instance', place)).toBeNull();
  });

  it('is told of clusters and global clusters, too', async () => {
    rds.on(DescribeDBClustersCommand).rejects(awsError('DBClusterNotFoundFault', 'no', 404));
    rds.on(DescribeGlobalClustersCommand).rejects(awsError('GlobalClusterNotFoundFault', 'no', 404));
    expect(await describeDatabase('aurora', place)).toBeNull();
    expect(await globalCluster('eu-central-1', 'g')).toBeNull();
  });

  it('is not a denial, nor a region that does not answer', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(awsError('AccessDenied', 'no', 403));
    await expect(describeDatabase('instance', place)).rejects.toMatchObject({ name: 'AccessDenied' });
    rds.on(DescribeDBInstancesCommand).rejects(awsError('TimeoutError', 'no'));
    await expect(describeDatabase('instance', place)).rejects.toMatchObject({ name: 'TryAgain' });
  });
});

describe('copied backups', () => {
  const backup = (region: string, arn: string, to: string | null) => ({
    DBInstanceArn: `arn:aws:rds:${region}:1:db:erlmcp`,
    DBInstanceAutomatedBackupsArn: arn,
    Status: 'replicating',
    RestoreWindow: to === null ? {} : { EarliestTime: new Date(0), LatestTime: new Date(to) },
  });

  it('are those of another region that reach furthest, on whatever page they are', async () => {
    rds
      .on(DescribeDBInstanceAutomatedBackupsCommand)
      .resolvesOnce({
        DBInstanceAutomatedBackups: [
          backup('eu-central-1', 'own', '2026-11-23T12:00:00Z'),
          backup('eu-west-1', 'old', '2026-11-20T12:00:00Z'),
          backup('eu-west-1', 'begun', null),
        ],
        Marker: 'more',
      })
      .resolvesOnce({ DBInstanceAutomatedBackups: [backup('eu-west-1', 'new', '2026-11-23T11:00:00Z')] });
    expect(await copiedBackup(place, 'erlmcp')).toEqual({
      arn: 'new',
      status: 'replicating',
      from: '1970-01-01T00:00:00.000Z',
      to: '2026-11-23T11:00:00.000Z',
    });
  });

  it('are null when there are none', async () => {
    rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({});
    expect(await copiedBackup(place, 'erlmcp')).toBeNull();
  });
});

describe('a refusal of RDS', () => {
  it.each([
    ['InstanceQuotaExceeded', 'CapacityFailed', /Service Quotas/],
    ['DBClusterQuotaExceededFault', 'CapacityFailed', /"DB clusters"/],
    ['InsufficientDBInstanceCapacity', 'CapacityFailed', /another instance class or availability zone/],
    ['OptionGroupNotFoundFault', 'UnsafePlan', /the option group is not in this region.*Create it there/],
    ['DBInstanceNotFoundFault', 'UnsafePlan', /deleted or renamed/],
    ['InvalidDBClusterStateFault', 'TryAgain', /because/],
    ['RequestLimitExceeded', 'TryAgain', /because/],
  ])('%s is %s, with what a person does', async (thrown, name, message) => {
    const call = askRds('the call', () => Promise.reject(awsError(thrown, 'because')));
    await expect(call).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  it('of which nothing is known goes on as it is', async () => {
    const error = awsError('SomethingNew');
    await expect(askRds('the call', () => Promise.reject(error))).rejects.toBe(error);
  });
});
