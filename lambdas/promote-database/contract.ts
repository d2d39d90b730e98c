import type { DatabaseSettings } from '../database/contract.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';
import type { DatabaseLoss } from '../measure-loss/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
}

export interface Input {
  readonly incident: IncidentRef;
  readonly loss: DatabaseLoss;
  /** Of fence-primary; a promotion before it is refused. */
  readonly safeAt: string;
}

export type Output = StepResult;
