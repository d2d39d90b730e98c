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
  /** Which look of this incident it is, from 1: what is only late is given the time that a rollout needs. */
  readonly attempt: number;
}

/**
 * `restart`: these deployments, in this order, wave by wave. `roll-back`: the newest revision is what fails, an older
 * one served before it. `sound`: nothing is unhealthy and the tests pass. `stop`: a restart would not help (no such
 * deployment, no previous revision while the image cannot be pulled, nodes are missing): `nextSteps`.
 * `wait`: pods may yet become ready, or the service was not tested lately: look again after `waitSeconds`.
 */
export interface Output {
  readonly verdict: 'restart' | 'roll-back' | 'sound' | 'stop' | 'wait';
  readonly reason: string;
  readonly nextSteps: readonly string[];
  /** 0 unless the verdict is `wait`. */
  readonly waitSeconds: number;
  /** Unhealthy ones and, when a person named some, those: in the order in which they are to be restarted, after `rollBack`. */
  readonly waves: readonly (readonly string[])[];
  /** Those whose newest revision is what fails; empty unless the verdict is `roll-back`. */
  readonly rollBack: readonly (readonly string[])[];
  /** Those whose newest revision has not served yet, and that have one to go back to when it does not become ready. */
  readonly canRollBack: readonly string[];
}
