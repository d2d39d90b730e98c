import type { ConsistencyResult, DatabaseSettings, Heartbeat } from '../database/contract.ts';
import type { Check, IncidentRef } from '../incident/contract.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  readonly query: Readonly<
    Record<'primary' | 'standby', { readonly region: string; readonly functionName: string }>
  >;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
  readonly endpoint: { readonly host: string; readonly port: number };
}

/**
 * What the environment's own queries find in the copy, before anything points at it. `sound` only when every
 * query held and the copy can be written to.
 */
export interface Output {
  readonly sound: boolean | 'unknown';
  readonly reason: string;
  readonly consistency: readonly ConsistencyResult[];
  readonly heartbeat: Heartbeat | null;
  readonly checks: readonly Check[];
}
