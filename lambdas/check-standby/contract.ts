import type { HealthEndpoint } from '../assess-primary/contract.ts';
import type { ClusterSettings } from '../scale-workloads/contract.ts';
import type { Check, IncidentRef } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly strategy: 'warm-standby' | 'pilot-light';
  readonly endpoint: HealthEndpoint;
  /** TXT name that Route 53 answers by the standby's health check. */
  readonly healthName: string;
  readonly nameServers: readonly string[];
  readonly cluster: ClusterSettings;
}

export interface Input {
  readonly incident: IncidentRef;
}

export interface Fitness {
  readonly fit: boolean;
  readonly reason: string;
  readonly checks: readonly Check[];
}

export type Output = Fitness;
