import type { IncidentRef } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
}

/** Closes `recoveries/<database>.json`, so that the next incident begins anew, and remembers how long it took. */
export interface Input {
  readonly incident: IncidentRef;
  readonly databases: readonly string[];
}

export interface Output {
  readonly summary: string;
}
