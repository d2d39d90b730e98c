import type { IncidentRef, Check, Severity } from '../incident/contract.ts';
import type { DatabaseSettings } from '../database/contract.ts';
import type { DatabaseLoss, Output as Losses } from '../measure-loss/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  /** `person`: asked every time. `waived`: in writing, for a loss within the RPO and a database with a lease. */
  readonly approval: Readonly<Record<Severity, 'person' | 'waived'>>;
  /** How long the gate waits for an answer. */
  readonly approvalSeconds: number;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly losses: Losses;
}

/** `none`: the environment has no database to promote, or all are promoted already. */
export interface Output {
  readonly decision: 'go' | 'ask' | 'stop' | 'none';
  readonly reason: string;
  readonly question: string;
  /** How long the gate waits for an answer; after that nothing is done. */
  readonly approvalSeconds: number;
  readonly nextSteps: readonly string[];
  readonly checks: readonly Check[];
  /** Within a wave all at once. */
  readonly waves: readonly (readonly DatabaseLoss[])[];
}
