import type { DatabaseSettings } from '../database/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';
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

/**
 * Where a restore stands. It fails as RestoreFailed when RDS says that it never will be available, or when it has
 * outlasted its budget: the source is untouched then.
 */
export interface Output {
  readonly ready: boolean;
  readonly status: string;
  readonly endpoint: { readonly host: string; readonly port: number } | null;
  /** Since the restore began. */
  readonly elapsedSeconds: number;
  readonly summary: string;
}
