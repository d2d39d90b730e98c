import { describeFailure } from '../aws/api-failure.ts';
import { publishToTopic } from '../aws/topic.ts';
import type { IncidentRecord, Notice } from '../incident/contract.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { findRecord, recordNotices } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { messagesOf, unsent, type Message } from './messages.ts';
import { postToSlack } from './slack.ts';
import { forgetSlackToken, slackToken } from './slack-token.ts';

interface Delivery {
  readonly notice: Notice;
  /** Slack's id of the message, when it began the incident's thread. */
  readonly thread?: string;
}

/**
 * Tell everybody who should hear of it, on every channel at the same time.
 *
 * A channel that fails is recorded and returned, never thrown: a notice must not stop a recovery. A ledger that
 * does not answer keeps nobody uninformed either; then less is told, and it cannot be said whether it was told
 * before. Unknown counts as open, so that the updates go on.
 */
export async function handler(input: Input): Promise<Output> {
  const all = settings<Settings>();
  const { incident, kind, detail } = input;
  const ledger = openLedger(all.ledgerBucket);
  const record = await readOrNull(ledger, incident.id);
  if (kind === 'update' && record && record.state !== 'open') return { sent: 0, failed: 0, open: false };

  const messages = messagesOf(
    {
      incident,
      kind,
      ...(detail === undefined ? {} : { detail }),
      record,
      now: Date.now(),
      application: all.application,
      publicName: all.publicName,
      contacts: all.contacts,
    },
    all.slack !== undefined,
  );
  const deliveries = await Promise.all(
    unsent(messages, record?.notices ?? []).map((message) =>
      deliver(message, input, all, record?.slackThread),
    ),
  );
  const now = (await keep(ledger, incident.id, deliveries)) ?? record;
  const sent = deliveries.filter(({ notice }) => notice.delivered).length;
  return {
    sent,
    failed: deliveries.length - sent,
    open: now === null || now.state === 'open',
  };
}

async function deliver(
  message: Message,
  input: Input,
  all: Settings,
  thread: string | undefined,
): Promise<Delivery> {
  const { kind, channel, audience, subject, key } = message;
  const notice = { at: new Date().toISOString(), kind, channel, audience, subject, key };
  try {
    if (channel === 'sns') {
      await sendToTopic(message, input, all);
      return { notice: { ...notice, delivered: true } };
    }
    const ts = await sendToSlack(message, all, thread);
    // A note about another start may come before the opening notice; it does not begin the thread.
    const begins = ts !== undefined && kind !== 'joined';
    return { notice: { ...notice, delivered: true }, ...(begins ? { thread: ts } : {}) };
  } catch (error) {
    const failure = describeFailure(error);
    log('notice-failed', { incident: input.incident.id, kind, channel, audience, failure });
    return { notice: { ...notice, delivered: false, failure } };
  }
}

async function sendToTopic(
  { audience, subject, text, kind }: Message,
  { incident }: Input,
  all: Settings,
): Promise<void> {
  const { environment, severity, id } = incident;
  await publishToTopic(all.topics[audience], {
    subject,
    text,
    attributes: { environment, severity, kind, incident: id },
  });
}

async function sendToSlack(
  { kind, subject, text }: Message,
  { slack }: Settings,
  thread: string | undefined,
): Promise<string | undefined> {
  if (!slack) return undefined;
  try {
    return await postToSlack(await slackToken(slack.tokenSecret), {
      channel: slack.channel,
      text: `*${subject}*\n${text}`,
      ...(thread === undefined ? {} : { thread }),
      // The end of an incident is for everybody in the channel, not only for those who follow its thread.
      broadcast: kind === 'escalation' || kind === 'recovered',
    });
  } catch (error) {
    forgetSlackToken(slack.tokenSecret);
    throw error;
  }
}

async function readOrNull(ledger: Ledger, id: string): Promise<IncidentRecord | null> {
  try {
    return await findRecord(ledger, id);
  } catch (error) {
    log('ledger-silent', { incident: id, failure: describeFailure(error) });
    return null;
  }
}

async function keep(
  ledger: Ledger,
  id: string,
  deliveries: readonly Delivery[],
): Promise<IncidentRecord | null> {
  if (deliveries.length === 0) return null;
  const notices = deliveries.map(({ notice }) => notice);
  const thread = deliveries.find((delivery) => delivery.thread !== undefined)?.thread;
  try {
    return await recordNotices(ledger, { id }, notices, thread);
  } catch (error) {
    log('notices-not-recorded', { incident: id, failure: describeFailure(error), notices });
    return null;
  }
}
