import { duration, moment } from '../../incident/time-words.ts';
import type { Content, Section } from '../contract.ts';
import type { News } from '../news.ts';
import { publicChanges, publicNext, publicStanding } from './phases.ts';
import { called, scenarioWords, severityWords } from './wording.ts';

/** Notices for customers, partners and the public: what they notice, when it ends, whom to ask. No internals. Pure. */

export function customerContent(news: News): Content {
  return news.kind === 'recovered' ? restored(news) : interrupted(news);
}

/** What may be said: before a failure is known to be real it is not said to be, nor when nobody can look it up. */
type Knowledge = 'confirmed' | 'suspected' | 'unknown';

function knowledgeOf({ record }: News): Knowledge {
  if (!record) return 'unknown';
  return record.confirmedAt === undefined ? 'suspected' : 'confirmed';
}

function subjectOf({ application, kind, incident }: News, knowledge: Knowledge): string {
  const subject = knowledge === 'suspected' ? 'possible problem' : scenarioWords[incident.scenario].subject;
  return kind === 'opened' ? `${application}: ${subject}` : `${application}: ${subject}, update`;
}

/** The incident notification template, in a customer's words. */
function interrupted(news: News): Content {
  const { application, publicName, incident, kind, nextUpdateAt } = news;
  const words = scenarioWords[incident.scenario];
  const knowledge = knowledgeOf(news);
  const noticed = words.noticed.replace('{name}', publicName);
  const issue = issueOf(news, knowledge);
  const fresh = kind === 'update' ? changesOf(news) : undefined;
  const unchanged = fresh?.length === 0;
  const sections: readonly Section[] = [
    { title: 'Issue', body: issue },
    {
      title: 'Impact',
      body: knowledge === 'suspected' ? `If it is real: ${noticed}` : noticed,
    },
    { title: 'Since our last message', body: unchanged ? nothingSince(news) : (fresh ?? '') },
    { title: 'Current status', body: statusOf(news, knowledge) },
    { title: 'Next steps', body: nextOf(news, knowledge) },
    { title: 'Estimated time to resolution', body: targetOf(news, knowledge) },
    {
      title: 'Next update',
      body:
        kind === 'escalation'
          ? 'Our engineers write to you from here on. Until they do, ask the contact below.'
          : nextUpdateAt === null
            ? ''
            : `We will write again at ${moment(nextUpdateAt)}, or when it is over.`,
    },
    { title: 'Contact', body: news.contacts },
  ];
  const { severity } = incident;
  return {
    subject: subjectOf(news, knowledge),
    short: `${issue} ${statusOf(news, knowledge)}`,
    facts: [
      ['Incident ID', incident.id],
      [
        'Severity',
        knowledge === 'suspected' ? `${severity}, not confirmed` : `${severity} (${severityWords[severity]})`,
      ],
      ['Start time', moment(incident.startedAt)],
      ['Affected systems', `${application} (${publicName})`],
    ],
    sections: sections.filter(({ body }) => body.length > 0),
    links: [],
    tone: kind === 'update' ? 'progress' : 'trouble',
    ...(fresh ? { unchanged } : {}),
  };
}

function issueOf({ application, incident }: News, knowledge: Knowledge): string {
  switch (knowledge) {
    case 'confirmed':
      return `${application} ${scenarioWords[incident.scenario].interruption}`;
    case 'suspected':
      return `We are looking into a possible problem with ${application}.`;
    case 'unknown':
      return `We are working on a problem that was reported with ${application}.`;
  }
}

/** What customers can be told that has changed since they heard last; undefined when it cannot be known. */
function changesOf({ record, since }: News): readonly string[] | undefined {
  if (!record || since === undefined) return undefined;
  return [
    ...(record.confirmedAt !== undefined && record.confirmedAt > since
      ? ['We have confirmed that the problem is real.']
      : []),
    ...publicChanges(record, since),
  ];
}

function nothingSince({ since = '' }: News): string {
  return `Nothing has changed since ${moment(since)}.`;
}

function statusOf({ kind, incident, record, now }: News, knowledge: Knowledge): string {
  const { trouble } = scenarioWords[incident.scenario];
  const since = duration((now - Date.parse(incident.startedAt)) / 1_000);
  if (kind === 'escalation') {
    switch (knowledge) {
      case 'confirmed':
        return `${trouble} has lasted for ${since}. Our engineers are restoring the service by hand.`;
      case 'suspected':
        return `Our automatic checks could not say for ${since} whether there is a problem. Our engineers are looking into it.`;
      case 'unknown':
        return `It was reported ${since} ago. Our engineers are looking into it.`;
    }
  }
  switch (knowledge) {
    case 'confirmed': {
      const standing = (record && publicStanding(record)) ?? 'We are still restoring the service.';
      return kind === 'opened'
        ? 'We have noticed it ourselves and are restoring the service.'
        : `${trouble} has lasted for ${since}. ${standing}`;
    }
    case 'suspected':
      return `Our checks reported it ${since} ago. We are confirming it.`;
    case 'unknown':
      return `It was reported ${since} ago.`;
  }
}

function nextOf({ kind, incident, record }: News, knowledge: Knowledge): string {
  if (kind === 'escalation') return 'Our engineers have taken over from the automatic recovery.';
  if (kind !== 'opened' && knowledge === 'confirmed' && record) return publicNext(record);
  return knowledge === 'suspected'
    ? 'We find out whether it is real. If it is, we restore the service at once.'
    : scenarioWords[incident.scenario].promise;
}

function targetOf({ incident, now }: News, knowledge: Knowledge): string {
  const late = now > Date.parse(incident.deadline);
  const target = `our target is to have the service restored by ${moment(incident.deadline)}.`;
  if (knowledge === 'suspected') {
    return late
      ? 'It takes us longer than we want to find out. We are working on it.'
      : `If it is real, ${target}`;
  }
  return late
    ? 'It takes longer than our target. We are working on it without pause.'
    : `Our${target.slice('our'.length)}`;
}

/**
 * The recovery notification template, in a customer's words. What was suspected and never confirmed has not been
 * restored, and nothing is said to have been done where nothing was.
 */
function restored(news: News): Content {
  const { application, publicName, incident, record, now } = news;
  const words = scenarioWords[incident.scenario];
  const acted = record?.steps.some(({ status }) => status === 'changed') ?? true;
  const wasReal = acted || knowledgeOf(news) === 'confirmed';
  const resolution = wasReal
    ? `${application} is available again.`
    : `${application} is available. The problem that our checks reported could not be confirmed, and is reported no more.`;
  return {
    subject: wasReal ? `${application}: service restored` : `${application}: possible problem is over`,
    short: resolution,
    facts: [
      ['Incident ID', incident.id],
      ['Resolution time', moment(record?.closedAt ?? now)],
      ['Systems restored', `${application} (${publicName})`],
    ],
    sections: [
      { title: 'Resolution', body: resolution },
      {
        title: 'Actions taken',
        body: acted ? words.remedy : 'We have looked into it. Nothing had to be changed.',
      },
      { title: 'Verification', body: (acted ? words.proof : called).replace('{name}', publicName) },
      {
        title: 'Next steps',
        body: `${acted ? words.afterwards : 'You need to do nothing.'} We are looking into the cause.`,
      },
      { title: 'Contact', body: news.contacts },
    ],
    links: [],
    tone: 'recovered',
  };
}
