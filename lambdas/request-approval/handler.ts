import { describeFailure } from '../aws/api-failure.ts';
import { secretToken } from '../aws/secret-token.ts';
import { approvalKey, pendingWith } from '../incident/approval.ts';
import type { IncidentRecord } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { change, openLedger } from '../incident/ledger.ts';
import { changeRecord } from '../incident/record.ts';
import { signedLink } from '../incident/signed-link.ts';
import { tell } from '../incident/telling.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Approval, Input, Output, Settings } from './contract.ts';
import { ask } from './decide.ts';
import { messagesOf } from './messages.ts';

/**
 * Ask the people on call, for a state that waits until answer-approval has their answer.
 *
 * The question is on the ledger before anybody hears of it, so that the first to answer finds it there. A question
 * that reached nobody is no question: it is tried again, and fails the gate rather than let it wait in silence.
 *
 * @throws TryAgain when the ledger does not answer, or nobody could be told
 */
export async function handler(input: Input): Promise<Output> {
  const all = settings<Settings>();
  const { incident, gate } = input;
  const ledger = openLedger(all.ledgerBucket);
  const approval = await change<Approval>(ledger, approvalKey(incident.id, gate), (current) =>
    ask(current, input, Date.now()),
  );
  // A try that comes late finds that its question was answered.
  if (approval?.state !== 'asked') return null;
  const record = await changeRecord(ledger, incident.id, (current) => noted(current, approval));

  const links = await linksFor(all, approval);
  const messages = messagesOf(
    { incident, application: all.application, approval, now: Date.now(), ...(links ? { links } : {}) },
    all.slack !== undefined,
  );
  const { notices } = await tell(ledger, incident, messages, all, record);
  const reached = notices.some(({ delivered }) => delivered) || notices.length < messages.length;
  log('request-approval', { incident: incident.id, gate, expiresAt: approval.expiresAt, reached });
  if (!reached) {
    throw new TryAgain(
      `nobody could be asked about the ${gate}: ${notices.map(({ channel, failure }) => `${channel}: ${failure ?? 'unknown'}`).join('; ')}`,
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

/** Without its key a link cannot be made; the command line answers all the same. */
async function linksFor({ answerUrl, environment, signingSecret }: Settings, approval: Approval) {
  if (answerUrl === undefined) return undefined;
  const { incidentId, gate, expiresAt } = approval;
  const expires = Math.floor(Date.parse(expiresAt) / 1_000);
  try {
    const key = await secretToken(signingSecret);
    const link = (decision: 'approve' | 'reject') =>
      signedLink(answerUrl, key, environment, { incident: incidentId, gate, decision, expires });
    return { approve: link('approve'), reject: link('reject') };
  } catch (error) {
    log('links-not-signed', { incident: incidentId, gate, failure: describeFailure(error) });
    return undefined;
  }
}
