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

/** `waiting`: the logs up to the recovery point are not all in the backups yet; ask again. */
export interface Output extends StepResult {
  readonly waiting: boolean;
}
