import type { Audience } from '../incident/contract.ts';
import type { News } from './news.ts';
import { duration, moment, sections } from './wording.ts';

/** Notices for customers and partners: what they notice, when it ends, whom to ask. No internals. Pure. */

export function customerSubject({ application, kind }: News): string {
  switch (kind) {
    case 'recovered':
      return `${application}: service restored`;
    case 'update':
      return `${application}: service interruption, update`;
    default:
      return `${application}: service interruption`;
  }
}

export function customerText(news: News, audience: Audience): string {
  const { application, publicName, incident, kind, record, now } = news;
  const reference = `Incident ID: ${incident.id}`;
  const contact = ['Contact', news.contacts[audience]] as const;
  const nextUpdate = `We will write again at ${moment(now + incident.updateEverySeconds * 1_000)}, or when the service is restored.`;
  if (kind === 'recovered') {
    return [
      reference,
      `Resolution time: ${moment(record?.closedAt ?? now)}`,
      `Systems restored: ${application} (${publicName})`,
      sections(
        ['Resolution', `${application} is available again and was checked from outside.`],
        [
          'Next steps',
          'You need to do nothing. If an old connection still fails, close it and connect again. We are looking into the cause.',
        ],
        contact,
      ),
    ].join('\n\n');
  }
  const since = duration((now - Date.parse(incident.startedAt)) / 1_000);
  const late = now > Date.parse(incident.deadline);
  return [
    `${reference}\nStart time: ${moment(incident.startedAt)}\nAffected systems: ${application} (${publicName})`,
    sections(
      [
        'Issue',
        kind === 'update'
          ? `${application} has been interrupted for ${since}. We are still restoring it.`
          : `${application} is interrupted at the moment. We have noticed it ourselves and are restoring it.`,
      ],
      ['Impact', `Requests to ${publicName} may fail or be slow.`],
      [
        'Estimated time to resolution',
        late
          ? 'It takes longer than we expected. We are working on it.'
          : `We expect the service to be restored by ${moment(incident.deadline)}.`,
      ],
      ['Next update', nextUpdate],
      contact,
    ),
  ].join('\n\n');
}
