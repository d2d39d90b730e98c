import type { RemoteFunction } from '../database/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';

/** What a gate asks. One object per incident and gate: `approvals/<incident>/<gate>.json`. */
export type Gate = 'promotion' | 'restore' | 'configuration' | 'hardware';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  /** Where send-notice is, which asks the people on call. */
  readonly sendNotice: RemoteFunction;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly gate: Gate;
  readonly question: string;
  readonly evidence: string;
  readonly taskToken: string;
  /** Until the state that waits gives up: then nothing is done (stay put). */
  readonly timeoutSeconds: number;
}

/** What the waiting state gets from answer-approval (SendTaskSuccess); a timeout is States.Timeout. */
export interface Answer {
  readonly decision: 'approve' | 'reject';
  readonly by: string;
  readonly reason: string;
  readonly decidedAt: string;
}

/** `approvals/<incident>/<gate>.json`. */
export interface Approval {
  readonly incidentId: string;
  readonly gate: Gate;
  readonly question: string;
  readonly evidence: string;
  readonly askedAt: string;
  readonly expiresAt: string;
  readonly state: 'asked' | 'approved' | 'rejected' | 'expired';
  /** Of the waiting state. Whoever may read the ledger could answer with it. */
  readonly taskToken: string;
  readonly by?: string;
  readonly reason?: string;
  readonly decidedAt?: string;
  /** By which way it came: `command line`, `signed link`. */
  readonly via?: string;
  /** When the waiting state took the answer. Without it, the same answer may be given again. */
  readonly deliveredAt?: string;
}

export type Output = null;
