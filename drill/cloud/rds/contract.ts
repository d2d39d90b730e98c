import type { CloudService } from '../contract.ts';
import type { DatabaseServer } from './engine.ts';

/** What was there before Lifeboat: databases that somebody made, as an environment names them. */
export interface InstanceSeed {
  readonly region: string;
  readonly identifier: string;
  readonly server: DatabaseServer;
  readonly dbName: string;
  /** A region that its automated backups have been copied to for long. */
  readonly backupsCopiedTo?: string;
  /** Of a replica: the ARN of its source in the other region. */
  readonly replicaOf?: string;
  /** Members of DescribeDBInstances that differ from RDS's defaults: what a restore must carry over. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** Days; default 7. Automated backups are on. */
  readonly backupRetentionPeriod?: number;
}

export interface ClusterSeed extends Omit<InstanceSeed, 'replicaOf' | 'backupsCopiedTo'> {
  /** Instances of the cluster; the first one is the writer. */
  readonly members: readonly string[];
  readonly globalCluster?: { readonly identifier: string; readonly role: 'writer' | 'secondary' };
}

/** How a restore or promotion should go wrong, until it is set to null. */
export type RdsFault =
  /** A restore ends in `incompatible-restore` or `failed`. */
  | { readonly kind: 'restore-fails'; readonly status: 'failed' | 'incompatible-restore' }
  /** A restore never leaves `creating`. */
  | { readonly kind: 'restore-hangs' }
  | { readonly kind: 'quota' }
  | { readonly kind: 'promotion-hangs' };

/** Where a database answers in the world: `name` resolves to `ip`, and `ip:port` leads to a loopback port. */
export interface DatabaseAddress {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  readonly loopbackPort: number;
  readonly region: string;
  readonly identifier: string;
  /** Security groups as they are now. */
  readonly securityGroups: readonly string[];
}

export interface Rds {
  readonly service: CloudService;
  /** Listed or not: an operator's quota and backups of instances start with what is seeded. */
  seedInstance(seed: InstanceSeed): void;
  seedCluster(seed: ClusterSeed): void;
  /** Every endpoint that exists now; a renamed or deleted one is gone from it. */
  addresses(): readonly DatabaseAddress[];
  serverOf(region: string, identifier: string): DatabaseServer | undefined;
  setFault(region: string, fault: RdsFault | null): void;
  /**
   * The machine of an instance, or of an Aurora cluster's writer, dies in a way that RDS does not notice: the status
   * stays `available`, and nobody answers. Only a start in another zone helps, or `down: false`.
   */
  setHostDown(region: string, identifier: string, down: boolean): void;
  /** The engine's log is shipped, replicated backups are copied, metrics are published, from now on. */
  start(): void;
  stop(): void;
}
