import { describeFailure } from '../aws/api-failure.ts';
import { forgetSecretToken, secretToken } from '../aws/secret-token.ts';
import { publishToTopic } from '../aws/topic.ts';
import { log } from '../runtime/log.ts';
import type { Audience, IncidentRecord, IncidentRef, Notice, NoticeKind } from './contract.ts';
import type { Ledger } from './ledger.ts';
import { findRecord, recordNotices } from './record.ts';
import { postToSlack } from './slack.ts';

/** How messages get to people, whoever has worded them. */

export interface Message {
  readonly kind: NoticeKind;
  readonly channel: 'sns' | 'slack';
  readonly audience: Audience;
  readonly subject: string;
  readonly text: string;
  /** The same key, channel and audience: the same notice. */
  readonly key: string;
}

export interface Channels {
  readonly topics: Readonly<Partial<Record<Audience, string>>>;
  readonly slack?: { readonly channel: string; readonly tokenSecret: string };
}

/** Null when the ledger does not answer: then less is known, but it is told. */
export async function recordIfAny(ledger: Ledger, id: string): Promise<IncidentRecord | null> {
  try {
    return await findRecord(ledger, id);
  } catch (error) {
    log('ledger-silent', { incident: id, failure: describeFailure(error) });
    return null;
  }
}

/** What has not reached its channel and audience before. */
export function unsent(messages: readonly Message[], before: readonly Notice[]): readonly Message[] {
  return messages.filter(
    ({ key, channel, audience }) =>
      !before.some(
        (notice) =>
          notice.delivered &&
          notice.key === key &&
          notice.channel === channel &&
          notice.audience === audience,
      ),
  );
}

interface Delivery {
  readonly notice: Notice;
  /** Slack's id of the message, when it began the incident's thread. */
  readonly thread?: string;
}

/**
 * Tell what was not told before, on every channel at the same time, and keep on the record how that went.
 *
 * A channel that fails is recorded and returned, never thrown, because a notice must not stop a recovery; nor does
 * a record that cannot be written.
 *
 * @param record as it was read before, or null
 * @returns the notices of this call, and the record with them (null when it could not be written, or none was sent)
 */
export async function tell(
  ledger: Ledger,
  incident: IncidentRef,
  messages: readonly Message[],
  channels: Channels,
  record: IncidentRecord | null,
): Promise<{ readonly notices: readonly Notice[]; readonly record: IncidentRecord | null }> {
  const deliveries = await Promise.all(
    unsent(messages, record?.notices ?? []).map((message) =>
      deliver(message, incident, channels, record?.slackThread),
    ),
  );
  return {
    notices: deliveries.map(({ notice }) => notice),
    record: await keep(ledger, incident.id, deliveries),
  };
}

/** Notes about another start may come before the opening notice; they do not begin the thread. */
const asides: ReadonlySet<NoticeKind> = new Set(['joined', 'ignored']);
/** For everybody in the channel, not only for those who follow the thread. */
const forTheWholeChannel: ReadonlySet<NoticeKind> = new Set([
  'approval',
  'escalation',
  'recovered',
  'ignored',
]);

async function deliver(
  message: Message,
  incident: IncidentRef,
  channels: Channels,
  thread: string | undefined,
): Promise<Delivery> {
  const { kind, channel, audience, subject, key } = message;
  const notice = { at: new Date().toISOString(), kind, channel, audience, subject, key };
  try {
    if (channel === 'sns') {
      await sendToTopic(message, incident, channels);
      return { notice: { ...notice, delivered: true } };
    }
    const ts = await sendToSlack(message, channels, thread);
    const begins = ts !== undefined && !asides.has(kind);
    return { notice: { ...notice, delivered: true }, ...(begins ? { thread: ts } : {}) };
  } catch (error) {
    const failure = describeFailure(error);
    log('notice-failed', { incident: incident.id, kind, channel, audience, failure });
    return { notice: { ...notice, delivered: false, failure } };
  }
}

async function sendToTopic(
  { audience, subject, text, kind }: Message,
  { environment, severity, id }: IncidentRef,
  { topics }: Channels,
): Promise<void> {
  const topic = topics[audience];
  if (topic === undefined) throw new Error(`there is no topic for ${audience}`);
  await publishToTopic(topic, {
    subject,
    text,
    attributes: { environment, severity, kind, incident: id },
  });
}

async function sendToSlack(
  { kind, subject, text }: Message,
  { slack }: Channels,
  thread: string | undefined,
): Promise<string | undefined> {
  if (!slack) return undefined;
  try {
    return await postToSlack(await secretToken(slack.tokenSecret), {
      channel: slack.channel,
      text: `*${subject}*\n${text}`,
      ...(thread === undefined ? {} : { thread }),
      broadcast: forTheWholeChannel.has(kind),
    });
  } catch (error) {
    forgetSecretToken(slack.tokenSecret);
    throw error;
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
