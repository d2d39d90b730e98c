import type { BlastRadius, ClusterTotals, RestorePlan } from '../configuration/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';
import type { Output as Planned } from '../plan-objects/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly limits: BlastRadius;
  /** A person is asked before every restore. */
  readonly always: boolean;
  readonly approvalSeconds: number;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
  readonly lossSeconds: number | null;
  readonly resumed: boolean;
  readonly buckets: readonly Planned[];
  /** Null: nothing of the cluster is restored. */
  readonly cluster: { readonly totals: ClusterTotals; readonly summary: string } | null;
}

/** `nothing`: all is as it was at the recovery point. A loss beyond the RPO, or a plan beyond the blast radius, asks. */
export interface Output {
  readonly decision: 'go' | 'ask' | 'stop' | 'nothing';
  readonly reason: string;
  readonly question: string;
  readonly nextSteps: readonly string[];
  readonly approvalSeconds: number;
}
