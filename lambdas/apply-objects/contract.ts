import type { BucketSettings, RestorePlan } from '../configuration/contract.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly ledgerRegion: string;
  readonly buckets: readonly BucketSettings[];
  /** Calls under way at once. */
  readonly concurrency: number;
  /** After so long it keeps its place and is asked again, seconds. */
  readonly sliceSeconds: number;
}

/** One chunk of the plan. */
export interface Input {
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
  readonly bucket: string;
  readonly chunk: number;
}

/** Steps are recorded per bucket by finish-configuration, not per chunk: an incident's record is one object. */
export interface Output extends StepResult {
  readonly done: boolean;
  readonly conflicts: number;
  readonly failures: number;
}
