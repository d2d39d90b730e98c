import { publishToTopic } from '../../aws/topic.ts';
import { ChannelFailure } from '../channel-failure.ts';
import type { ChannelSettings, Send } from '../contract.ts';
import { smsText } from '../render/sms.ts';
import { failureOf } from './failure.ts';

/** Text messages to the telephones of an audience, by its topic. */
export function sendBySms({ topics }: ChannelSettings['sms']): Send {
  return async ({ message, incident }) => {
    const { audience, kind, content } = message;
    const topic = topics[audience];
    if (topic === undefined) {
      throw new ChannelFailure(`there is no topic with telephones for ${audience}`, { again: false });
    }
    const { environment, severity, id } = incident;
    try {
      await publishToTopic(topic, {
        subject: content.subject,
        text: smsText(content),
        sms: smsText(content),
        attributes: { environment, severity, kind, incident: id },
      });
    } catch (error) {
      throw failureOf(error);
    }
    return {};
  };
}
