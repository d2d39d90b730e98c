import type { ClusterName } from '../aws/kubernetes.ts';
import type { Site } from '../incident/contract.ts';

/** What the tasks say to each other about databases. Types only. Times are ISO 8601, UTC. */

/** What a consistency query must answer. Exactly one of them. */
export type Expectation =
  /** So many rows, and no other number. */
  | { readonly rows: number }
  /** The first column of the first row, as text. */
  | { readonly value: string }
  /** The first column of the first row, as a number, is at least this. */
  | { readonly atLeast: number };

export interface ConsistencyQuery {
  readonly name: string;
  readonly sql: string;
  readonly expect: Expectation;
}

/** One database of the environment, as its tasks are told of it. */
export interface DatabaseSettings {
  /** The environment's own word for it: `erlmcp`. */
  readonly name: string;
  /** `aurora`: identifiers are those of DB clusters. */
  readonly kind: 'instance' | 'aurora';
  readonly primary: DatabasePlace;
  /** How the standby gets its own: by promoting a replica, or by a restore from backups that are copied there. */
  readonly standby: DatabasePlace & { readonly from: 'replica' | 'backups' };
  /** Of an Aurora global database. */
  readonly globalCluster?: string;
  /** Databases that must be back before this one. */
  readonly after: readonly string[];
  /** How those who use the database find it, and so what is changed when another takes its place. */
  readonly identity: Identity;
  /** Security groups that a damaged database is put into, so that nobody but an investigator reaches it. */
  readonly quarantine?: readonly string[];
  /** The lease that the primary's writers must renew; without it, promotion always asks a person. */
  readonly lease?: LeaseTerms;
  /** Until a restore has been measured, it is said to take so long. */
  readonly expectedSeconds: number;
  /** A restore that takes longer is given up. */
  readonly budgetSeconds: number;
}

export interface DatabasePlace {
  readonly region: string;
  /** Of the DB instance, or of the DB cluster. */
  readonly identifier: string;
}

export type Identity =
  /** JSON with the members `host` and `port`, one secret per site, each in its site's region. */
  | { readonly by: 'secret'; readonly secret: Readonly<Record<Site, string>> }
  /** A CNAME record of ours, one per site. */
  | {
      readonly by: 'cname';
      readonly zoneId: string;
      readonly ttl: number;
      readonly record: Readonly<Record<Site, string>>;
    }
  /** The restored instance takes the name of the damaged one. Two renames, of about ten minutes each. `host`: the endpoints. */
  | { readonly by: 'rename'; readonly host: Readonly<Record<Site, string>> };

export interface LeaseTerms {
  /** Writers that have not renewed for so long must have stopped. */
  readonly ttlSeconds: number;
  /** By how much clocks may differ. */
  readonly skewSeconds: number;
}

/** The deployments that use the databases, in a site's cluster. */
export interface WritersSettings extends ClusterName {
  /** Stopped while a database is restored, and started again in this order. */
  readonly deployments: readonly { readonly name: string; readonly autoscaler?: string }[];
}

/* ---- query-database: the only function that connects to a database ---- */

/** One look into a database. `host` defaults to what the site's identity says. */
export interface QueryRequest {
  readonly database: string;
  /** An address to ask instead of the one that the application uses: a restored copy, a replica. */
  readonly host?: string;
  readonly port?: number;
  readonly ask: readonly QueryKind[];
  /** For `writes`: rows since this time are counted. */
  readonly since?: string;
}

/**
 * `consistency`: the environment's queries. `heartbeat`: the newest heartbeat row. `state`: writable or not, and
 * how replication stands. `writes`: heartbeat rows and rows per table since a time, for the report of lost writes.
 */
export type QueryKind = 'consistency' | 'heartbeat' | 'state' | 'writes';

export interface QueryAnswer {
  readonly reachable: boolean;
  /** Nobody answered at its address. Absent when something did, a refusal for one, or when nobody could be asked. */
  readonly silent?: true;
  /** Why not, or what was reached: `10.0.3.7:5432, PostgreSQL 18.4`. */
  readonly evidence: string;
  /** When the answer's snapshot was taken, by the clock of the function. */
  readonly at: string;
  readonly consistency?: readonly ConsistencyResult[];
  readonly heartbeat?: Heartbeat | null;
  readonly state?: DatabaseState;
  readonly writes?: readonly TableWrites[];
}

