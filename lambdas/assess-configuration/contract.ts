import type { RestorePlan } from '../configuration/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';
import type { WorkloadSettings } from '../workloads/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly exportsBucket: string;
  readonly region: string;
  /** Names of the environment's buckets. */
  readonly buckets: readonly string[];
  /** Deployments that read the configuration when they start. */
  readonly restart: readonly WorkloadSettings[];
}

export interface Input {
  readonly incident: IncidentRef;
}

/**
 * `damaged`: restore to `plan.recoveryPoint`. `sound`: the tests pass and nobody gave a point. `unknown`: asked again.
 * `stop`: it cannot be said what to restore to (never seen good, a snapshot of that name does not exist, a point
 * before the first version): nothing is done, `nextSteps` say what a person can.
 */
export interface Output {
  readonly verdict: 'damaged' | 'sound' | 'unknown' | 'stop';
  readonly reason: string;
  readonly nextSteps: readonly string[];
  /** With `damaged` only. The recovery is on the ledger by then, phase `begun` or later; a plan only is not. */
  readonly plan?: RestorePlan;
  /** Seconds between the recovery point and the failure: changes of that time are lost. Null: not known. */
  readonly lossSeconds: number | null;
  /** An earlier run began it: whatever it had still to do is done, also when nothing differs any more. */
  readonly resumed: boolean;
  readonly buckets: readonly string[];
  /** What is restarted afterwards, in its order. */
  readonly restart: readonly (readonly string[])[];
}
