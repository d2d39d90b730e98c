import { AwsError, type Foundation, type MetricSink } from '../contract.ts';
import { delays } from '../delays.ts';
import type { RdsFault } from './contract.ts';
import type { DatabaseEngine, DatabaseServer } from './engine.ts';
import { arns, nameIn, type Arns } from './names.ts';
import {
  inSeconds,
  type BackupCopy,
  type Cluster,
  type GlobalDatabase,
  type Instance,
  type RdsEvent,
  type RetainedBackup,
  type Window,
} from './records.ts';

export interface RdsOptions {
  readonly engine: DatabaseEngine;
  readonly metrics: MetricSink;
  /** Regions that nothing reaches: no backup is copied out of them, nor anything promoted with their help. */
  readonly dark?: (region: string) => boolean;
  /** From the call until a restored instance or cluster is available, whatever its size; default 20. */
  readonly restoreMinutes?: number;
  /** From the call until a promoted replica is available; default 5. */
  readonly promotionMinutes?: number;
  /** Instances in a region; RDS's default is 40 (aws-facts §4.2). */
  readonly instanceQuota?: number;
  /** Calls a second in a region, and as many in a burst; without it there is no limit, as RDS publishes none. */
  readonly requestsPerSecond?: number;
}

/** All databases of the account, and what happens to them in time. */
export class Fleet {
  readonly instances = new Set<Instance>();
  readonly clusters = new Set<Cluster>();
  readonly globals = new Set<GlobalDatabase>();
  readonly copies = new Set<BackupCopy>();
  readonly retained = new Set<RetainedBackup>();
  readonly faults = new Map<string, RdsFault>();
  readonly events: RdsEvent[] = [];
  readonly arns: Arns;
  readonly foundation: Foundation;
  readonly engine: DatabaseEngine;
  readonly metrics: MetricSink;
  readonly restoring: number;
  readonly promoting: number;
  readonly #options: RdsOptions;
  #addresses = 0;

  constructor(foundation: Foundation, options: RdsOptions) {
    const { restoreMinutes, promotionMinutes } = options;
    this.foundation = foundation;
    this.engine = options.engine;
    this.metrics = options.metrics;
    this.arns = arns(foundation.account);
    this.restoring = restoreMinutes === undefined ? delays.rdsRestore : restoreMinutes * 60_000;
    this.promoting = promotionMinutes === undefined ? delays.rdsPromotion : promotionMinutes * 60_000;
    this.#options = options;
  }

  get now(): number {
    return this.foundation.clock.now();
  }

  dark(region: string): boolean {
    return this.#options.dark?.(region) ?? false;
  }

  /** An address of its own for an endpoint, for as long as the database lives. */
  address(): string {
    const number = ++this.#addresses;
    return `10.77.${Math.floor(number / 250)}.${1 + (number % 250)}`;
  }

  resourceId(prefix: 'db-' | 'cluster-'): string {
    return prefix + this.foundation.id().padEnd(26, '0');
  }

  arnOf({ region, identifier }: Instance): string {
    return this.arns.instance(region, identifier);
  }

  clusterArn({ region, identifier }: Cluster): string {
    return this.arns.cluster(region, identifier);
  }

  findInstance(region: string, identifierOrArn: string | undefined): Instance | undefined {
    const name = nameIn(identifierOrArn ?? '').toLowerCase();
    return [...this.instances].find((each) => each.region === region && each.identifier === name);
  }

  findCluster(region: string, identifierOrArn: string | undefined): Cluster | undefined {
    const name = nameIn(identifierOrArn ?? '').toLowerCase();
    return [...this.clusters].find((each) => each.region === region && each.identifier === name);
  }

  /** By its ARN, whatever region it is in. */
  instanceOfArn(arn: string): Instance | undefined {
    return [...this.instances].find((each) => this.arnOf(each) === arn);
  }

  /** @throws AwsError `DBInstanceNotFound` */
  instance(region: string, identifierOrArn: string | undefined): Instance {
    const found = this.findInstance(region, identifierOrArn);
    if (found) return found;
    throw new AwsError('DBInstanceNotFound', `DBInstance ${nameIn(identifierOrArn ?? '')} not found.`, 404);
  }

