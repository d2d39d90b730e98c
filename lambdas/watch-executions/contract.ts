import type { RemoteFunction } from '../database/contract.ts';

/** Told by EventBridge of every execution of this environment that failed, timed out or was stopped. */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  /** Of those on call: for mails, and for text messages where there is a telephone. */
  readonly topics: readonly string[];
  /** After a person has stopped an incident, no alarm starts another for so long. */
  readonly cooldownSeconds: number;
  /** Where send-notice is, which tells all the others what an execution could not tell any more. */
  readonly sendNotice: RemoteFunction;
}

/** `Step Functions Execution Status Change`, as EventBridge delivers it. */
export interface Input {
  readonly detail: {
    readonly executionArn: string;
    readonly stateMachineArn: string;
    readonly name: string;
    readonly status: string;
    /** As the execution was given it: a person's, or an alarm's event. Left out when it is too long. */
    readonly input?: string | null;
    readonly error?: string | null;
    readonly cause?: string | null;
    /** Milliseconds since the epoch. */
    readonly stopDate?: number | null;
  };
}

export interface Output {
  readonly action: 'released' | 'told' | 'nothing';
  readonly reason: string;
}
