import type { RestorePlan } from '../configuration/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly exportsBucket: string;
  readonly region: string;
  /** Whether the environment names buckets, and whether a cluster's objects are exported. */
  readonly hasBuckets: boolean;
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
  /** Seconds between the recovery point and the failure, as far as known: what is lost of wanted changes. */
  readonly lossSeconds: number | null;
}
