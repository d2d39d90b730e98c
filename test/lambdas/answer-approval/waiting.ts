import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import type { Settings } from '../../../lambdas/answer-approval/contract.ts';
import type { Answer, Approval } from '../../../lambdas/request-approval/contract.ts';
import { anIncident, duringAnIncident } from '../bucket.ts';
import { awsError } from '../memory-ledger.ts';

export const approvalKey = `approvals/${anIncident.id}/promotion.json`;
export const expiresAt = '2026-11-23T04:40:00.000Z';

export const ofDev: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  application: 'erlmcp',
  signingSecret: 'lifeboat/dev/approvals',
};

export function asked(changes: Partial<Approval> = {}): Approval {
  return {
    incidentId: anIncident.id,
    gate: 'promotion',
    question: 'Shall the standby take over?\nIt is a one-way door.',
    evidence: 'replica lag 4 s',
    askedAt: '2026-11-23T04:10:00.000Z',
    expiresAt,
    state: 'asked',
    taskToken: 'token-1',
    ...changes,
  };
}

/** The ledger while a question is open. */
export function whileAsked(changes: Partial<Approval> = {}): Record<string, unknown> {
  const approval = asked(changes);
  return {
    ...duringAnIncident({ pending: [approval] }),
    [approvalKey]: approval,
  };
}

export interface Waiting {
  /** What the state that waits was told. */
  readonly heard: readonly Answer[];
  /** It stops waiting. */
  close(): void;
  /** Step Functions fails so often; `after`: it takes the answer, and only its own is lost. */
  fail(error: Error, times: number, after?: boolean): void;
}

/** A state that waits with the token `token-1` for one answer. */
export function newWaiting(): Waiting {
  const heard: Answer[] = [];
  let open = true;
  let failing: { error: Error; times: number; after: boolean } | null = null;
  mockClient(SFNClient)
    .on(SendTaskSuccessCommand)
    .callsFake(({ taskToken, output }: { readonly taskToken: string; readonly output: string }) => {
      const failure = failing !== null && failing.times > 0 ? failing : null;
      if (failure) failure.times -= 1;
      if (failure && !failure.after) throw failure.error;
      if (!open || taskToken !== 'token-1') {
        if (failure) throw failure.error;
        throw awsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
      }
      open = false;
      heard.push(JSON.parse(output) as Answer);
      if (failure) throw failure.error;
      return {};
    });
  return {
    heard,
    close: () => void (open = false),
    fail: (error, times, after = false) => void (failing = { error, times, after }),
  };
}
