import type { DatabaseSettings, Heartbeat } from '../database/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';
import type { DatabaseLoss } from '../measure-loss/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  readonly query: { readonly region: string; readonly functionName: string };
}

export interface Input {
  readonly incident: IncidentRef;
  readonly loss: DatabaseLoss;
}

/** `ready`: RDS says available, it is no replica any more, and it can be written to by its own account. */
export interface Output {
  readonly ready: boolean;
  readonly status: string;
  readonly endpoint: { readonly host: string; readonly port: number } | null;
  readonly heartbeat: Heartbeat | null;
  readonly summary: string;
}
