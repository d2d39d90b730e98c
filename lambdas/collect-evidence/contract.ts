import type { IncidentRef, Site } from '../incident/contract.ts';
import type { WorkloadsSettings } from '../workloads/contract.ts';

/** One such function per site, in the network of its cluster. It only looks, before a restart takes the traces away. */
export interface Settings {
  readonly environment: string;
  readonly site: Site;
  readonly ledgerBucket: string;
  readonly ledgerRegion: string;
  readonly cluster: WorkloadsSettings;
  /** Of each container, also of its last run: lines, and bytes at most. */
  readonly logLines: number;
  readonly logBytes: number;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly deployments: readonly string[];
}

/** `evidence/<incident>/<deployment>.json` on the ledger: pods, events, logs. */
export interface Output {
  readonly summary: string;
  readonly keys: readonly string[];
}
