import type { IncidentRecord, IncidentRef } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly application: string;
  readonly publicName: string;
}

export interface Input {
  readonly incident: IncidentRef;
}

/** Keys on the ledger. */
export type Output = NonNullable<IncidentRecord['report']>;
