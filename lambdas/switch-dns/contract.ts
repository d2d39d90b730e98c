import type { IncidentRef, Site, StepResult } from '../incident/contract.ts';

/** Where one record points for one site: plain values, or an alias target. */
export type RecordTarget =
  | { readonly values: readonly string[] }
  | {
      readonly alias: {
        readonly dnsName: string;
        readonly hostedZoneId: string;
        readonly evaluateTargetHealth: boolean;
      };
    };

export interface RecordPlan {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly ttl: number;
  readonly setIdentifier?: string;
  readonly weight?: number;
  readonly primary: RecordTarget;
  readonly standby: RecordTarget;
}

export interface DnsSettings {
  readonly mode: 'switch' | 'upsert';
  readonly zoneId: string;
  readonly zoneName: string;
  readonly nameServers: readonly string[];
  readonly resolvers: readonly string[];
  readonly maxRecords: number;
  readonly records: readonly RecordPlan[];
}

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly region: string;
  readonly dns: DnsSettings;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly target: Site;
}

export interface Output extends StepResult {
  /** Route 53 changes to wait for; empty in switch mode and when nothing had to change. */
  readonly changeIds: readonly string[];
}
