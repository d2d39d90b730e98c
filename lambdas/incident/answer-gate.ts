import { succeedTask } from '../aws/task-token.ts';
import { approvalKey, pendingWith } from './approval.ts';
import { change, type Ledger } from './ledger.ts';
import { changeRecord, findRecord } from './record.ts';
import { log } from '../runtime/log.ts';
import type { Answer, Approval, Gate } from '../request-approval/contract.ts';
import { expire, judge, type Given, type Refusal, type Verdict } from './judge-answer.ts';

interface About {
  readonly environment: string;
  readonly incident: string;
  readonly gate: Gate;
}

export type Answered =
  { readonly ok: true; readonly approval: Approval } | { readonly ok: false; readonly refusal: Refusal };

/**
 * Take an answer: keep it, write down who gave it and why, then tell the state that waits, in this order, so that
 * nothing happens by an answer that nobody can look up. What dies in between is finished by the same answer again.
 *
 * @throws TryAgain when the ledger or Step Functions does not answer; the same answer may be given again
 */
export async function answer(ledger: Ledger, about: About, given: Given): Promise<Answered> {
  const record = await findRecord(ledger, about.incident);
  const seen: { verdict?: Verdict } = {};
  await change<Approval>(ledger, approvalKey(about.incident, about.gate), (current) => {
    const verdict = judge(current, record, given, about, Date.now());
    seen.verdict = verdict;
    return verdict.action === 'decide' || verdict.action === 'expire' ? verdict.approval : undefined;
  });
  const { verdict } = seen;
  if (!verdict) throw new Error('the ledger did not ask what the approval should be');
  log('answer-approval', {
    ...about,
    decision: given.decision,
    by: given.by,
    via: given.via,
    action: verdict.action,
  });
  switch (verdict.action) {
    case 'refuse':
      return { ok: false, refusal: verdict.refusal };
    case 'expire':
      await note(ledger, verdict.approval);
      return { ok: false, refusal: verdict.refusal };
    case 'done':
      return { ok: true, approval: verdict.approval };
    case 'decide':
    case 'deliver':
      await note(ledger, verdict.approval);
      return deliver(ledger, about, verdict.approval, verdict.action === 'deliver');
  }
}

/**
 * Tell the state that waits. A token that is gone although this answer was given before is one that it has used up
 * itself, as long as the time was not over; else the answer came to nobody.
 */
async function deliver(ledger: Ledger, about: About, approval: Approval, again: boolean): Promise<Answered> {
  const { taskToken, state, by = '', reason = '', decidedAt = '', expiresAt } = approval;
  const result: Answer = {
    decision: state === 'approved' ? 'approve' : 'reject',
    by,
    reason,
    decidedAt,
  };
  const taken = await succeedTask(taskToken, result);
  const inTime = Date.now() < Date.parse(expiresAt);
  const heard = taken === 'taken' || (inTime && (taken === 'perhaps' || again));
  const late = expire(approval, about.environment);
  const after = await change<Approval>(ledger, approvalKey(about.incident, about.gate), (current) => {
    if (current?.taskToken !== taskToken || current.decidedAt !== decidedAt) return undefined;
    if (current.deliveredAt !== undefined || current.state === 'expired') return undefined;
    return heard ? { ...current, deliveredAt: new Date().toISOString() } : late.approval;
  });
  if (heard) return { ok: true, approval: after ?? approval };
  await note(ledger, late.approval);
  return { ok: false, refusal: late.refusal };
}

/** Who, what, why and by which way, on the incident's timeline, once. */
async function note(ledger: Ledger, approval: Approval): Promise<void> {
  const { incidentId, gate, state, by, reason, via, decidedAt, expiresAt } = approval;
  const entry =
    state === 'expired'
      ? {
          at: decidedAt ?? expiresAt,
          actor: by ?? 'answer-approval',
          event: `the question about the ${gate} was answered too late`,
          detail: 'nothing was done',
        }
      : {
          at: decidedAt ?? expiresAt,
          actor: by ?? 'somebody',
          event: `${state} the ${gate} (${via ?? 'unknown way'})`,
          detail: reason ?? '',
        };
  await changeRecord(ledger, incidentId, (record) => {
    const isNoted = record.timeline.some(({ at, event }) => at === entry.at && event === entry.event);
    const isPending = record.pending?.some((each) => each.gate === gate) ?? false;
    if (isNoted && !isPending) return undefined;
    // Who decides has the call: nobody else need be woken for it.
    const takes = state !== 'expired' && by !== undefined && record.acknowledged === undefined;
    return {
      ...record,
      pending: pendingWith(record, approval),
      timeline: isNoted ? record.timeline : [...record.timeline, entry],
      ...(takes ? { acknowledged: { at: entry.at, by, via: via ?? 'unknown way' } } : {}),
    };
  });
}
