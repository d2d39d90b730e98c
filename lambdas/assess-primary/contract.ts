import type { Check, IncidentRef } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly region: string;
  /** The primary's health endpoint, asked directly. */
  readonly endpoint: HealthEndpoint;
  /** TXT name that Route 53 itself answers by the primary's health check: "healthy" or "unhealthy". */
  readonly healthName: string;
  readonly nameServers: readonly string[];
  /** The primary must have been failing for so long. */
  readonly confirmSeconds: number;
}

export interface HealthEndpoint {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly contains?: string;
}

export interface Input {
  readonly incident: IncidentRef;
}

export interface Assessment {
  readonly verdict: 'down' | 'up' | 'unknown';
  readonly reason: string;
  readonly checks: readonly Check[];
  /** Last minute in which the standby's own probe found the primary well; null when unknown. */
  readonly lastGoodAt: string | null;
}

export type Output = Assessment;
