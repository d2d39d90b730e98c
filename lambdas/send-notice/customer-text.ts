import type { Audience } from '../incident/contract.ts';
import { duration, moment } from '../incident/time-words.ts';
import type { News } from './news.ts';
import { scenarioWords, sections, severityWords } from './wording.ts';

/** Notices for customers and partners: what they notice, when it ends, whom to ask. No internals. Pure. */

export function customerSubject({ application, kind, incident }: News): string {
  const { subject } = scenarioWords[incident.scenario];
  switch (kind) {
    case 'recovered':
      return `${application}: service restored`;
    case 'update':
    case 'escalation':
      return `${application}: ${subject}, update`;
    default:
      return `${application}: ${subject}`;
  }
}

export function customerText(news: News, audience: Audience): string {
  return news.kind === 'recovered' ? restored(news, audience) : interrupted(news, audience);
}

/** The incident notification template, in a customer's words. */
function interrupted(news: News, audience: Audience): string {
  const { application, publicName, incident, kind, now } = news;
  const words = scenarioWords[incident.scenario];
  const since = duration((now - Date.parse(incident.startedAt)) / 1_000);
  return [
    [
      `Incident ID: ${incident.id}`,
      `Severity: ${incident.severity} (${severityWords[incident.severity]})`,
      `Start time: ${moment(incident.startedAt)}`,
      `Affected systems: ${application} (${publicName})`,
    ].join('\n'),
    sections(
      ['Issue', `${application} ${words.interruption}`],
      ['Impact', words.noticed.replace('{name}', publicName)],
      [
        'Current status',
        kind === 'escalation'
          ? `${words.trouble} has lasted for ${since}. Our engineers are restoring the service by hand.`
          : kind === 'update'
            ? `${words.trouble} has lasted for ${since}. We are still restoring the service.`
            : 'We have noticed it ourselves and are restoring the service.',
      ],
      [
        'Next steps',
        kind === 'escalation' ? 'Our engineers have taken over from the automatic recovery.' : words.promise,
      ],
      [
        'Estimated time to resolution',
        now > Date.parse(incident.deadline)
          ? 'It takes longer than our target. We are working on it without pause.'
          : `Our target is to have the service restored by ${moment(incident.deadline)}.`,
      ],
      [
        'Next update',
        kind === 'escalation'
          ? 'Our engineers write to you from here on. Until they do, ask the contact below.'
          : `We will write again at ${moment(now + incident.updateEverySeconds * 1_000)}, or when it is restored.`,
      ],
      ['Contact', news.contacts[audience]],
    ),
  ].join('\n\n');
}

/** The recovery notification template, in a customer's words. */
function restored(news: News, audience: Audience): string {
  const { application, publicName, incident, record, now } = news;
  const words = scenarioWords[incident.scenario];
  return [
    [
      `Incident ID: ${incident.id}`,
      `Resolution time: ${moment(record?.closedAt ?? now)}`,
      `Systems restored: ${application} (${publicName})`,
    ].join('\n'),
    sections(
      ['Resolution', `${application} is available again.`],
      ['Actions taken', words.remedy],
      ['Verification', words.proof.replace('{name}', publicName)],
      ['Next steps', `${words.afterwards} We are looking into the cause.`],
      ['Contact', news.contacts[audience]],
    ),
  ].join('\n\n');
}
