import { duration, moment } from '../../incident/time-words.ts';
import type { Content, Section } from '../contract.ts';
import type { AskedQuestion, News } from '../news.ts';
import {
  acknowledgedBy,
  actionsOf,
  affectedFact,
  changesSince,
  currentStepOf,
  idFact,
  latest,
  maxLines,
  nextUpdateWords,
  orNothing,
  questionsOf,
  recoveryTimeOf,
  severityFact,
  verificationOf,
} from './facts.ts';
import { headline, subjectOf } from './headline.ts';
import { nextStepOf } from './phases.ts';
import { againstRto, resolutionBy, scenarioWords } from './wording.ts';

/** Notices for those who act on an incident: first and second on call. Pure. */

type Body = Pick<Content, 'short' | 'facts' | 'sections' | 'tone'> & Partial<Content>;

export function engineerContent(news: News): Content {
  const { links = [], ...body } = bodyOf(news);
  const isPlan = news.incident.mode === 'plan';
  const note: readonly Section[] = isPlan ? [{ title: '', body: 'This is a plan: nothing is changed.' }] : [];
  return {
    ...body,
    subject: subjectOf(news),
    tone: isPlan && body.tone !== 'trouble' ? 'plan' : body.tone,
    sections: [...note, ...withoutEmpty(body.sections)],
    links: [...links, ...commonLinks(news)],
  };
}

function bodyOf(news: News): Body {
  switch (news.kind) {
    case 'opened':
      return opened(news);
    case 'update':
      return update(news);
    case 'approval':
      return approval(news);
    case 'unacknowledged':
      return unacknowledged(news);
    case 'milestone':
      return milestone(news);
    case 'undelivered':
      return undelivered(news);
    case 'escalation':
      return escalation(news);
    case 'recovered':
      return recovered(news);
    case 'planned':
      return planned(news);
    case 'acknowledged':
      return {
        short: `${acknowledgedBy(news.record)}.`,
        facts: [idFact(news), ['Acknowledged by', acknowledgedBy(news.record)]],
        sections: [{ title: 'Time', body: againstRto(news.incident, news.now) }],
        tone: 'progress',
      };
    case 'note':
    case 'joined':
    case 'ignored':
      return {
        short: news.detail ?? '',
        facts: [idFact(news)],
        sections: [{ title: '', body: news.detail ?? `${headline(news)}.` }],
        tone: 'progress',
      };
  }
}

/** The incident notification template. */
function opened(news: News): Body {
  const { incident, publicName, detail, nextUpdateAt, now } = news;
  const words = scenarioWords[incident.scenario];
  const live = incident.mode === 'live';
  const next = nextUpdateAt === null ? '' : ` Next update at ${moment(nextUpdateAt)}.`;
  return {
    short: `${words.issue} ${live ? 'The recovery has started.' : 'A plan has started.'}`,
    facts: [idFact(news), severityFact(news), ['Start time', moment(incident.startedAt)], affectedFact(news)],
    sections: [
      { title: 'A person must decide', body: questionsOf(news) },
      { title: 'Issue', body: `${words.issue} Opened by ${incident.startedBy}.` },
      { title: 'Impact', body: live ? `Users of ${publicName} ${words.impact}` : 'None by this plan.' },
      {
        title: 'Current status',
        body: [currentStepOf(news), ...(detail === undefined ? [] : [detail])],
      },
      {
        title: 'Next steps',
        body: live ? words.plan : 'Look and decide as in a live run, and say what would be changed.',
      },
      {
        title: 'Estimated time to resolution',
        body: `${resolutionBy(incident, now)}${next}`,
      },
      contact(news),
    ],
    tone: live ? 'trouble' : 'plan',
  };
}

function update(news: News): Body {
  const { incident, record, now, detail, since } = news;
  const changes = changesSince(news);
  const unchanged = changes?.length === 0;
  const nothing = `Nothing has changed since ${since === undefined ? 'the start' : moment(since)}.`;
  return {
    unchanged,
    short: `${againstRto(incident, now)}. ${unchanged ? nothing : `Now: ${currentStepOf(news)}.`}`,
    facts: [
      idFact(news),
      severityFact(news),
      ['Time', againstRto(incident, now)],
      ['Acknowledged by', acknowledgedBy(record)],
    ],
    sections: [
      { title: 'A person must decide', body: questionsOf(news) },
      {
        title: 'Since the last notice',
        body: unchanged ? nothing : (changes ?? 'The ledger does not answer, so this is not known.'),
      },
      { title: 'Current step', body: [currentStepOf(news), ...(detail === undefined ? [] : [detail])] },
      { title: 'Next step', body: record ? nextStepOf(record, now) : '' },
      { title: 'Next update', body: nextUpdateWords(news) },
      contact(news),
    ],
    tone: 'progress',
  };
}

