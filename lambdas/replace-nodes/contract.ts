import type { IncidentRef, StepResult } from '../incident/contract.ts';
import type { HardwarePlan } from '../workloads/contract.ts';
import type { Settings as AssessHardware } from '../assess-hardware/contract.ts';

export type Settings = Pick<AssessHardware, 'environment' | 'ledgerBucket' | 'clusters'>;

/** End the instances of unhealthy nodes, which their Auto Scaling group replaces, and lift groups that are below what they should have. */
export interface Input {
  readonly incident: IncidentRef;
  readonly plan: HardwarePlan;
}

export type Output = StepResult;
