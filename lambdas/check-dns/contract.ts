import type { Check, IncidentRef, Site } from '../incident/contract.ts';
import type { DnsSettings } from '../switch-dns/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly dns: DnsSettings;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly target: Site;
  readonly changeIds: readonly string[];
  readonly attempt: number;
}

/** A change that Route 53 no longer knows throws `ChangeLost`; the state machine switches again. */
export interface Output {
  readonly moved: boolean;
  readonly summary: string;
  readonly checks: readonly Check[];
}
