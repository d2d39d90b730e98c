import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DescribeDBClustersCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  DescribeGlobalClustersCommand,
  FailoverGlobalClusterCommand,
  PromoteReadReplicaCommand,
  RDSClient,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import type { QueryAnswer } from '../../lambdas/database/contract.ts';
import { awsError } from './memory-ledger.ts';

/** RDS of both regions, CloudWatch, and the functions that are invoked, behind their SDK clients. */
export interface PromotionWorld {
  readonly rds: ReturnType<typeof mockClient>;
  readonly lambda: ReturnType<typeof mockClient>;
  readonly cloudWatch: ReturnType<typeof mockClient>;
  /** By identifier; as DescribeDBInstances answers. Null: the region does not answer. */
  readonly instances: Map<string, Record<string, unknown> | null>;
  readonly clusters: Map<string, Record<string, unknown> | null>;
  /** Copied backups reach to; null when there are none. */
  backupsTo: Date | null;
  /** ARN of the writer of every global cluster. */
  globalWriter: string;
  /** What the database says of itself when it is asked. */
  answer: QueryAnswer | Error;
  lag: number | null;
  /** What a replica's promotion is refused with. */
  refusal: Error | null;
}

const noAnswer = () => awsError('TimeoutError', 'the region does not answer');

export function clusterArn(region: string, identifier: string): string {
  return `arn:aws:rds:${region}:111111111111:cluster:${identifier}`;
}

export function startPromotionWorld(): PromotionWorld {
  const world: PromotionWorld = {
    rds: mockClient(RDSClient),
    lambda: mockClient(LambdaClient),
    cloudWatch: mockClient(CloudWatchClient),
    instances: new Map([
      ['erlmcp', null],
      [
        'erlmcp-replica',
        {
          DBInstanceIdentifier: 'erlmcp-replica',
          DBInstanceArn: 'arn:aws:rds:eu-central-1:111111111111:db:erlmcp-replica',
          DBInstanceStatus: 'available',
          ReadReplicaSourceDBInstanceIdentifier: 'arn:aws:rds:eu-west-1:111111111111:db:erlmcp',
          BackupRetentionPeriod: 0,
          Endpoint: { Address: 'erlmcp-replica.rds.test', Port: 5_432 },
        },
      ],
    ]),
    clusters: new Map([
      ['ledger', null],
      [
        'ledger-secondary',
        {
          DBClusterIdentifier: 'ledger-secondary',
          DBClusterArn: clusterArn('eu-central-1', 'ledger-secondary'),
          Status: 'available',
          Endpoint: 'ledger-secondary.cluster.rds.test',
          ReaderEndpoint: 'ledger-secondary.cluster-ro.rds.test',
          Port: 5_432,
          ReplicationSourceIdentifier: clusterArn('eu-west-1', 'ledger'),
          DBClusterMembers: [{ DBInstanceIdentifier: 'ledger-secondary-1', IsClusterWriter: false }],
        },
      ],
    ]),
    backupsTo: null,
    globalWriter: clusterArn('eu-west-1', 'ledger'),
    answer: {
      reachable: true,
      evidence: '10.0.3.7:5432, PostgreSQL 18.4',
      at: '2026-11-23T12:04:00.000Z',
      heartbeat: { at: '2026-11-23T12:02:18.000Z' },
      state: { writable: false, inRecovery: true, lagSeconds: null, replicas: null },
    },
    lag: 7,
    refusal: null,
  };
  const found = (kind: 'instances' | 'clusters', identifier: string) => {
    const value = world[kind].get(identifier);
    if (value === null) throw noAnswer();
    if (value) return [value];
    throw awsError(
      kind === 'instances' ? 'DBInstanceNotFoundFault' : 'DBClusterNotFoundFault',
      identifier,
      404,
    );
  };
  world.rds
    .on(DescribeDBInstancesCommand)
    .callsFake(({ DBInstanceIdentifier: id }: { DBInstanceIdentifier: string }) => ({
      DBInstances: found('instances', id),
    }));
  world.rds
    .on(DescribeDBClustersCommand)
    .callsFake(({ DBClusterIdentifier: id }: { DBClusterIdentifier: string }) => ({
      DBClusters: found('clusters', id),
    }));
  world.rds.on(DescribeDBInstanceAutomatedBackupsCommand).callsFake(() => ({
    DBInstanceAutomatedBackups: world.backupsTo
      ? [
          {
            DBInstanceIdentifier: 'erlmcp',
            DBInstanceArn: 'arn:aws:rds:eu-west-1:111111111111:db:erlmcp',
            DBInstanceAutomatedBackupsArn: 'arn:aws:rds:eu-central-1:111111111111:auto-backup:ab-1',
            Region: 'eu-west-1',
            Status: 'active',
            RestoreWindow: { EarliestTime: new Date(0), LatestTime: world.backupsTo },
          },
        ]
      : [],
  }));
  world.rds.on(DescribeGlobalClustersCommand).callsFake(() => ({
    GlobalClusters: [
      {
        GlobalClusterIdentifier: 'ledger-global',
        Status: 'available',
        GlobalClusterMembers: ['eu-west-1 ledger', 'eu-central-1 ledger-secondary'].map((member) => {
          const [region = '', identifier = ''] = member.split(' ');
          const arn = clusterArn(region, identifier);
          return { DBClusterArn: arn, IsWriter: arn === world.globalWriter };
        }),
      },
    ],
  }));
  world.rds
    .on(PromoteReadReplicaCommand)
    .callsFake(({ DBInstanceIdentifier: id }: { DBInstanceIdentifier: string }) => {
      if (world.refusal) throw world.refusal;
      world.instances.set(id, { ...world.instances.get(id), DBInstanceStatus: 'modifying' });
      return {};
    });
  for (const command of [FailoverGlobalClusterCommand, SwitchoverGlobalClusterCommand]) {
    world.rds.on(command).callsFake(() => {
      if (world.refusal) throw world.refusal;
      return {};
    });
  }
  world.lambda.on(InvokeCommand).callsFake(async () => {
    if (world.answer instanceof Error) throw world.answer;
    return { StatusCode: 200, Payload: Buffer.from(JSON.stringify(world.answer)) };
  });
  world.cloudWatch.on(GetMetricDataCommand).callsFake(() => ({
    MetricDataResults: [
      { Timestamps: world.lag === null ? [] : [new Date()], Values: world.lag === null ? [] : [world.lag] },
    ],
  }));
  return world;
}

/** What RDS says of a replica that has been promoted. */
export function promoted(world: PromotionWorld): void {
  world.instances.set('erlmcp-replica', {
    ...world.instances.get('erlmcp-replica'),
    DBInstanceStatus: 'available',
    ReadReplicaSourceDBInstanceIdentifier: undefined,
  });
  world.answer = {
    reachable: true,
    evidence: '10.0.3.7:5432',
    at: '2026-11-23T12:12:00.000Z',
    heartbeat: { at: '2026-11-23T12:02:18.000Z' },
    state: { writable: true, inRecovery: false, lagSeconds: null, replicas: 0 },
  };
}
