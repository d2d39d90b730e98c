import type { Notice } from '../../lambdas/incident/contract.ts';
import { contactsOf, emailsOf, phonesOf, type Addressed } from '../../lib/config/contacts.ts';
import type { World } from '../world/world.ts';

/** The text of a notice as its reader got it, found in the inbox of its channel. */
export function noticeTexts(world: World): (notice: Notice) => string | undefined {
  const { environment, inboxes, cloud } = world;
  const { slack, pagerduty, statuspage, tickets, mail } = inboxes;

  const addressesOf = (audience: Notice['audience'], channel: 'email' | 'sms'): readonly string[] => {
    if (audience === 'public') return [];
    const contacts = contactsOf(environment, audience satisfies Addressed);
    return channel === 'email' ? emailsOf(contacts) : phonesOf(contacts);
  };

  return ({ channel, audience, subject, at, kind }) => {
    const sent = Date.parse(at);
    // Of those with the same subject, the one that came when this was sent.
    const nearest = <T extends { readonly at: number }>(found: readonly T[]): T | undefined =>
      found.toSorted((a, b) => Math.abs(a.at - sent) - Math.abs(b.at - sent))[0];
    switch (channel) {
      case 'email': {
        const [to] = addressesOf(audience, channel);
        return nearest(mail.mails().filter((each) => each.to === to && each.subject === subject))?.text;
      }
      case 'sms': {
        const [to] = addressesOf(audience, channel);
        const texts = cloud.notifications
          .messages()
          .filter(({ protocol, endpoint }) => protocol === 'sms' && endpoint === to);
        return nearest(texts.filter(({ message }) => message.startsWith(subject)))?.message;
      }
      case 'slack':
        return nearest((slack?.messages() ?? []).filter(({ text }) => text.includes(subject.slice(0, 100))))
          ?.text;
      case 'pagerduty':
        return nearest((pagerduty?.messages() ?? []).map((event) => ({ ...event })))?.summary;
      case 'statuspage':
        return nearest(statuspage?.messages() ?? [])?.body;
      case 'ticket':
        return kind === 'opened'
          ? tickets?.tickets()[0]?.text
          : nearest(tickets?.tickets().flatMap(({ comments }) => comments) ?? [])?.text;
      case 'page':
        return undefined;
    }
  };
}
