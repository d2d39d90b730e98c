import type { Approval, Gate } from '../request-approval/contract.ts';
import type { IncidentRecord, PendingQuestion } from './contract.ts';
import type { Ledger } from './ledger.ts';

/** The questions that gates ask, one object per incident and gate. */

export const gates: readonly Gate[] = ['promotion', 'restore', 'configuration', 'hardware'];

export function approvalKey(incidentId: string, gate: Gate): string {
  return `approvals/${incidentId}/${gate}.json`;
}

/** Null when this gate of this incident has never asked. */
export async function readApproval(ledger: Ledger, incidentId: string, gate: Gate): Promise<Approval | null> {
  return (await ledger.read<Approval>(approvalKey(incidentId, gate)))?.value ?? null;
}

/** What an incident's notices say of a question; of one gate the newest, and none that is answered. */
export function pendingWith(
  { pending = [] }: Pick<IncidentRecord, 'pending'>,
  { gate, state, question, askedAt, expiresAt }: Approval,
): readonly PendingQuestion[] {
  const others = pending.filter((each) => each.gate !== gate);
  return state === 'asked' ? [...others, { gate, question, askedAt, expiresAt }] : others;
}
