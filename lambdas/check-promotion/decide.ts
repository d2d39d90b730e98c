import type { DatabasePlace, QueryAnswer } from '../database/contract.ts';
import type { Output } from './contract.ts';

export interface Sight {
  readonly target: DatabasePlace;
  /** As RDS says; null when there is no such database. */
  readonly status: string | null;
  readonly replica: boolean;
  readonly endpoint: Output['endpoint'];
  /** Null while it was not worth asking. */
  readonly answer: QueryAnswer | null;
  readonly elapsedSeconds: number;
  readonly budgetSeconds: number;
}

/** `failed`: waiting longer would not help. */
export interface Verdict {
  readonly state: 'ready' | 'waiting' | 'failed';
  readonly summary: string;
}

/** Statuses that RDS does not leave by itself. */
const dead = /^(failed|deleting|deleted|incompatible-|inaccessible-|storage-full|restore-error)/;

/** Whether it is worth asking the database itself. */
export function looksPromoted({ status, replica, endpoint }: Omit<Sight, 'answer'>): boolean {
  return status === 'available' && !replica && endpoint !== null;
}

/**
 * Whether a promotion is over: RDS has finished, and the database itself says that it can be written to. One of
 * the two alone has been wrong before: RDS calls a replica available, too.
 */
export function judgePromotion(sight: Sight): Verdict {
  const { target, status, replica, answer, elapsedSeconds, budgetSeconds } = sight;
  const called = `${target.identifier} in ${target.region}`;
  if (status === null) return { state: 'failed', summary: `there is no ${called} any more` };
  if (dead.test(status)) return { state: 'failed', summary: `RDS says that ${called} is ${status}` };
  if (looksPromoted(sight) && answer?.reachable === true && answer.state?.writable === true) {
    return { state: 'ready', summary: `${called} can be written to: ${answer.evidence}` };
  }
  const now = [
    `RDS says that ${called} is ${status}${replica ? ' and still a replica' : ''}`,
    ...(answer ? [`it ${answer.reachable ? 'answers' : 'does not answer'}: ${answer.evidence}`] : []),
    ...(answer?.reachable === true ? [`it is ${answer.state?.writable ? '' : 'not '}writable`] : []),
  ].join('; ');
  if (elapsedSeconds > budgetSeconds) {
    return { state: 'failed', summary: `not promoted within ${budgetSeconds} s: ${now}` };
  }
  return { state: 'waiting', summary: now };
}