  /** @throws AwsError `DBClusterNotFoundFault` */
  cluster(region: string, identifierOrArn: string | undefined): Cluster {
    const found = this.findCluster(region, identifierOrArn);
    if (found) return found;
    throw new AwsError(
      'DBClusterNotFoundFault',
      `DBCluster ${nameIn(identifierOrArn ?? '')} not found.`,
      404,
    );
  }

  /** @throws AwsError `DBInstanceAlreadyExists`, `InstanceQuotaExceeded` */
  makeRoom(region: string, identifier: string): void {
    if (this.findInstance(region, identifier)) {
      throw new AwsError('DBInstanceAlreadyExists', 'DB instance already exists');
    }
    const { instanceQuota = 40 } = this.#options;
    const there = [...this.instances].filter((each) => each.region === region).length;
    if (there >= instanceQuota || this.faults.get(region)?.kind === 'quota') {
      throw new AwsError(
        'InstanceQuotaExceeded',
        `You have reached the maximum number of DB instances allowed, ${instanceQuota}. Your account has ${there}.`,
      );
    }
  }

  serverOf({ server, cluster }: Instance): DatabaseServer | undefined {
    return cluster ? cluster.server : server;
  }

  /** What can be restored of an instance, as RDS tells it; null where it has no backups. */
  windowOf({ settings, server }: Instance): Window | null {
    return this.#kept(server, settings.BackupRetentionPeriod);
  }

  clusterWindow({ settings, server }: Cluster): Window | null {
    return this.#kept(server, settings.BackupRetentionPeriod);
  }

  #kept(server: DatabaseServer | undefined, retention = 0): Window | null {
    if (retention === 0) return null;
    const window = server?.archive.window();
    if (!window) return null;
    return inSeconds({ from: Math.max(window.from, this.now - retention * 86_400_000), to: window.to });
  }

  is(record: Instance | Cluster, status: string): void {
    if (record.status === status) return;
    record.status = status;
    this.foundation.tell('RDS', `${record.identifier} in ${record.region} is ${status}`);
  }

  /** Something that DescribeEvents tells for fourteen days. */
  event(record: Instance | Cluster, category: string, message: string): void {
    const { region, identifier } = record;
    const cluster = 'members' in record;
    this.events.push({
      region,
      type: cluster ? 'db-cluster' : 'db-instance',
      identifier,
      arn: cluster ? this.clusterArn(record) : this.arnOf(record),
      message,
      categories: [category],
      at: this.now,
    });
  }

  /** Whether nobody has deleted it meanwhile. */
  lives(record: Instance | Cluster): boolean {
    const there = 'members' in record ? this.clusters.has(record) : this.instances.has(record);
    return there && record.status !== 'deleting';
  }

  later(ms: number, run: () => void): void {
    this.foundation.clock.at(this.now + ms, run);
  }

  /** Work of the engine: takes the time that it takes, and says so when it fails. */
  work(what: string, run: () => Promise<void>, onFailure: () => void = () => undefined): void {
    void this.foundation.clock.busy(run).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.foundation.tell('RDS', `${what} failed`, reason);
      onFailure();
    });
  }

  /** Go on at once, or as soon as a fault no longer holds it up. */
  unlessHeldUp(region: string, kind: RdsFault['kind'], goOn: () => void): void {
    if (this.faults.get(region)?.kind !== kind) goOn();
    else this.later(60_000, () => this.unlessHeldUp(region, kind, goOn));
  }
}

/** @throws AwsError `InvalidDBInstanceState` unless it is available */
export function requireAvailable({ status }: Instance): void {
  if (status === 'available') return;
  throw new AwsError('InvalidDBInstanceState', 'Database instance is not in available state.');
}

/** @throws AwsError `InvalidDBClusterStateFault` unless it is available */
export function requireClusterAvailable({ identifier, status }: Cluster): void {
  if (status === 'available') return;
  throw new AwsError(
    'InvalidDBClusterStateFault',
    `DB Cluster ${identifier} is in ${status} state, not available.`,
  );
}
