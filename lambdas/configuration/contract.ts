import type { Site } from '../incident/contract.ts';

/** What the tasks say to each other about the configuration. Types only. Times are ISO 8601, UTC. */

/** A versioned bucket that the application reads its configuration from, one per site. */
export interface BucketSettings {
  /** The environment's own word for it. */
  readonly name: string;
  /** `standby`: the replica of the primary's, which is read when the primary's has not what is wanted any more. */
  readonly places: { readonly primary: BucketPlace; readonly standby?: BucketPlace };
  /** Only keys that begin with one of them are ever looked at. */
  readonly prefixes: readonly string[];
}

export interface BucketPlace {
  readonly region: string;
  readonly bucket: string;
}

/** Beyond these a person is asked before anything is restored. */
export interface BlastRadius {
  /** Objects of buckets and of the cluster that would be written or deleted, together. */
  readonly objects: number;
  /** Of all objects that were looked at, those that would be written or deleted. */
  readonly percent: number;
  /** Objects that would be deleted. */
  readonly deletions: number;
}

/**
 * One restore, `configuration/<site>.json` on the ledger: who finds it unfinished goes on with it, to the same
 * recovery point and by the same plan, unless a person gives another point.
 */
export interface ConfigurationRecovery extends RestorePlan {
  readonly incidents: readonly string[];
  readonly begunAt: string;
  /** `applied`: all is written and verified, but what reads it is not restarted; `done`: the next restore begins anew. */
  readonly phase: 'begun' | 'applied' | 'done';
}

export interface RestorePlan {
  /** Of the incident that began it. Its plan is under `restores/<id>/` on the ledger. */
  readonly id: string;
  readonly site: Site;
  readonly recoveryPoint: string;
  /** Key in the exports bucket of what the cluster is restored from; null: nothing of the cluster is. */
  readonly exportKey: string | null;
  /** Name of the snapshot that is taken before anything is changed: `before-<id>`. */
  readonly snapshot: string;
}

/** A version of an object, as S3 lists it. */
export interface VersionRef {
  readonly versionId: string;
  /** With its quotes, as S3 gives it. */
  readonly etag: string;
  readonly size: number;
  readonly lastModified: string;
  readonly storageClass?: string;
}

/** What a copy must keep beside the content; as the version had it when the plan was made. */
export interface WantedVersion extends VersionRef {
  readonly from: 'own' | 'replica';
  /** `aws:kms` or `aws:kms:dsse`; otherwise the bucket's own encryption is good enough. */
  readonly encryption?: string;
  readonly kmsKey?: string;
  readonly bucketKey?: boolean;
  /** Algorithm, type and value as S3 keeps them: `CRC64NVME FULL_OBJECT 5rD2…=`. */
  readonly checksum?: string;
  /** A copy does not take it along by itself. */
  readonly redirect?: string;
}

/**
 * One object of the plan. Planned objects are kept in chunks of at most 1,000, one JSON object a line:
 * `restores/<id>/<bucket>/plan/<chunk, 6 digits>.jsonl`. With `current` it is the pre-image, too: no version is
 * ever deleted, so what stood there can be put back by its id.
 */
export interface PlannedObject {
  readonly key: string;
  /** `bring-back`: it is gone now; `overwrite`: it is another now; `remove`: it was not there then. */
  readonly action: 'bring-back' | 'overwrite' | 'remove';
  /** What it was at the recovery point, and in which bucket that version is; null when it was not there. */
  readonly wanted: WantedVersion | null;
  /** What it is now; null when there is nothing, not even a delete marker. A write on another condition is refused. */
  readonly current: (VersionRef & { readonly marker: boolean }) | null;
}

/** An object that cannot be restored, and why: its version is gone, it is locked, archived, denied. */
export interface ProblemObject {
  readonly key: string;
  readonly problem: string;
}

export interface Counted {
  readonly objects: number;
  readonly bytes: number;
}

export interface PlanTotals {
  readonly bringBack: Counted;
  readonly overwrite: Counted;
  readonly remove: Counted;
  readonly unchanged: Counted;
  /** Objects that cannot be brought back. */
  readonly problems: number;
}

/**
 * What each object of a chunk became, and the place at which the work goes on:
 * `restores/<id>/<bucket>/written/<chunk>.jsonl`. Apart from the sums, which are read for all chunks at once.
 */
export interface WrittenObject {
  readonly key: string;
  readonly outcome: 'restored' | 'removed' | 'already-there' | 'conflict' | 'failure';
  /** What stands there since; a marker's id when it was removed. */
  readonly versionId?: string;
  readonly etag?: string;
  readonly bytes?: number;
  readonly problem?: string;
}

/** What became of a chunk: `restores/<id>/<bucket>/applied/<chunk>.json`. Keys in full, whatever their number. */
export interface AppliedChunk {
  /** That applied it last: another one tries again what failed, its own retry does not. */
  readonly incident?: string;
  readonly restored: Counted;
  readonly removed: number;
  readonly alreadyThere: number;
  /** Written by somebody else since the plan was made: left as they are. */
  readonly conflicts: readonly string[];
  readonly failures: readonly ProblemObject[];
}

/* ---- the cluster's part ---- */

/** ConfigMaps, Secrets and listed deployments of one namespace: `exports/<site>/<2026-11-23T10-00-00Z>.json`, and `snapshots/<name>.json`. */
export interface ClusterExport {
  readonly at: string;
  readonly site: Site;
  readonly namespace: string;
  /** What Kubernetes itself adds is left out (uid, resourceVersion, managedFields, status). */
  readonly configMaps: readonly ExportedObject[];
  readonly secrets: readonly ExportedObject[];
  /** Manifests, to be read by people and compared between sites; they are not restored. */
  readonly deployments: readonly ExportedObject[];
  /**
   * ConfigMaps and Secrets that were there and are not kept: `Secret sh.helm.release.v1.erlmcp.v3`. A restore leaves
   * them, also when nobody owns or excludes them any more.
   */
  readonly leftOut: readonly string[];
  /** SHA-256 in hex, without `at` and the deployments' replicas: what equals the newest export is written once a day. */
  readonly hash: string;
}

export interface ExportedObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** Everything but metadata and status: `data`, `binaryData`, `immutable`, `type`, `spec`. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** `exports/<site>.json` on the ledger. */
export interface ExportState {
  /** When the cluster was last looked at. */
  readonly checkedAt: string;
  readonly latest: { readonly key: string; readonly at: string; readonly hash: string };
}

/** What a restore of the cluster's objects would do, or has done. Names only, never contents. */
export interface ClusterTotals {
  readonly bringBack: readonly string[];
  readonly overwrite: readonly string[];
  readonly remove: readonly string[];
  readonly unchanged: number;
  readonly problems: readonly ProblemObject[];
}
