import type { Assessment } from '../assess-primary/contract.ts';
import type { Fitness } from '../check-standby/contract.ts';
import type { Check, IncidentRef } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  /** No second recovery started by an alarm within so long of the last. */
  readonly cooldownSeconds: number;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly assessment: Assessment;
  readonly standby: Fitness;
}

/** Go only when every check held; anything else stops the runbook and tells a person why. */
export interface Output {
  readonly decision: 'go' | 'stop';
  readonly reason: string;
  readonly checks: readonly Check[];
  /** What a person should do when the decision is stop. */
  readonly nextSteps: readonly string[];
}
