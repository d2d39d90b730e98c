import { isDead, judgeRestore, type RestoreSight } from '../database/restore-status.ts';

export interface Member {
  readonly identifier: string;
  readonly writer: boolean;
  readonly status: string;
}

export interface Sight extends RestoreSight {
  /** Of an Aurora cluster; null for an instance. */
  readonly members: readonly Member[] | null;
}

export interface Verdict {
  readonly state: 'ready' | 'waiting' | 'failed';
  readonly summary: string;
}

/**
 * Whether a copy can be asked. A cluster is, when its writer is: without one nobody can connect. Readers that are
 * being made are waited for; one that never will be is told, and holds up nobody.
 */
export function judgeCopy(sight: Sight): Verdict {
  const { plan, members, elapsedSeconds } = sight;
  const { state, summary } = judgeRestore(sight);
  if (state !== 'available') return { state, summary };
  if (!members) return { state: 'ready', summary };
  const writer = members.find((member) => member.writer) ?? members[0];
  const unready = members.find(({ status }) => status !== 'available' && !isDead(status));
  const open = !writer ? 'it has no instance yet' : unready && `${unready.identifier} is ${unready.status}`;
  if (writer && isDead(writer.status)) {
    const as = judgeRestore({ ...sight, status: writer.status });
    return { state: 'failed', summary: `its writer ${writer.identifier}: ${as.summary}` };
  }
  if (open !== undefined) {
    if (elapsedSeconds <= plan.budgetSeconds) return { state: 'waiting', summary: `${summary}, but ${open}` };
    const late = judgeRestore({ ...sight, status: unready?.status ?? 'without an instance' });
    return { state: 'failed', summary: `${late.summary} (${open})` };
  }
  const lost = members.filter(({ status }) => isDead(status));
  const told = lost.map(({ identifier, status }) => `; its reader ${identifier} is ${status}: replace it`);
  return { state: 'ready', summary: summary + told.join('') };
}
