import type { BucketSettings } from '../configuration/contract.ts';

/** Each hour, in the standby's region: does the standby have what the primary has? */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly region: string;
  readonly exportsBucket: string;
  readonly buckets: readonly BucketSettings[];
  /** Names of ConfigMaps, Secrets and deployments that are meant to differ between the sites. */
  readonly differs: readonly string[];
}

/** Publishes `Lifeboat/SitesAlike` {Environment}: 1 or 0; nothing when it is not known. */
export interface Output {
  readonly alike: boolean | 'unknown';
  readonly summary: string;
}

/** `drift.json` on the ledger. Names and members, never contents. */
export interface Drift {
  readonly at: string;
  readonly differences: readonly {
    /** `ConfigMap erlmcp`, `Secret erlmcp-keys`, `Deployment erlmcp`, `s3 config/app.json`. */
    readonly what: string;
    /** `only at the primary`, `only at the standby`, `differs in data.pool, data.size`. */
    readonly how: string;
  }[];
  /** What could not be compared. */
  readonly unknown: readonly string[];
}
