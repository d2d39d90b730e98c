import type { World } from '../world/world.ts';

/** The text of a notice as its reader got it, found in the inboxes by channel, audience and subject. */
export function noticeTexts(
  world: World,
): (channel: string, audience: string, subject: string) => string | undefined {
  const mails = world.cloud.notifications.messages();
  const posts = world.slack?.messages() ?? [];
  return (channel, audience, subject) => {
    if (channel === 'slack') return posts.find(({ text }) => text.includes(subject))?.text;
    return mails.find((mail) => mail.topicName.endsWith(`-${audience}`) && mail.subject === subject)?.message;
  };
}
