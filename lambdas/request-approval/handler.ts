import { runRemote } from '../aws/remote-function.ts';
import { approvalKey, pendingWith } from '../incident/approval.ts';
import type { IncidentRecord } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { change, openLedger } from '../incident/ledger.ts';
import { changeRecord, readRecord } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input as Notify } from '../send-notice/contract.ts';
import type { Approval, Input, Output, Settings } from './contract.ts';
import { ask } from './decide.ts';

/**
 * Ask the people on call, for a state that waits until answer-approval has their answer.
 *
 * The question is on the ledger before anybody hears of it, so that the first to answer finds it there. A question
 * that reached nobody is no question: it is tried again, and fails the gate rather than let it wait in silence.
 *
 * @throws TryAgain when the ledger or send-notice does not answer, or nobody could be told
 */
export async function handler(input: Input): Promise<Output> {
  const { ledgerBucket, sendNotice } = settings<Settings>();
  const { incident, gate } = input;
  const ledger = openLedger(ledgerBucket);
  const approval = await change<Approval>(ledger, approvalKey(incident.id, gate), (current) =>
    ask(current, input, Date.now()),
  );
  // A try that comes late finds that its question was answered.
  if (approval?.state !== 'asked') return null;
  await changeRecord(ledger, incident.id, (current) => noted(current, approval));

  const notify: Notify = { incident, kind: 'approval' };
  await runRemote(sendNotice, notify);
  const { notices } = await readRecord(ledger, incident.id);
  const own = notices.filter(({ key }) => key === `approval ${gate} ${approval.askedAt}`);
  const reached = own.some(({ delivered }) => delivered);
  log('request-approval', { incident: incident.id, gate, expiresAt: approval.expiresAt, reached });
  if (!reached) {
    const failures = own.map(({ channel, failure }) => `${channel}: ${failure ?? 'unknown'}`).join('; ');
    throw new TryAgain(
      `nobody could be asked about the ${gate}: ${failures === '' ? 'no channel was tried' : failures}`,
    );
  }
  return null;
}

/** The question on the incident's record: for its timeline, and for the updates to remind of it. */
function noted(record: IncidentRecord, approval: Approval): IncidentRecord | undefined {
  const { gate, question, askedAt, expiresAt } = approval;
  const event = `asks a person about the ${gate}`;
  const isNoted = record.timeline.some((entry) => entry.at === askedAt && entry.event === event);
  const known = record.pending?.some((each) => each.gate === gate && each.expiresAt === expiresAt);
  if (isNoted && known) return undefined;
  return {
    ...record,
    pending: pendingWith(record, approval),
    timeline: isNoted
      ? record.timeline
      : [...record.timeline, { at: askedAt, actor: 'request-approval', event, detail: question }],
  };
}
