import type { DatabaseSettings, RemoteFunction } from '../database/contract.ts';
import type { Check, IncidentRef, Site } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  readonly query: Readonly<Record<Site, RemoteFunction>>;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly database: string;
  readonly site: Site;
  readonly attempt: number;
}

/** `ready`: available again, in another zone than before, and it answers a query. */
export interface Output {
  readonly ready: boolean;
  readonly summary: string;
  readonly checks: readonly Check[];
}
