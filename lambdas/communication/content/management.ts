import { moment } from '../../incident/time-words.ts';
import type { Content } from '../contract.ts';
import type { News } from '../news.ts';
import { acknowledgedBy, idFact, nextUpdateWords, recoveryTimeOf, severityFact } from './facts.ts';
import { subjectOf } from './headline.ts';
import { begunSince, decision, nextStepOf } from './phases.ts';
import { againstRto, called, resolutionBy, scenarioWords } from './wording.ts';

/** Notices for those who answer for an incident: how it stands against what was promised, and what is asked. Pure. */

export function managementContent(news: News): Content {
  const { reportUrl } = news;
  const links = reportUrl === undefined ? [] : [{ label: 'Read the report', url: reportUrl }];
  return { ...(news.kind === 'recovered' ? recovered(news) : running(news)), links };
}

type Body = Omit<Content, 'links'>;

/** The incident notification template, without what only engineers can use. */
function running(news: News): Body {
  const { incident, kind, application, publicName, now } = news;
  const words = scenarioWords[incident.scenario];
  const isOver = kind === 'escalation';
  const changes = kind === 'update' ? changesOf(news) : undefined;
  const unchanged = changes?.length === 0;
  const sections = [
    { title: 'Issue', body: `${words.issue} ${openedBy(incident.startedBy)}` },
    { title: 'Impact', body: `Users of ${publicName} ${words.impact}` },
    { title: 'Since the last notice', body: unchanged ? nothingSince(news) : (changes ?? []) },
    { title: 'Current status', body: statusOf(news) },
    { title: 'Decisions open', body: isOver ? [] : decisionsOf(news) },
    { title: 'Next steps', body: nextOf(news) },
    {
      title: 'Estimated time to resolution',
      body: isOver
        ? `Not known: the automatic recovery has stopped. RTO: ${moment(incident.deadline)}.`
        : resolutionBy(incident, now),
    },
    { title: 'Next update', body: isOver ? '' : nextUpdateWords(news) },
    { title: 'Contact', body: news.contacts },
  ];
  return {
    subject: subjectOf(news),
    short: `${words.issue} ${againstRto(incident, now)}.`,
    facts: [
      idFact(news),
      severityFact(news),
      ['Start time', moment(incident.startedAt)],
      ['Affected systems', `${application} (${publicName}) in ${incident.environment}`],
      ['Time', againstRto(incident, now)],
      ['Acknowledged by', acknowledgedBy(news.record)],
    ],
    sections: sections.filter(({ body }) => body.length > 0),
    tone: kind === 'update' ? 'progress' : 'trouble',
    ...(changes ? { unchanged } : {}),
  };
}

/** An alarm's name says nothing to them; that a person started it, and why, does. */
function openedBy(startedBy: string): string {
  return startedBy.startsWith('alarm ') ? 'An alarm opened the incident.' : `Opened by ${startedBy}.`;
}

/** What was begun, taken and decided since they heard last; undefined when it cannot be known. */
function changesOf({ record, since }: News): readonly string[] | undefined {
  if (!record) return undefined;
  const { acknowledged, timeline, confirmedAt } = record;
  const begun = begunSince(record, since).at(-1);
  const isFresh = (at: string) => since === undefined || at > since;
  return [
    ...(confirmedAt !== undefined && isFresh(confirmedAt) ? ['The failure is confirmed.'] : []),
    ...(acknowledged && isFresh(acknowledged.at) ? [`${acknowledged.by} took the call.`] : []),
    ...timeline
      .filter(({ at, event }) => isFresh(at) && decision.test(event))
      .map(({ event }) => `A person ${event.replace(/ \(.*$/, '')}.`),
    ...(begun === undefined ? [] : [`The recovery has come so far: ${begun}.`]),
  ];
}

function nothingSince({ since }: News): string {
  return `Nothing has changed since ${since === undefined ? 'the start' : moment(since)}.`;
}

function decisionsOf({ record, now }: News): readonly string[] {
  return openQuestions(record, now).map(
    ({ gate, question, expiresAt }) =>
      `The people on call decide about the ${gate} by ${moment(expiresAt)}: ${question.split('\n')[0] ?? ''}`,
  );
}

function openQuestions(record: News['record'], now: number) {
  return (record?.pending ?? []).filter(({ expiresAt }) => Date.parse(expiresAt) > now);
}

function statusOf({ kind, record, percent, now }: News): string {
  switch (kind) {
    case 'milestone':
      return (percent ?? 100) >= 100
        ? 'The recovery takes longer than was promised: the RTO is missed.'
        : `${percent ?? 0} % of the time that was promised are over.`;
    case 'escalation':
      return (
        'The automatic recovery has stopped. The people on call recover by hand, and tell you how they get on.' +
        (record && record.confirmedAt === undefined
          ? ' It was never confirmed that the failure is real.'
          : '')
      );
    case 'unacknowledged':
      return 'Nobody on call has taken the call yet.';
    default:
      if (!record) return 'Not known: the ledger does not answer. The recovery does not wait for it.';
      if (record.confirmedAt === undefined) return 'The failure is being confirmed.';
      return openQuestions(record, now).length > 0
        ? 'The failure is confirmed, and the recovery waits for a decision of the people on call.'
        : 'The failure is confirmed, and the recovery is running by itself.';
  }
}

function nextOf({ kind, record, now, percent }: News): string | readonly string[] {
  const next = record
    ? nextStepOf(record, now)
    : 'The recovery goes on by itself, and asks where it needs a person.';
  switch (kind) {
    case 'escalation':
      return 'Stand by for decisions that the people on call cannot take alone.';
    case 'milestone':
      return [
        next,
        (percent ?? 100) >= 100
          ? 'Tell whom you have promised the RTO to. Ask the people on call whether they need more hands, or a decision.'
          : 'Be reachable: a decision may be asked of you.',
      ];
    default:
      return next;
  }
}

/** The recovery notification template, likewise: the report has the rest. */
function recovered(news: News): Body {
  const { incident, record, application, publicName, now } = news;
  const words = scenarioWords[incident.scenario];
  const acted = record?.steps.some(({ status }) => status === 'changed') ?? true;
  const resolution = acted
    ? `${application} is ${words.restored}.`
    : `${application} is well, and nothing had to be changed.`;
  const time = record ? recoveryTimeOf(record, now) : undefined;
  return {
    subject: subjectOf(news),
    short: time === undefined ? resolution : `${resolution} ${time}.`,
    facts: [
      idFact(news),
      severityFact(news),
      ['Start time', moment(incident.startedAt)],
      ['Resolution time', moment(record?.closedAt ?? now)],
      ...(time === undefined ? [] : [['Recovery time', time] as const]),
      ['Systems restored', `${application} (${publicName}) in ${incident.environment}`],
    ],
    sections: [
      { title: 'Resolution', body: resolution },
      { title: 'Actions taken', body: acted ? words.done : 'Nothing had to be changed.' },
      { title: 'Verification', body: (acted ? words.proof : called).replace('{name}', publicName) },
      {
        title: 'Next steps',
        body: acted ? words.followUp : 'The people on call find out what was reported.',
      },
      { title: 'Contact', body: news.contacts },
    ],
    tone: 'recovered',
  };
}
