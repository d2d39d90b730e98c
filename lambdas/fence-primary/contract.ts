import type { DatabaseSettings } from '../database/contract.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  /** set-writers of the primary's region, tried once and briefly. */
  readonly setWriters?: { readonly region: string; readonly functionName: string };
}

export interface Input {
  readonly incident: IncidentRef;
}

/**
 * Takes the leases away, which cannot fail silently, and tries the fences that need the primary's region, which
 * may. `safeAt`: from then on no writer that keeps to its lease writes; the standby waits for it.
 */
export interface Output extends StepResult {
  readonly safeAt: string;
  readonly extra: readonly {
    readonly fence: string;
    readonly held: boolean | 'unknown';
    readonly evidence: string;
  }[];
}
