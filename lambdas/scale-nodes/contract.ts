import type { IncidentRef, StepResult } from '../incident/contract.ts';
import type { ClusterSettings } from '../scale-workloads/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly cluster: ClusterSettings;
}

export interface Input {
  readonly incident: IncidentRef;
}

/** A node group that is busy with an earlier update throws `TryAgain`, which the state machine retries. */
export interface Output extends StepResult {
  /** Updates to wait for; empty when nothing had to change. */
  readonly updates: readonly { readonly nodeGroup: string; readonly updateId: string }[];
}
