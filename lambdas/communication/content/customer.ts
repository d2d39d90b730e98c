import { duration, moment } from '../../incident/time-words.ts';
import type { Content, Section } from '../contract.ts';
import type { News } from '../news.ts';
import { scenarioWords, severityWords } from './wording.ts';

/** Notices for customers, partners and the public: what they notice, when it ends, whom to ask. No internals. Pure. */

export function customerContent(news: News): Content {
  return news.kind === 'recovered' ? restored(news) : interrupted(news);
}

function subjectOf({ application, kind, incident }: News): string {
  const { subject } = scenarioWords[incident.scenario];
  switch (kind) {
    case 'recovered':
      return `${application}: service restored`;
    case 'opened':
      return `${application}: ${subject}`;
    default:
      return `${application}: ${subject}, update`;
  }
}

/** The incident notification template, in a customer's words. */
function interrupted(news: News): Content {
  const { application, publicName, incident, kind, record, now, nextUpdateAt } = news;
  const words = scenarioWords[incident.scenario];
  // Not known to be real: it is not said to be.
  const suspected = record !== null && record.confirmedAt === undefined;
  const issue = suspected
    ? `We are looking into a possible problem with ${application}.`
    : `${application} ${words.interruption}`;
  const late = now > Date.parse(incident.deadline);
  const sections: readonly Section[] = [
    { title: 'Issue', body: issue },
    { title: 'Impact', body: words.noticed.replace('{name}', publicName) },
    { title: 'Current status', body: statusOf(news, suspected) },
    {
      title: 'Next steps',
      body:
        kind === 'escalation'
          ? 'Our engineers have taken over from the automatic recovery.'
          : suspected
            ? 'We find out whether it is real. If it is, we restore the service at once.'
            : words.promise,
    },
    {
      title: 'Estimated time to resolution',
      body: late
        ? 'It takes longer than our target. We are working on it without pause.'
        : `Our target is to have the service restored by ${moment(incident.deadline)}.`,
    },
    {
      title: 'Next update',
      body:
        kind === 'escalation'
          ? 'Our engineers write to you from here on. Until they do, ask the contact below.'
          : nextUpdateAt === null
            ? ''
            : `We will write again at ${moment(nextUpdateAt)}, or when it is restored.`,
    },
    { title: 'Contact', body: news.contacts },
  ];
  return {
    subject: subjectOf(news),
    short: `${issue} ${statusOf(news, suspected)}`,
    facts: [
      ['Incident ID', incident.id],
      ['Severity', `${incident.severity} (${severityWords[incident.severity]})`],
      ['Start time', moment(incident.startedAt)],
      ['Affected systems', `${application} (${publicName})`],
    ],
    sections: sections.filter(({ body }) => body.length > 0),
    links: [],
    tone: kind === 'update' ? 'progress' : 'trouble',
  };
}

function statusOf({ kind, incident, now }: News, suspected: boolean): string {
  const { trouble } = scenarioWords[incident.scenario];
  const since = duration((now - Date.parse(incident.startedAt)) / 1_000);
  if (kind === 'escalation') {
    return suspected
      ? `Our automatic checks could not say for ${since} whether there is a problem. Our engineers are looking into it.`
      : `${trouble} has lasted for ${since}. Our engineers are restoring the service by hand.`;
  }
  if (suspected) return `Our checks reported it ${since} ago. We are confirming it.`;
  return kind === 'opened'
    ? 'We have noticed it ourselves and are restoring the service.'
    : `${trouble} has lasted for ${since}. We are still restoring the service.`;
}

/** The recovery notification template, in a customer's words. */
function restored(news: News): Content {
  const { application, publicName, incident, record, now } = news;
  const words = scenarioWords[incident.scenario];
  return {
    subject: subjectOf(news),
    short: `${application} is available again.`,
    facts: [
      ['Incident ID', incident.id],
      ['Resolution time', moment(record?.closedAt ?? now)],
      ['Systems restored', `${application} (${publicName})`],
    ],
    sections: [
      { title: 'Resolution', body: `${application} is available again.` },
      { title: 'Actions taken', body: words.remedy },
      { title: 'Verification', body: words.proof.replace('{name}', publicName) },
      { title: 'Next steps', body: `${words.afterwards} We are looking into the cause.` },
      { title: 'Contact', body: news.contacts },
    ],
    links: [],
    tone: 'recovered',
  };
}
