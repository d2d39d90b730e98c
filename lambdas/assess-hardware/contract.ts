import type { DatabaseSettings, RemoteFunction } from '../database/contract.ts';
import type { Check, IncidentRef, Site } from '../incident/contract.ts';
import type { ClusterSettings } from '../scale-workloads/contract.ts';
import type { HardwarePlan, Survey } from '../workloads/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly clusters: Readonly<Record<Site, Omit<ClusterSettings, 'deployments'>>>;
  readonly databases: readonly DatabaseSettings[];
  /** Of each site: whether its databases answer, and how. */
  readonly query: Readonly<Record<Site, RemoteFunction>>;
  readonly nodeGraceSeconds: number;
  /** More nodes than this are not replaced without a person's word. */
  readonly maxReplaced: number;
  /** Whether a person is asked before a database is restarted in another zone. */
  readonly reboot: 'person' | 'automatic';
  readonly approvalSeconds: number;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly survey: Survey;
}

/**
 * `sound`: everything is there. `stop`: nothing here can mend it (no node groups of ours, no capacity): `nextSteps`.
 * `wait`: what is missing may come back by itself, or is not missing for long enough: look again after `waitSeconds`.
 */
export interface Output {
  readonly verdict: 'go' | 'ask' | 'sound' | 'stop' | 'wait';
  readonly reason: string;
  readonly question: string;
  readonly nextSteps: readonly string[];
  readonly approvalSeconds: number;
  /** 0 unless the verdict is `wait`. */
  readonly waitSeconds: number;
  readonly checks: readonly Check[];
  readonly plan: HardwarePlan;
}
