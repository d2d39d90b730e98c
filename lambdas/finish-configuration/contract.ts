import type { RestorePlan } from '../configuration/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';
import type { Output as Planned } from '../plan-objects/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly ledgerRegion: string;
}

/**
 * `applied`: after the objects are written and verified; records the steps of the buckets, and refuses
 * (RestoreFailed) when something that was to be restored is not, other than by somebody's later write.
 * `done`: at the end; the next restore begins anew.
 */
export interface Input {
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
  readonly phase: 'applied' | 'done';
  /** With `applied`: what was planned, and what verifying found. */
  readonly planned?: readonly Planned[];
  readonly verified?: readonly Planned[];
}

export interface Output {
  readonly summary: string;
  /** Objects that somebody wrote during the restore, and that were left as they are. */
  readonly conflicts: number;
}
