import type { DBCluster, DBInstance } from '@aws-sdk/client-rds';
import type { Archive, DatabaseServer } from './engine.ts';

/** Members of a request, by name. */
export type Requested = Readonly<Record<string, unknown>>;

/** A DB instance; in a cluster, one that shares the cluster's server. */
export interface Instance {
  readonly region: string;
  identifier: string;
  /** `db-...`; outlives every name. */
  readonly resourceId: string;
  readonly createdAt: number;
  status: string;
  /** Members of DescribeDBInstances that somebody set or that have a default; no status, name or time. */
  settings: DBInstance;
  /** Members of ModifyDBInstance that were accepted and not applied yet. */
  pending: Requested;
  tags: Readonly<Record<string, string>>;
  /** Absent until the engine has made it. */
  server: DatabaseServer | undefined;
  /** ARN of the source, for as long as it follows one. */
  replicaOf: string | undefined;
  readonly cluster: Cluster | undefined;
  readonly ip: string;
  /** Whether its endpoint name resolves. */
  named: boolean;
  /** Multi-AZ: it runs in the zone of its second copy, since a failover. */
  failedOver?: boolean;
  /** The zone whose machine has died under it, unnoticed by RDS; of an Aurora instance its own. */
  deadZone?: string | undefined;
}

/** What RDS tells in DescribeEvents. */
export interface RdsEvent {
  readonly region: string;
  readonly type: 'db-instance' | 'db-cluster';
  readonly identifier: string;
  readonly arn: string;
  readonly message: string;
  readonly categories: readonly string[];
  readonly at: number;
}

/** An Aurora cluster: one storage, so one server, whatever number of instances. */
export interface Cluster {
  readonly region: string;
  identifier: string;
  readonly resourceId: string;
  readonly createdAt: number;
  status: string;
  settings: DBCluster;
  /** Members of ModifyDBCluster that were accepted and not applied yet. */
  pending: Requested;
  /** Instances that have not been rebooted since the cluster got another parameter group. */
  readonly rebootPending: Set<Instance>;
  tags: Readonly<Record<string, string>>;
  server: DatabaseServer | undefined;
  /** The first one is the writer, unless the cluster is a secondary. */
  readonly members: Instance[];
  readonly ip: string;
  readonly readerIp: string;
  named: boolean;
  /** The global cluster that it belongs to. */
  global: GlobalDatabase | undefined;
}

export interface GlobalDatabase {
  readonly identifier: string;
  readonly resourceId: string;
  status: string;
  writer: Cluster;
  readonly members: Cluster[];
  /** Clusters that must be rebuilt before they follow the writer again. */
  readonly resyncing: Set<Cluster>;
  moving: { readonly from: Cluster; readonly to: Cluster; readonly dataLoss: boolean } | undefined;
}

/** Automated backups of an instance that are copied to another region; they outlive the instance and its region. */
export interface BackupCopy {
  /** Where they are copied to. */
  readonly region: string;
  readonly arn: string;
  readonly source: Instance;
  readonly archive: Archive;
  readonly retention: number;
  readonly encryptionKey: string | undefined;
  status: 'pending' | 'replicating';
  /** Null until the first snapshot has arrived. */
  copied: Window | null;
}

/** Automated backups that were kept when their instance was deleted. */
export interface RetainedBackup {
  readonly arn: string;
  readonly source: Instance;
  readonly archive: Archive;
}

/** Times that can be restored to, milliseconds since the epoch, both inclusive. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** RDS tells restorable times in whole seconds, and promises no more than it has. */
export function inSeconds(window: Window | null): Window | null {
  if (!window) return null;
  const from = Math.ceil(window.from / 1000) * 1000;
  const to = Math.floor(window.to / 1000) * 1000;
  return from <= to ? { from, to } : null;
}
