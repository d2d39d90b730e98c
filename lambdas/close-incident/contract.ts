import type { IncidentRef, Outcome, Severity } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly outcome: Outcome;
  /** One sentence: how it ended. */
  readonly summary: string;
  /** Which step stopped it, when the outcome is escalated. */
  readonly failedStep?: string;
  /** What the step threw, as Step Functions caught it; `cause` may be Lambda's JSON, or a child execution's. */
  readonly failure?: { readonly error: string; readonly cause: string };
  readonly nextSteps?: readonly string[];
}

export interface Output {
  readonly outcome: Outcome;
  readonly severity: Severity;
  /** From the last time the service was seen well (or the start, if that is unknown) to the close. */
  readonly recoverySeconds: number;
  readonly withinRto: boolean;
  readonly summary: string;
}
