import type { IncidentRef, Scenario, Severity } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  /** Which scenario an alarm of this environment means, and which database it is about. */
  readonly alarms: Readonly<
    Record<string, Scenario | { readonly scenario: Scenario; readonly database: string }>
  >;
  /** Names of the environment's databases; without any, there is no data-corruption to open. */
  readonly databases: readonly string[];
  /** Names of the application's deployments, which an application-failure may name. */
  readonly deployments: readonly string[];
  /** Those that this environment can recover from. */
  readonly scenarios: Readonly<Partial<Record<Scenario, { readonly severity: Severity }>>>;
  readonly severities: Readonly<
    Record<
      Severity,
      { readonly rtoSeconds: number; readonly rpoSeconds: number; readonly updateEverySeconds: number }
    >
  >;
  /** Older alarm events start nothing. */
  readonly maxEventAgeSeconds: number;
  /** After a recovery, an alarm starts no other for so long; a person may. */
  readonly cooldownSeconds: number;
  /** A lock older than this belonged to a machine that cannot be running any more. */
  readonly lockSeconds: number;
}

export interface Input {
  /** As given to the state machine: a person's input, or an EventBridge alarm event. */
  readonly input: unknown;
  readonly execution: { readonly id: string; readonly name: string; readonly startTime: string };
}

export type Output =
  | { readonly decision: 'open'; readonly reason: string; readonly incident: IncidentRef }
  | {
      readonly decision: 'joined';
      readonly reason: string;
      readonly incident: IncidentRef;
      /** The start is about something else than the incident is, which will not mend it. */
      readonly otherTrouble: boolean;
    }
  | { readonly decision: 'ignored'; readonly reason: string; readonly incident: null };
