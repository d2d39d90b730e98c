import type { IncidentRef, StepResult } from '../incident/contract.ts';
import type { HardwarePlan, Survey } from '../workloads/contract.ts';
import type { Settings as AssessHardware } from '../assess-hardware/contract.ts';

export type Settings = Pick<AssessHardware, 'environment' | 'ledgerBucket' | 'clusters'>;

/** End the instances of unhealthy nodes, which their Auto Scaling group replaces, and lift groups that are below what they should have. */
export interface Input {
  readonly incident: IncidentRef;
  readonly plan: HardwarePlan;
  /** Of now: a node that is ready again, or has another machine, is left alone. */
  readonly survey: Survey;
}

export type Output = StepResult;
