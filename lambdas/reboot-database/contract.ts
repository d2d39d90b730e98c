import type { DatabaseSettings, RemoteFunction } from '../database/contract.ts';
import type { IncidentRef, Site, StepResult } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  /** Of each site: a database that answers again is left alone. */
  readonly query: Readonly<Record<Site, RemoteFunction>>;
}

/** Restart a Multi-AZ database in its other zone (RebootDBInstance with ForceFailover; FailoverDBCluster for Aurora), once per incident. */
export interface Input {
  readonly incident: IncidentRef;
  readonly database: string;
  readonly site: Site;
}

export type Output = StepResult;
