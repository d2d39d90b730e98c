import type { DBInstance } from '@aws-sdk/client-rds';
import { startCopy } from './backup-operations.ts';
import type { ClusterSeed, InstanceSeed } from './contract.ts';
import type { Fleet } from './fleet.ts';
import type { Cluster, GlobalDatabase, Instance } from './records.ts';
import { zoneOfMember } from './zones.ts';
import { clusterPartOf, defaultClusterSettings, defaultSettings } from './settings.ts';

export function seedInstance(fleet: Fleet, seed: InstanceSeed): void {
  const { region, identifier, server, dbName, settings = {}, tags = {}, backupRetentionPeriod = 7 } = seed;
  fleet.makeRoom(region, identifier);
  const { Engine, EngineVersion } = settings as DBInstance;
  const instance: Instance = {
    region,
    identifier,
    resourceId: fleet.resourceId('db-'),
    createdAt: fleet.now,
    status: 'available',
    settings: {
      ...defaultSettings(Engine, EngineVersion),
      DBName: dbName,
      BackupRetentionPeriod: backupRetentionPeriod,
      PubliclyAccessible: false,
      ...settings,
    },
    pending: {},
    tags,
    server,
    replicaOf: seed.replicaOf,
    cluster: undefined,
    ip: fleet.address(),
    named: true,
  };
  fleet.instances.add(instance);
  if (seed.backupsCopiedTo !== undefined) {
    startCopy(fleet, instance, seed.backupsCopiedTo, { retention: backupRetentionPeriod, at: 'for-long' });
  }
}

export function seedCluster(fleet: Fleet, seed: ClusterSeed): void {
  const { region, identifier, server, dbName, settings = {}, tags = {}, backupRetentionPeriod = 7 } = seed;
  if (fleet.findCluster(region, identifier)) throw new Error(`there is a cluster ${identifier} in ${region}`);
  const cluster: Cluster = {
    region,
    identifier,
    resourceId: fleet.resourceId('cluster-'),
    createdAt: fleet.now,
    status: 'available',
    settings: {
      ...defaultClusterSettings(),
      DatabaseName: dbName,
      BackupRetentionPeriod: backupRetentionPeriod,
      ...clusterPartOf(settings),
    },
    pending: {},
    rebootPending: new Set(),
    tags,
    server,
    members: [],
    ip: fleet.address(),
    readerIp: fleet.address(),
    named: true,
    global: undefined,
  };
  fleet.clusters.add(cluster);
  const { Engine, EngineVersion, MasterUsername } = cluster.settings;
  for (const [index, member] of seed.members.entries()) {
    fleet.makeRoom(region, member);
    const instance: Instance = {
      region,
      identifier: member,
      resourceId: fleet.resourceId('db-'),
      createdAt: fleet.now,
      status: 'available',
      settings: {
        ...defaultSettings(Engine, EngineVersion),
        PubliclyAccessible: false,
        ...settings,
        Engine,
        EngineVersion,
        MasterUsername,
        DBName: dbName,
        MultiAZ: false,
        DeletionProtection: false,
        StorageType: 'aurora',
        AllocatedStorage: 1,
        PromotionTier: 1,
        AvailabilityZone: zoneOfMember(cluster, index),
      },
      pending: {},
      tags,
      server: undefined,
      replicaOf: undefined,
      cluster,
      ip: fleet.address(),
      named: true,
    };
    fleet.instances.add(instance);
    cluster.members.push(instance);
  }
  if (seed.globalCluster) join(fleet, cluster, seed.globalCluster);
}

function join(
  fleet: Fleet,
  cluster: Cluster,
  { identifier, role }: NonNullable<ClusterSeed['globalCluster']>,
): void {
  const known = [...fleet.globals].find((each) => each.identifier === identifier);
  const global: GlobalDatabase = known ?? {
    identifier,
    resourceId: fleet.resourceId('cluster-'),
    status: 'available',
    writer: cluster,
    members: [],
    resyncing: new Set(),
    moving: undefined,
  };
  fleet.globals.add(global);
  global.members.push(cluster);
  if (role === 'writer') global.writer = cluster;
  cluster.global = global;
}
