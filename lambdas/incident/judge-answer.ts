import type { IncidentRecord } from './contract.ts';
import type { Approval, Gate } from '../request-approval/contract.ts';

/** What somebody answers. */
export interface Given {
  readonly decision: 'approve' | 'reject';
  readonly by: string;
  readonly reason: string;
  readonly via: string;
  /** Which question was read, when that is known: another one may have taken its place since. */
  readonly askedAt?: string;
}

/** Why an answer does not count. */
export interface Refusal {
  readonly because: 'unknown' | 'decided' | 'expired' | 'over' | 'changed';
  /** What is so, and what to do. */
  readonly reason: string;
}

export type Verdict =
  /** It is the first answer: keep it, then tell the state that waits. */
  | { readonly action: 'decide'; readonly approval: Approval }
  /** It was kept before, and the state that waits may not have heard of it. */
  | { readonly action: 'deliver'; readonly approval: Approval }
  /** It was kept before, and heard. */
  | { readonly action: 'done'; readonly approval: Approval }
  /** It comes too late, which the question does not say yet. */
  | { readonly action: 'expire'; readonly approval: Approval; readonly refusal: Refusal }
  | { readonly action: 'refuse'; readonly refusal: Refusal };

/**
 * Whether an answer counts. The first one does, once, in time, while its incident is open; the same answer again
 * is a retry, which decides nothing.
 *
 * @param record of the incident; null when the ledger has none
 * @param now milliseconds since the epoch
 */
export function judge(
  current: Approval | null,
  record: Pick<IncidentRecord, 'state'> | null,
  given: Given,
  about: { readonly incident: string; readonly gate: Gate; readonly environment: string },
  now: number,
): Verdict {
  if (!current) return refuse('unknown', notAsked(about));
  const { state } = current;
  if (state === 'expired') return refuse('expired', tooLate(current, about.environment));
  if (state !== 'asked') {
    if (!isSameAnswer(current, given)) return refuse('decided', decidedBefore(current));
    return { action: current.deliveredAt === undefined ? 'deliver' : 'done', approval: current };
  }
  if (given.askedAt !== undefined && given.askedAt !== current.askedAt) {
    return refuse('changed', `The question has changed since you read it: read it again, then decide.`);
  }
  if (now >= Date.parse(current.expiresAt)) return expire(current, about.environment);
  if (record && record.state !== 'open') {
    return refuse(
      'over',
      `The incident ${current.incidentId} is over (${record.state}), so nothing waits for this answer any more.`,
    );
  }
  return {
    action: 'decide',
    approval: {
      ...current,
      state: given.decision === 'approve' ? 'approved' : 'rejected',
      by: given.by,
      reason: given.reason,
      via: given.via,
      decidedAt: new Date(now).toISOString(),
    },
  };
}

/** A question whose time is over, whether somebody has answered it meanwhile or not. */
export function expire(current: Approval, environment: string): Extract<Verdict, { action: 'expire' }> {
  return {
    action: 'expire',
    approval: { ...current, state: 'expired' },
    refusal: { because: 'expired', reason: tooLate(current, environment) },
  };
}

function refuse(because: Refusal['because'], reason: string): Verdict {
  return { action: 'refuse', refusal: { because, reason } };
}

function isSameAnswer({ state, by, reason, via }: Approval, given: Given): boolean {
  const decision = state === 'approved' ? 'approve' : 'reject';
  return given.decision === decision && given.by === by && given.reason === reason && given.via === via;
}

export function notAsked({
  incident,
  gate,
}: {
  readonly incident: string;
  readonly gate?: Gate | undefined;
}): string {
  return `Nobody asked about ${gate === undefined ? 'anything' : `the ${gate}`} in ${incident}: look at the id of the incident in the message that asked.`;
}

function decidedBefore({ gate, incidentId, state, by, decidedAt, reason }: Approval): string {
  return (
    `The ${gate} of ${incidentId} was ${state} already, by ${by ?? 'somebody'} at ${decidedAt ?? 'an unknown time'} ` +
    `(${reason ?? 'no reason given'}): an answer counts once.`
  );
}

function tooLate({ gate, incidentId, expiresAt }: Approval, environment: string): string {
  return (
    `The question about the ${gate} of ${incidentId} could be answered until ${expiresAt}, or until its run was ` +
    `stopped; nothing was done. If it is still needed, start lifeboat-${environment}-incident again: it goes on from ` +
    'where it stopped, and asks again.'
  );
}
