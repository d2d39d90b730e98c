import type { ConsistencyResult, DatabaseSettings } from '../database/contract.ts';
import type { Check, IncidentRef } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  readonly query: { readonly region: string; readonly functionName: string };
}

export interface Input {
  readonly incident: IncidentRef;
}

export interface DatabaseAssessment {
  readonly database: string;
  /** RDS's own word: `available`; null when RDS did not answer. */
  readonly status: string | null;
  readonly reachable: boolean;
  readonly consistency: readonly ConsistencyResult[];
  readonly verdict: 'damaged' | 'sound' | 'unknown';
  /** From the scheduled checks: the newest that held, and the oldest failing one after it. Null: none is known. */
  readonly lastGoodAt: string | null;
  readonly firstBadAt: string | null;
  readonly evidence: string;
}

/** `damaged` when any is; `unknown` when none is damaged and any is unknown. */
export interface Output {
  readonly verdict: 'damaged' | 'sound' | 'unknown';
  readonly reason: string;
  readonly databases: readonly DatabaseAssessment[];
  readonly checks: readonly Check[];
}
