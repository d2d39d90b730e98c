import type { Input, Output } from '../lambdas/answer-approval/contract.ts';
import type { Gate } from '../lambdas/request-approval/contract.ts';
import { invokeDeployed, type Access, type Deployed } from './invoke.ts';

/** What somebody answers to a gate, and where. */
interface Approval extends Access {
  readonly environment: Deployed;
  readonly incident: string;
  /** Default: the one that asks. */
  readonly gate?: Gate;
  readonly decision: 'approve' | 'reject';
  readonly reason: string;
}

/**
 * Answer a gate as whoever the credentials belong to. It may be called again when it is not known what became of
 * it: the same answer decides once.
 *
 * @throws Refused when the answer does not count
 * @throws NotReached when nobody could be asked
 */
export async function approve(approval: Approval): Promise<Output> {
  const { environment, incident, gate, decision, reason } = approval;
  const input = (by: string): Input => ({
    incident,
    decision,
    reason,
    by,
    ...(gate === undefined ? {} : { gate }),
  });
  const answer = await invokeDeployed(
    environment,
    {
      task: 'answer-approval',
      input,
      refusals: ['ApprovalRefused', 'InvalidInput'],
      unknown: 'It is not known whether your answer was kept: run the same command again, it decides once',
    },
    approval,
  );
  return answer as Output;
}
