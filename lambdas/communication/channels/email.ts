import { describeFailure, passesByItself } from '../../aws/api-failure.ts';
import { sendMail } from '../../aws/mail.ts';
import { publishToTopic } from '../../aws/topic.ts';
import { log } from '../../runtime/log.ts';
import { ChannelFailure } from '../channel-failure.ts';
import type { ChannelSettings, Delivery, Send } from '../contract.ts';
import { emailHtml } from '../render/email-html.ts';
import { plainText } from '../render/plain.ts';
import { failureOf } from './failure.ts';

/**
 * Mails to an audience: formatted by SES, one to each address, or plain ones by the audience's topic.
 *
 * When SES takes none of them, the topic gets the plain text at once: its subscribers are the same people. When it takes
 * some and not others, those it took must not be told twice: the addresses that are left are tried once more by
 * themselves, and the record says when they still got nothing.
 */
export function sendByEmail(settings: ChannelSettings['email']): Send {
  return async (delivery) => {
    const { audience } = delivery.message;
    const { ses } = settings;
    const addresses = ses?.to[audience] ?? [];
    if (!ses || addresses.length === 0) return byTopic(settings, delivery);
    const left = await byMail(ses.from, addresses, delivery);
    if (left.length === addresses.length) {
      log('mail-by-topic', { incident: delivery.incident.id, audience, failure: left[0]?.failure });
      return byTopic(settings, delivery);
    }
    const still = await byMail(
      ses.from,
      left.map(({ address }) => address),
      delivery,
    );
    const [first] = still;
    return first
      ? { shortfall: `${still.length} of ${addresses.length} addresses got no mail: ${first.failure}` }
      : {};
  };
}

async function byTopic({ topics }: ChannelSettings['email'], { message, incident }: Delivery) {
  const { audience, kind, content } = message;
  const topic = topics[audience];
  if (topic === undefined) {
    throw new ChannelFailure(`there is no topic with mails for ${audience}`, { again: false });
  }
  const { environment, severity, id } = incident;
  try {
    await publishToTopic(topic, {
      subject: content.subject,
      text: plainText(content),
      attributes: { environment, severity, kind, incident: id },
    });
  } catch (error) {
    throw failureOf(error);
  }
  return {};
}

interface Left {
  readonly address: string;
  readonly failure: string;
}

/** Who has not got it. */
async function byMail(
  from: string,
  addresses: readonly string[],
  { message, incident }: Delivery,
): Promise<readonly Left[]> {
  const { content } = message;
  const mail = {
    from,
    subject: content.subject,
    text: plainText(content),
    html: emailHtml(content),
    thread: `${incident.id}@${from.split('@')[1] ?? 'lifeboat'}`,
  };
  const results = await Promise.all(
    addresses.map(async (address): Promise<readonly Left[]> => {
      try {
        await sendMail({ ...mail, to: address });
        return [];
      } catch (error) {
        const failure = describeFailure(error);
        log('mail-failed', { incident: incident.id, passes: passesByItself(error), failure });
        return [{ address, failure }];
      }
    }),
  );
  return results.flat();
}