export interface ConsistencyResult {
  readonly name: string;
  /** `unknown`: it could not be run; never taken for held. */
  readonly held: boolean | 'unknown';
  readonly evidence: string;
}

/** The newest row of `lifeboat.heartbeat`. */
export interface Heartbeat {
  readonly at: string;
  /** Position in the write-ahead log, as PostgreSQL writes it: `0/3000148`. Absent when the writer keeps none. */
  readonly position?: string;
}

export interface DatabaseState {
  /** Not in recovery, and not read only. */
  readonly writable: boolean;
  readonly inRecovery: boolean;
  /** By its own account; null when unknown, never 0 for that. */
  readonly lagSeconds: number | null;
  readonly replicas: number | null;
}

export interface TableWrites {
  readonly table: string;
  /** Rows in all. */
  readonly rows: number;
  /** Rows written since the time asked about; null when the table says no times. */
  readonly since: number | null;
  /** The oldest and the newest of these. */
  readonly from?: string;
  readonly to?: string;
}

/* ---- on the ledger ---- */

/** `databases/<name>/checks.json`: what the scheduled checks found, newest first, at most 1,500. */
export interface CheckHistory {
  readonly results: readonly {
    readonly at: string;
    readonly held: boolean | 'unknown';
    /** Names of the queries that did not hold, with evidence. */
    readonly failing: readonly string[];
  }[];
}

/** `databases/<name>/settings.json`: all that RDS does not carry over, kept in good times. */
export interface KeptSettings {
  readonly at: string;
  readonly identifier: string;
  readonly region: string;
  /** As DescribeDBInstances or DescribeDBClusters answered; members of an Aurora cluster under `members`. */
  readonly described: Readonly<Record<string, unknown>>;
  readonly members?: readonly Readonly<Record<string, unknown>>[];
  readonly tags: Readonly<Record<string, string>>;
}

/** `databases/<name>/restores.json`: how long restores took, newest first, at most 50. */
export interface RestoreHistory {
  readonly restores: readonly {
    readonly at: string;
    readonly seconds: number;
    readonly allocatedGiB: number | null;
  }[];
}

/**
 * `recoveries/<name>.json`: a restore or promotion that has begun, so that the next incident goes on with it.
 * Its phase only ever advances; `finished` or `abandoned` makes room for another.
 */
export interface Recovery {
  readonly kind: 'restore' | 'promotion';
  readonly database: string;
  readonly site: Site;
  /** Every incident that worked on it, the first one first. */
  readonly incidents: readonly string[];
  readonly startedAt: string;
  readonly phase:
    | 'planned'
    | 'restoring'
    | 'restored'
    | 'validated'
    | 'swapping'
    | 'swapped'
    | 'promoting'
    | 'promoted'
    | 'finished'
    | 'abandoned';
  /** The damaged instance or cluster, or the replica's source. */
  readonly source: DatabasePlace;
  /** What takes its place. */
  readonly target: DatabasePlace;
  /** Of a restore: the time it restores to. */
  readonly recoveryPoint?: string;
  /** When the copy was first seen available. */
  readonly restoredAt?: string;
  /** Where the target answers, once it does. */
  readonly endpoint?: { readonly host: string; readonly port: number };
  /** Where the damaged one answers now, after it was renamed; for forensics and the report of lost writes. */
  readonly keptAs?: { readonly identifier: string; readonly host: string; readonly port: number };
  readonly updatedAt: string;
}

/** `leases/<name>.json`: who may write to the database. Changed only on condition. */
export interface Lease {
  /** `nobody`: taken away; writers must have stopped `ttlSeconds` after `renewedAt`. */
  readonly holder: Site | 'nobody';
  /** One more with every change of holder. */
  readonly epoch: number;
  /** By the clock of the holder, when it began the renewal. */
  readonly renewedAt: string;
  readonly ttlSeconds: number;
  /** The newest heartbeat row that the database had acknowledged by then. */
  readonly heartbeat?: Heartbeat;
}

/** A function by its name, in its region. */
export interface RemoteFunction {
  readonly region: string;
  readonly functionName: string;
}
