import type { DatabasePlace, DatabaseSettings, Heartbeat } from '../database/contract.ts';
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

/** What would be lost if the standby's copy of a database took over now. */
export interface DatabaseLoss {
  readonly database: string;
  /** How it would take over; `promoted`: it has already, nothing is to be done. */
  readonly by: 'promote-replica' | 'failover-global' | 'switchover-global' | 'restore-backups' | 'promoted';
  readonly target: DatabasePlace;
  /** The last row that the primary acknowledged (from the lease) and the last that was found. */
  readonly acknowledged: Heartbeat | null;
  readonly found: Heartbeat | null;
  /** Null: unknown, which is never 0. */
  readonly lossSeconds: number | null;
  /** A hint only: what CloudWatch or RDS says. */
  readonly lagSeconds: number | null;
  readonly fit: boolean | 'unknown';
  /** An earlier try or incident began this very promotion: the one-way door is behind us. */
  readonly resumed: boolean;
  readonly evidence: string;
}

export interface Output {
  readonly databases: readonly DatabaseLoss[];
  readonly reason: string;
  readonly checks: readonly Check[];
}
