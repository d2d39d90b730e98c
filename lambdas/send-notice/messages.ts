import type { Audience, IncidentRef, NoticeKind } from '../incident/contract.ts';
import type { Message } from '../incident/telling.ts';
import { customerText, customerSubject } from './customer-text.ts';
import { engineerSubject, engineerText } from './engineer-text.ts';
import type { News } from './news.ts';

/** What is told to whom, and in which words. Pure. */

/**
 * Every message of a piece of news. Customers and partners hear of what they notice themselves, in severities
 * where they do, and never of plans.
 */
export function messagesOf(news: News, hasSlack: boolean): readonly Message[] {
  const { incident, kind } = news;
  const key = keyOf(news);
  const toEngineers = { kind, key, subject: engineerSubject(news) };
  return [
    ...audiencesOf(kind, incident).map((audience) =>
      audience === 'oncall' || audience === 'management'
        ? { ...toEngineers, channel: 'sns' as const, audience, text: engineerText(news, audience) }
        : {
            kind,
            key,
            channel: 'sns' as const,
            audience,
            subject: customerSubject(news),
            text: customerText(news, audience),
          },
    ),
    ...(hasSlack
      ? [
          {
            ...toEngineers,
            channel: 'slack' as const,
            audience: 'oncall' as const,
            text: engineerText(news, 'oncall'),
          },
        ]
      : []),
  ];
}

function audiencesOf(kind: NoticeKind, { mode, severity }: IncidentRef): readonly Audience[] {
  if (kind === 'joined') return [];
  if (mode === 'plan' || kind === 'planned' || kind === 'ignored' || kind === 'approval') return ['oncall'];
  // Whoever was told that it began is told that it goes on by hand: silence after a promise is the second failure.
  if (severity !== 'P0' && severity !== 'P1') return ['oncall', 'management'];
  return ['oncall', 'management', 'customers', 'partners'];
}

/**
 * What makes two notices the same, so that a retried function does not tell it twice. An incident is opened,
 * given up, recovered and planned once; updates count by the cadence, the rest by what it says.
 */
function keyOf({ kind, detail, incident, now }: News): string {
  switch (kind) {
    case 'opened':
    case 'escalation':
    case 'recovered':
    case 'planned':
      return kind;
    case 'update': {
      const elapsed = (now - Date.parse(incident.startedAt)) / 1_000;
      return `update ${Math.round(elapsed / incident.updateEverySeconds)}`;
    }
    case 'approval':
    case 'joined':
    case 'ignored':
      return `${kind} ${detail ?? ''}`;
  }
}
