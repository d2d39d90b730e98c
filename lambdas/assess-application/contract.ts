import type { IncidentRef } from '../incident/contract.ts';
import type { Survey, WorkloadSettings } from '../workloads/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly deployments: readonly WorkloadSettings[];
}

export interface Input {
  readonly incident: IncidentRef;
  readonly survey: Survey;
}

/**
 * `restart`: these deployments, in this order, wave by wave. `roll-back`: the newest revision is what fails, an older
 * one served before it. `sound`: nothing is unhealthy and the tests pass. `stop`: a restart would not help (no such
 * deployment, no previous revision while the image cannot be pulled, nodes are missing): `nextSteps`.
 */
export interface Output {
  readonly verdict: 'restart' | 'roll-back' | 'sound' | 'stop';
  readonly reason: string;
  readonly nextSteps: readonly string[];
  /** Unhealthy ones and, when a person named some, those: in the order in which they are to be restarted. */
  readonly waves: readonly (readonly string[])[];
  /** Those that have a revision to go back to, when their newest does not become ready. */
  readonly canRollBack: readonly string[];
}
