import type { DatabaseSettings } from '../database/contract.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
}

export interface Input {
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
}

export interface Difference {
  readonly setting: string;
  readonly source: unknown;
  readonly target: unknown;
}

/** Makes the copy like its source. `remaining`: what still differs and why nothing was done about it. */
export interface Output extends StepResult {
  readonly fixed: readonly Difference[];
  readonly remaining: readonly (Difference & { readonly why: string })[];
  /** Something was changed: the copy must become available again. */
  readonly waiting: boolean;
}
