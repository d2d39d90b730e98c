import type { ClusterTotals, RestorePlan } from '../configuration/contract.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';
import type { Settings as ExportObjects } from '../export-objects/contract.ts';

/** One such function per site, in the network of its cluster. */
export type Settings = Omit<ExportObjects, 'deployments'>;

/**
 * The cluster's part of a restore, from `plan.exportKey`. `plan`: what would be done; the resource versions that were
 * seen are kept in `restores/<id>/cluster.json` on the ledger, so that `apply` overwrites nobody's later write.
 * `verify`: what still differs.
 */
export interface Input {
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
  readonly phase: 'plan' | 'apply' | 'verify';
}

/** Contents are in none of it. */
export interface Output extends StepResult {
  readonly totals: ClusterTotals;
  /** Names of objects that somebody wrote since the plan, left as they are. */
  readonly conflicts: readonly string[];
}
