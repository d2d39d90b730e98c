import { duration, moment } from '../../incident/time-words.ts';
import type { Content } from '../contract.ts';
import type { News } from '../news.ts';
import { acknowledgedBy, idFact, nextUpdateWords, recoveryTimeOf, severityFact } from './facts.ts';
import { subjectOf } from './engineer.ts';
import { nextStepOf } from './phases.ts';
import { againstRto, scenarioWords } from './wording.ts';

/** Notices for those who answer for an incident: how it stands against what was promised, and what is asked. Pure. */

export function managementContent(news: News): Content {
  const { incident, record, kind, application, publicName, now, reportUrl } = news;
  const words = scenarioWords[incident.scenario];
  const decisions = (record?.pending ?? [])
    .filter(({ expiresAt }) => Date.parse(expiresAt) > now)
    .map(
      ({ gate, question, expiresAt }) =>
        `The people on call decide about the ${gate} by ${moment(expiresAt)}: ${question.split('\n')[0] ?? ''}`,
    );
  const over = kind === 'recovered' || kind === 'escalation';
  const sections = [
    { title: 'Issue', body: kind === 'recovered' ? '' : `${words.issue} Opened by ${incident.startedBy}.` },
    { title: 'Impact', body: kind === 'recovered' ? '' : `Users of ${publicName} ${words.impact}` },
    { title: 'Current status', body: statusOf(news) },
    { title: 'Decisions open', body: over ? [] : decisions },
    { title: 'Next steps', body: nextOf(news) },
    {
      title: 'Estimated time to resolution',
      body: over
        ? ''
        : `By ${moment(incident.deadline)}: RTO ${duration(incident.rtoSeconds)}, RPO ${duration(incident.rpoSeconds)}.`,
    },
    {
      title: 'Verification',
      body: kind === 'recovered' ? words.proof.replace('{name}', publicName) : '',
    },
    { title: 'Next update', body: over ? '' : nextUpdateWords(news) },
    { title: 'Contact', body: news.contacts },
  ];
  return {
    subject: subjectOf(news),
    short:
      kind === 'recovered'
        ? `${application} is ${words.restored}.${record ? ` ${recoveryTimeOf(record, now)}.` : ''}`
        : `${words.issue} ${againstRto(incident, now)}.`,
    facts: [
      idFact(news),
      severityFact(news),
      ['Start time', moment(incident.startedAt)],
      ['Affected systems', `${application} (${publicName}) in ${incident.environment}`],
      ...(kind === 'recovered'
        ? [
            ['Resolution time', moment(record?.closedAt ?? now)] as const,
            ...(record ? [['Recovery time', recoveryTimeOf(record, now)] as const] : []),
          ]
        : [
            ['Time', againstRto(incident, now)] as const,
            ['Acknowledged by', acknowledgedBy(record)] as const,
          ]),
    ],
    sections: sections.filter(({ body }) => body.length > 0),
    links: reportUrl === undefined ? [] : [{ label: 'Read the report', url: reportUrl }],
    tone: kind === 'recovered' ? 'recovered' : kind === 'update' ? 'progress' : 'trouble',
  };
}

function statusOf({ kind, record, percent, incident, detail }: News): string {
  const words = scenarioWords[incident.scenario];
  switch (kind) {
    case 'milestone':
      return (percent ?? 100) >= 100
        ? 'The recovery takes longer than was promised: the RTO is missed.'
        : `${percent ?? 0} % of the time that was promised are over.`;
    case 'escalation':
      return 'The automatic recovery has stopped. The people on call recover by hand, and tell you how they get on.';
    case 'recovered':
      return detail ?? record?.summary ?? `The service is ${words.restored}.`;
    case 'unacknowledged':
      return 'Nobody on call has taken the call yet.';
    default:
      return record?.confirmedAt === undefined
        ? 'The failure is being confirmed.'
        : 'The failure is confirmed, and the recovery is running by itself.';
  }
}

function nextOf({ kind, record, now, percent }: News): string | readonly string[] {
  switch (kind) {
    case 'recovered':
      return record?.nextSteps ?? [];
    case 'escalation':
      return 'Stand by for decisions that the people on call cannot take alone.';
    case 'milestone':
      return [
        ...(record ? [nextStepOf(record, now)] : []),
        (percent ?? 100) >= 100
          ? 'Tell whom you have promised the RTO to. Ask the people on call whether they need more hands, or a decision.'
          : 'Be reachable: a decision may be asked of you.',
      ];
    default:
      return record ? nextStepOf(record, now) : '';
  }
}
