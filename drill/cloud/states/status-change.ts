import type { EventBus } from '../contract.ts';
import type { ExecutionView } from './executions.ts';

/** Largest payload that an event carries, bytes of its escaped text (developer guide, EventBridge integration). */
const payloadLimit = 248 * 1024;

/** Whether an execution could be redriven, as AWS says it; redriving itself is not part of the local cloud. */
export function redriveOf(status: ExecutionView['status']): { status: string; reason: string } {
  return status === 'FAILED' || status === 'TIMED_OUT'
    ? { status: 'REDRIVABLE', reason: `Execution is ${status} and is redrivable` }
    : { status: 'NOT_REDRIVABLE', reason: `Execution is ${status} and cannot be redriven` };
}

/** `Step Functions Execution Status Change` in AWS's shape: dates are milliseconds, absent members null. */
export function statusChange(view: ExecutionView, at: number): Parameters<EventBus['put']>[0] {
  const { executionArn, stateMachineArn, name, status, input, output, region } = view;
  const escaped = (text: string | undefined) =>
    text === undefined ? 0 : Buffer.byteLength(JSON.stringify(text));
  const withOutput = output !== undefined && escaped(output) <= payloadLimit;
  const withInput = escaped(input) + (withOutput ? escaped(output) : 0) <= payloadLimit;
  const redrive = redriveOf(status);
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    region,
    resources: [executionArn],
    time: `${new Date(at).toISOString().slice(0, 19)}Z`,
    detail: {
      executionArn,
      stateMachineArn,
      name,
      status,
      startDate: Math.floor(view.startedAt),
      stopDate: view.stoppedAt === undefined ? null : Math.floor(view.stoppedAt),
      input: withInput ? input : null,
      inputDetails: { included: withInput },
      output: withOutput ? output : null,
      outputDetails: output === undefined ? null : { included: withOutput },
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
      redriveStatus: redrive.status,
      redriveStatusReason: redrive.reason,
      error: view.error ?? (status === 'TIMED_OUT' ? 'States.Timeout' : null),
      cause: view.cause ?? null,
    },
  };
}
