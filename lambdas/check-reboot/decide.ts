import type { QueryAnswer } from '../database/contract.ts';
import { describeWhereabouts, hasMoved, type Whereabouts } from '../database/whereabouts.ts';
import type { Check, Mode } from '../incident/contract.ts';
import { wouldWaitFor } from '../incident/waiting.ts';
import type { Output } from './contract.ts';

export interface Observations {
  readonly database: string;
  /** RDS's own word; null when RDS knows no such database. */
  readonly status: string | null;
  readonly where: Whereabouts | null;
  /** Before it was restarted; null when it was left alone, because it answered again. */
  readonly before: Whereabouts | null;
  readonly answer: Pick<QueryAnswer, 'reachable' | 'evidence' | 'state'>;
}

/**
 * Whether a database is back: available, in another zone, and writable by its own account.
 *
 * RDS may tell the new zone some minutes after the failover (RDS User Guide, USER_RebootInstance), so a database that
 * answers from the old one, as RDS has it, is waited for.
 */
export function judgeRestart(observed: Observations, mode: Mode): Output {
  const { database, status, where, before, answer } = observed;
  const found: readonly Check[] = [
    {
      name: `hardware/database ${database} available`,
      held: status === 'available',
      evidence: status === null ? 'RDS has none of this name' : `it is ${status}`,
    },
    ...(before === null
      ? []
      : [
          {
            name: `hardware/database ${database} moved`,
            held: where !== null && hasMoved(before, where),
            evidence: `it was ${describeWhereabouts(before)}, and is ${where ? describeWhereabouts(where) : 'nowhere'}`,
          },
        ]),
    {
      name: `hardware/database ${database} answers`,
      held: answer.reachable && answer.state?.writable !== false,
      evidence: answer.reachable
        ? `${answer.evidence}${answer.state?.writable === false ? ', and takes no writes' : ''}`
        : answer.evidence,
    },
  ];
  const checks = mode === 'plan' ? wouldWaitFor(found) : found;
  const lacking = found.filter(({ held }) => held !== true);
  const list = lacking.map(({ evidence }) => evidence).join('; ');
  if (lacking.length === 0) {
    const at = before === null || where === null ? '' : ` from ${describeWhereabouts(where)}`;
    return { ready: true, summary: `${database} answers${at}`, checks };
  }
  return mode === 'plan'
    ? { ready: true, summary: `would wait for ${database}: ${list}`, checks }
    : { ready: false, summary: `${database} is not back: ${list}`, checks };
}
