import type {
  DBCluster,
  DBInstance,
  DBInstanceAutomatedBackup,
  GlobalCluster,
  PendingModifiedValues,
  Tag,
} from '@aws-sdk/client-rds';
import type { Fleet } from './fleet.ts';
import { endpointNames, nameIn, regionIn } from './names.ts';
import { zonesOf } from './zones.ts';
import type { BackupCopy, Cluster, GlobalDatabase, Instance, Window } from './records.ts';

export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function tagsFrom(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** An instance as DescribeDBInstances tells it. */
export function instanceShape(fleet: Fleet, instance: Instance): DBInstance {
  const { region, identifier, settings, cluster, replicaOf } = instance;
  const window = fleet.windowOf(instance);
  const replicas = [...fleet.instances].filter((each) => each.replicaOf === fleet.arnOf(instance));
  const copies = [...fleet.copies].filter((each) => each.source === instance);
  return {
    ...settings,
    ...zonesOf(instance),
    DBInstanceIdentifier: identifier,
    DBInstanceArn: fleet.arnOf(instance),
    DbiResourceId: instance.resourceId,
    DBInstanceStatus: instance.status,
    InstanceCreateTime: new Date(instance.createdAt),
    ...(instance.named && fleet.serverOf(instance)
      ? {
          Endpoint: {
            Address: endpointNames.instance(region, identifier),
            Port: settings.DbInstancePort,
            HostedZoneId: 'Z1RLNUO7B9Q6NB',
          },
        }
      : {}),
    DbInstancePort: 0,
    PendingModifiedValues: pendingShape(instance),
    ...(window ? { LatestRestorableTime: new Date(window.to) } : {}),
    ...(cluster ? { DBClusterIdentifier: cluster.identifier } : {}),
    ...(replicaOf === undefined
      ? {}
      : {
          ReadReplicaSourceDBInstanceIdentifier:
            regionIn(replicaOf) === region ? nameIn(replicaOf) : replicaOf,
          StatusInfos: [{ StatusType: 'read replication', Normal: true, Status: 'replicating' }],
        }),
    ReadReplicaDBInstanceIdentifiers: replicas.map((each) =>
      each.region === region ? each.identifier : fleet.arnOf(each),
    ),
    DBInstanceAutomatedBackupsReplications: copies.map(({ arn }) => ({ DBInstanceAutomatedBackupsArn: arn })),
    TagList: tagList(instance.tags),
  };
}

/** Names that ModifyDBInstance and PendingModifiedValues have for the same thing. */
const pendingNames: Readonly<Record<string, keyof PendingModifiedValues>> = {
  AllocatedStorage: 'AllocatedStorage',
  BackupRetentionPeriod: 'BackupRetentionPeriod',
  CACertificateIdentifier: 'CACertificateIdentifier',
  DBInstanceClass: 'DBInstanceClass',
  DBPortNumber: 'Port',
  DBSubnetGroupName: 'DBSubnetGroupName',
  DedicatedLogVolume: 'DedicatedLogVolume',
  EnableIAMDatabaseAuthentication: 'IAMDatabaseAuthenticationEnabled',
  EngineVersion: 'EngineVersion',
  Iops: 'Iops',
  MasterUserPassword: 'MasterUserPassword',
  MultiAZ: 'MultiAZ',
  NewDBInstanceIdentifier: 'DBInstanceIdentifier',
  StorageThroughput: 'StorageThroughput',
  StorageType: 'StorageType',
};

function pendingShape({ pending }: Instance): PendingModifiedValues {
  const shown = Object.entries(pending).flatMap(([member, value]) => {
    const name = pendingNames[member];
    return name === undefined ? [] : [[name, name === 'MasterUserPassword' ? '****' : value]];
  });
  return Object.fromEntries(shown) as PendingModifiedValues;
}

/** A cluster as DescribeDBClusters tells it. */
export function clusterShape(fleet: Fleet, cluster: Cluster): DBCluster {
  const { region, identifier, global, members, rebootPending } = cluster;
  const window = fleet.clusterWindow(cluster);
  const writes = !global || global.writer === cluster;
  return {
    ...cluster.settings,
    DBClusterIdentifier: identifier,
    DBClusterArn: fleet.clusterArn(cluster),
    DbClusterResourceId: cluster.resourceId,
    Status: cluster.status,
    ClusterCreateTime: new Date(cluster.createdAt),
    ...(cluster.named
      ? {
          Endpoint: endpointNames.writer(region, identifier),
          ReaderEndpoint: endpointNames.reader(region, identifier),
        }
      : {}),
    MultiAZ: members.length > 1,
    DBClusterMembers: members.map((member, i) => ({
      DBInstanceIdentifier: member.identifier,
      IsClusterWriter: i === 0 && writes,
      DBClusterParameterGroupStatus: rebootPending.has(member) ? 'pending-reboot' : 'in-sync',
      PromotionTier: member.settings.PromotionTier ?? 1,
    })),
    ...(window
      ? { EarliestRestorableTime: new Date(window.from), LatestRestorableTime: new Date(window.to) }
      : {}),
    ...(global ? { GlobalClusterIdentifier: global.identifier } : {}),
    ...(writes ? {} : { ReplicationSourceIdentifier: fleet.clusterArn(global.writer) }),
    TagList: tagList(cluster.tags),
  };
}

/** A global cluster as DescribeGlobalClusters tells it. */
export function globalShape(fleet: Fleet, global: GlobalDatabase): GlobalCluster {
  const { writer, members, resyncing, moving } = global;
  return {
    GlobalClusterIdentifier: global.identifier,
    GlobalClusterResourceId: global.resourceId,
    GlobalClusterArn: fleet.arns.global(global.identifier),
    Status: global.status,
    Engine: writer.settings.Engine,
    EngineVersion: writer.settings.EngineVersion,
    DatabaseName: writer.settings.DatabaseName,
    StorageEncrypted: writer.settings.StorageEncrypted,
    DeletionProtection: false,
    GlobalClusterMembers: members.map((member) => ({
      DBClusterArn: fleet.clusterArn(member),
      IsWriter: member === writer,
      Readers:
        member === writer
          ? members.filter((other) => other !== writer).map((other) => fleet.clusterArn(other))
          : [],
      SynchronizationStatus: resyncing.has(member) ? 'pending-resync' : 'connected',
    })),
    ...(moving
      ? {
          FailoverState: {
            Status: 'failing-over',
            FromDbClusterArn: fleet.clusterArn(moving.from),
            ToDbClusterArn: fleet.clusterArn(moving.to),
            IsDataLossAllowed: moving.dataLoss,
          },
        }
      : {}),
  };
}

interface BackupFacts {
  readonly source: Instance;
  readonly arn: string | undefined;
  readonly status: string;
  readonly window: Window | null;
  readonly retention: number | undefined;
  readonly copies: readonly BackupCopy[];
  readonly encryptionKey?: string | undefined;
}

/** Automated backups as DescribeDBInstanceAutomatedBackups tells them; `Region` is that of the instance. */
export function backupShape(fleet: Fleet, facts: BackupFacts): DBInstanceAutomatedBackup {
  const { source, window, copies } = facts;
  const { settings } = source;
  return {
    DBInstanceArn: fleet.arnOf(source),
    DbiResourceId: source.resourceId,
    Region: source.region,
    DBInstanceIdentifier: source.identifier,
    RestoreWindow: window ? { EarliestTime: new Date(window.from), LatestTime: new Date(window.to) } : {},
    AllocatedStorage: settings.AllocatedStorage,
    Status: facts.status,
    Port: settings.DbInstancePort,
    AvailabilityZone: settings.AvailabilityZone,
    InstanceCreateTime: new Date(source.createdAt),
    MasterUsername: settings.MasterUsername,
    Engine: settings.Engine,
    EngineVersion: settings.EngineVersion,
    LicenseModel: settings.LicenseModel,
    OptionGroupName: settings.OptionGroupMemberships?.[0]?.OptionGroupName,
    Encrypted: settings.StorageEncrypted,
    StorageType: settings.StorageType,
    KmsKeyId: facts.encryptionKey ?? settings.KmsKeyId,
    IAMDatabaseAuthenticationEnabled: settings.IAMDatabaseAuthenticationEnabled,
    BackupRetentionPeriod: facts.retention,
    PreferredBackupWindow: settings.PreferredBackupWindow,
    DBInstanceAutomatedBackupsArn: facts.arn,
    DBInstanceAutomatedBackupsReplications: copies.map(({ arn }) => ({ DBInstanceAutomatedBackupsArn: arn })),
    BackupTarget: 'region',
  };
}
