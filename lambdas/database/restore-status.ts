import { duration } from '../incident/time-words.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';

/** Statuses that RDS does not leave by itself; a copy in one of them never becomes available. */
const dead = /^(failed|deleting|deleted|incompatible-|inaccessible-|storage-full|restore-error)/;

export function isDead(status: string): boolean {
  return dead.test(status);
}

export interface RestoreSight {
  readonly plan: Pick<RestorePlan, 'source' | 'target' | 'budgetSeconds'>;
  /** As RDS says; null when there is no such database. */
  readonly status: string | null;
  /** Since the restore began. */
  readonly elapsedSeconds: number;
  /** What RDS says of the reasons, when it does. */
  readonly reasons?: readonly string[];
}

/** RDS may not list yet what it has just accepted, seconds. */
const unseenFor = 120;

/** Where a restore stands. `failed`: waiting longer would not help, or has taken longer than it may. Pure. */
export function judgeRestore({ plan, status, elapsedSeconds, reasons = [] }: RestoreSight): {
  readonly state: 'available' | 'waiting' | 'failed';
  readonly summary: string;
} {
  const { source, target, budgetSeconds } = plan;
  const called = `${target.identifier} in ${target.region}`;
  const untouched = `${source.identifier} is untouched`;
  const after = duration(elapsedSeconds);
  if (status === null) {
    return elapsedSeconds < unseenFor
      ? { state: 'waiting', summary: `RDS does not list ${called} yet` }
      : { state: 'failed', summary: `there is no ${called} any more: somebody has deleted it; ${untouched}` };
  }
  if (isDead(status)) {
    const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
    return {
      state: 'failed',
      summary:
        `RDS says that ${called} is ${status}${why}, after ${after}; ${untouched}. Look at the events of ` +
        `${target.identifier} in RDS, delete it when you have, and start incident again`,
    };
  }
  if (status === 'available') return { state: 'available', summary: `${called} is available after ${after}` };
  if (elapsedSeconds > budgetSeconds) {
    return {
      state: 'failed',
      summary:
        `${called} is still ${status} after ${after}, and ${duration(budgetSeconds)} were allowed; ${untouched}, ` +
        'and the copy goes on. Start incident again when it is available, or abandon it',
    };
  }
  return { state: 'waiting', summary: `${called} is ${status} after ${after}` };
}
