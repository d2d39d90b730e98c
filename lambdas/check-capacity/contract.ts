import type { Check, IncidentRef } from '../incident/contract.ts';
import type { ClusterSettings } from '../scale-workloads/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly cluster: ClusterSettings;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly updates: readonly { readonly nodeGroup: string; readonly updateId: string }[];
  /** Counts from 1; kept in the evidence. */
  readonly attempt: number;
}

/** Throws `CapacityFailed` when an update failed: waiting longer would not help. */
export interface Output {
  readonly ready: boolean;
  readonly summary: string;
  readonly checks: readonly Check[];
}