function approval(news: News): Body {
  const { incident, asked, application, now } = news;
  if (!asked) {
    return {
      short: 'The recovery waits for a person.',
      facts: [idFact(news), severityFact(news)],
      sections: [
        { title: '', body: `The recovery of ${application} in ${incident.environment} waits for a person.` },
        { title: 'A person must decide', body: questionsOf(news) },
        contact(news),
      ],
      tone: 'trouble',
    };
  }
  const { gate, question, evidence, expiresAt } = asked;
  const left = duration((Date.parse(expiresAt) - now) / 1_000);
  const wait =
    `The recovery of ${application} in ${incident.environment} waits for a person. Answer by ${moment(expiresAt)}, ` +
    `in ${left}. If nobody does, nothing is done, and the automation stops.`;
  const links = linksOf(asked);
  return {
    short: question.split('\n')[0] ?? '',
    facts: [idFact(news), severityFact(news)],
    sections: [
      { title: '', body: wait },
      { title: `Question (${gate})`, body: question },
      { title: 'Evidence', body: evidence },
      {
        title: `${links.length > 0 ? 'Or on' : 'On'} the command line`,
        body: [commandLine(news, gate, 'approve'), commandLine(news, gate, 'reject')],
      },
      {
        title: '',
        body:
          links.length > 0
            ? 'A link asks for your name and reason first. Whoever has this message can answer: do not forward it to those who must not.'
            : '',
      },
      contact(news),
    ],
    links,
    tone: 'trouble',
  };
}

function linksOf({ gate, approveUrl, rejectUrl }: AskedQuestion): Content['links'] {
  return [
    ...(approveUrl === undefined ? [] : [{ label: `Approve the ${gate}`, url: approveUrl }]),
    ...(rejectUrl === undefined ? [] : [{ label: `Reject the ${gate}`, url: rejectUrl }]),
  ];
}

function commandLine({ incident }: News, gate: string, decision: string): string {
  const { environment, id } = incident;
  return `npm run approve -- --env ${environment} --incident ${id} --gate ${gate} --decision ${decision} --reason "why"`;
}

function unacknowledged(news: News): Body {
  const { incident, record, now, acknowledgeUrl } = news;
  const since = duration((now - Date.parse(incident.startedAt)) / 1_000);
  const ways = [
    ...(acknowledgeUrl === undefined ? [] : ['by the link']),
    ...(record?.channelRefs?.slack === undefined ? [] : ['in Slack']),
    `with npm run acknowledge -- --env ${incident.environment} --incident ${incident.id} --by "your name"`,
  ];
  return {
    short: `Nobody has taken the call for ${since}. Take it, or call the first on call.`,
    facts: [idFact(news), severityFact(news), ['Time', againstRto(incident, now)], affectedFact(news)],
    sections: [
      {
        title: 'What is asked of you',
        body:
          `Nobody has acknowledged this incident for ${since}: take over from the first on call. ` +
          `Take the call ${ways.join(', or ')}.`,
      },
      { title: 'A person must decide', body: questionsOf(news) },
      { title: 'Issue', body: scenarioWords[incident.scenario].issue },
      { title: 'Current step', body: currentStepOf(news) },
      contact(news),
    ],
    tone: 'trouble',
  };
}

function milestone(news: News): Body {
  const { incident, record, now, percent = 100 } = news;
  return {
    short: `${againstRto(incident, now)}.`,
    facts: [idFact(news), severityFact(news), ['Time', againstRto(incident, now)]],
    sections: [
      {
        title: '',
        body:
          percent >= 100
            ? 'The recovery takes longer than was promised.'
            : `${percent} % of the time that was promised are over.`,
      },
      { title: 'A person must decide', body: questionsOf(news) },
      { title: 'Current step', body: currentStepOf(news) },
      { title: 'Next step', body: record ? nextStepOf(record, now) : '' },
      contact(news),
    ],
    tone: percent >= 100 ? 'trouble' : 'progress',
  };
}

