import type { Check, IncidentRef } from '../incident/contract.ts';
import type { HardwarePlan, Survey } from '../workloads/contract.ts';
import type { Settings as AssessHardware } from '../assess-hardware/contract.ts';

export type Settings = Pick<AssessHardware, 'environment' | 'ledgerBucket' | 'clusters'>;

export interface Input {
  readonly incident: IncidentRef;
  readonly plan: HardwarePlan;
  /** Of now. */
  readonly survey: Survey;
  readonly attempt: number;
}

/** `ready`: the groups have their nodes, and the deployments all their pods. */
export interface Output {
  readonly ready: boolean;
  readonly summary: string;
  readonly checks: readonly Check[];
}
