import type { BucketSettings, PlanTotals, ProblemObject, RestorePlan } from '../configuration/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly ledgerRegion: string;
  readonly buckets: readonly BucketSettings[];
  /** After so long it keeps its place and is asked again, seconds. */
  readonly sliceSeconds: number;
}

/**
 * Stream the versions of one bucket, and write down what a restore would do. `verify`: after it was applied, a look
 * at every object of the plan: `totals` say what still differs, and nothing is written but its place. What somebody
 * else wrote since is no difference but a conflict.
 */
export interface Input {
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
  readonly bucket: string;
  readonly phase: 'plan' | 'verify';
}

export interface Output {
  readonly bucket: string;
  /** False: more is to be listed; ask again. */
  readonly done: boolean;
  readonly totals: PlanTotals;
  /** Numbers of the chunks, for the Map that applies them: `[0, 1, …]`; empty until done, and when nothing is to do. */
  readonly chunks: readonly number[];
  /** The first 20. `restores/<id>/<bucket>/problems.jsonl` has 50,000, the parts in `problems/` all. */
  readonly problems: readonly ProblemObject[];
  /** Of verifying: objects that somebody wrote or deleted after the plan was made. */
  readonly conflicts: number;
  readonly summary: string;
}
