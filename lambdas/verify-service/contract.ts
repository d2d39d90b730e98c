import type { HealthEndpoint } from '../assess-primary/contract.ts';
import type { Check, IncidentRef, Site } from '../incident/contract.ts';
import type { DnsSettings } from '../switch-dns/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly dns: DnsSettings;
  /** Health endpoint by the public name; called at the address that DNS now answers. */
  readonly endpoint: HealthEndpoint;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly target: Site;
  readonly attempt: number;
}

export interface Output {
  readonly verified: boolean;
  readonly summary: string;
  readonly checks: readonly Check[];
}