function undelivered(news: News): Body {
  return {
    short: news.detail ?? '',
    facts: [idFact(news), severityFact(news)],
    sections: [
      { title: 'What was not taken', body: (news.detail ?? 'not known').split('; ') },
      {
        title: 'What to do',
        body:
          'It is tried again by itself. Tell those people yourself until then; where a token was refused, put a good one ' +
          'into its secret: the next try reads it.',
      },
      contact(news),
    ],
    tone: 'trouble',
  };
}

function escalation(news: News): Body {
  const { incident, record, now, detail } = news;
  const plan = incident.mode === 'plan';
  return {
    short: record?.summary ?? detail ?? 'The automation has stopped, and the reason is not known.',
    facts: [idFact(news), severityFact(news), affectedFact(news), ['Time', againstRto(incident, now)]],
    sections: [
      {
        title: '',
        body: plan
          ? 'A live run would stop here, and ask a person.'
          : 'The automation has stopped. A person must take over now.',
      },
      {
        title: '',
        body:
          record?.confirmedAt === undefined && record
            ? 'It was never confirmed that the failure is real: find out first.'
            : '',
      },
      { title: 'What happened', body: record?.summary ?? detail ?? 'The reason is not known.' },
      {
        title: 'What has changed',
        body: record?.changed ? orNothing(record.changed) : 'Not known: look before you act.',
      },
      { title: 'What has not changed', body: record?.unchanged ? orNothing(record.unchanged) : '' },
      {
        title: 'What to do',
        body: record?.nextSteps ?? [
          `Open the execution of lifeboat-${incident.environment}-incident in the Step Functions console: its history says what was done.`,
        ],
      },
      { title: 'Execution', body: record?.executionArn ?? '' },
      contact(news),
    ],
    tone: 'trouble',
  };
}

/** The recovery notification template. */
function recovered(news: News): Body {
  const { incident, record, now, detail, application, publicName } = news;
  const words = scenarioWords[incident.scenario];
  return {
    short: detail ?? record?.summary ?? `${application} is ${words.restored}.`,
    facts: [
      idFact(news),
      ['Resolution time', moment(record?.closedAt ?? now)],
      ['Systems restored', `${application} (${publicName}), ${words.restored}`],
      ...(record ? [['Recovery time', recoveryTimeOf(record, now)] as const] : []),
    ],
    sections: [
      { title: 'Resolution', body: detail ?? record?.summary ?? `${application} is ${words.restored}.` },
      { title: 'Actions taken', body: actionsOf(record) },
      { title: 'Verification', body: verificationOf(record) },
      {
        title: 'Next steps',
        body: record?.nextSteps ?? ['Find out why it failed, and look at the record of the incident.'],
      },
      contact(news),
    ],
    tone: 'recovered',
  };
}

function planned(news: News): Body {
  const { incident, record, detail } = news;
  const doubts = latest(record?.checks ?? []).filter(({ held }) => held !== true);
  return {
    short: detail ?? record?.summary ?? '',
    facts: [idFact(news), ['Scenario', scenarioWords[incident.scenario].name]],
    sections: [
      { title: 'Result', body: detail ?? record?.summary ?? '' },
      {
        title: 'What a live run would do',
        body: record?.steps.length === 0 ? 'Change nothing.' : actionsOf(record),
      },
      {
        title: 'What did not hold',
        body: doubts.map(({ name, evidence }) => `${name}: ${evidence}`).slice(0, maxLines),
      },
      { title: 'Next steps', body: record?.nextSteps ?? [] },
      contact(news),
    ],
    tone: 'plan',
  };
}

function contact({ contacts }: News): Section {
  return { title: 'Contact', body: contacts };
}

function commonLinks({ acknowledgeUrl, reportUrl, kind }: News): Content['links'] {
  return [
    ...(acknowledgeUrl === undefined || kind === 'acknowledged'
      ? []
      : [{ label: 'Take the call', url: acknowledgeUrl }]),
    ...(reportUrl === undefined ? [] : [{ label: 'Read the report', url: reportUrl }]),
  ];
}

function withoutEmpty(sections: readonly Section[]): readonly Section[] {
  return sections.filter(({ body }) => body.length > 0);
}
