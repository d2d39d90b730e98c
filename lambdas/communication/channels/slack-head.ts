import type { KnownBlock } from '@slack/web-api';
import type { IncidentRecord, IncidentRef } from '../../incident/contract.ts';
import { duration, moment } from '../../incident/time-words.ts';
import { currentStepOf } from '../content/facts.ts';
import { nextStepOf } from '../content/phases.ts';
import { againstRto, scenarioWords, severityWords } from '../content/wording.ts';
import { cutToCharacters } from '../render/cut.ts';
import { actions, escaped, factBlocks } from './slack-blocks.ts';

/** The head of an incident's thread, kept as things stand. Pure. */

interface Standing {
  readonly incident: IncidentRef;
  /** Null when the ledger does not answer. */
  readonly record: IncidentRecord | null;
  readonly application: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly buttons: boolean;
}

const longest = 280;

export function headText({ incident, record, application, now }: Standing): string {
  const [, word] = statusOf(incident, record, now);
  return escaped(`${incident.severity} ${application}: ${word} (${incident.id})`);
}

export function headBlocks(standing: Standing): KnownBlock[] {
  const { incident, record, application, now, buttons } = standing;
  const [sign, word] = statusOf(incident, record, now);
  const open = record?.state === 'open';
  const end = record?.closedAt === undefined ? now : Date.parse(record.closedAt);
  const pending = (record?.pending ?? []).filter(({ expiresAt }) => Date.parse(expiresAt) > now);
  return [
    {
      type: 'header',
      text: {
        type: 'plain_text',
        emoji: true,
        text: cutToCharacters(
          `${sign} ${incident.severity} ${scenarioWords[incident.scenario].name} of ${application}: ${word}`,
          150,
        ),
      },
    },
    ...factBlocks([
      ['Incident', incident.id],
      ['Severity', `${incident.severity} (${severityWords[incident.severity]})`],
      ['Started', moment(incident.startedAt)],
      ['Environment', incident.environment],
      ['Acknowledged by', record?.acknowledged ? record.acknowledged.by : 'nobody yet'],
      ['RTO', duration(incident.rtoSeconds)],
    ]),
    {
      type: 'section',
      text: { type: 'mrkdwn', text: `${bar(incident, end)}\n${escaped(againstRto(incident, end))}` },
    },
    ...(record && open
      ? [
          {
            type: 'section' as const,
            text: {
              type: 'mrkdwn' as const,
              text: [
                `*Now* ${escaped(cutToCharacters(currentStepOf({ record }), longest))}`,
                ...pending.map(
                  ({ gate, expiresAt }) =>
                    `*A person must decide* on the ${escaped(gate)} by ${moment(expiresAt).slice(11)}`,
                ),
                escaped(nextStepOf(record, now)),
              ].join('\n'),
            },
          },
        ]
      : []),
    ...(record?.summary !== undefined && !open
      ? [
          {
            type: 'section' as const,
            text: { type: 'mrkdwn' as const, text: escaped(cutToCharacters(record.summary, 2_500)) },
          },
        ]
      : []),
    ...(buttons && open
      ? [
          actions({
            value: { incident: incident.id },
            actions: record.acknowledged ? ['lifeboat_note'] : ['lifeboat_acknowledge', 'lifeboat_note'],
          }),
        ]
      : []),
    {
      type: 'context',
      elements: [{ type: 'mrkdwn', text: `As of ${moment(now)}. What happens is told in the thread.` }],
    },
  ];
}

function statusOf(
  { mode }: IncidentRef,
  record: IncidentRecord | null,
  now: number,
): readonly [sign: string, word: string] {
  switch (record?.outcome) {
    case 'recovered':
      return [':large_green_circle:', 'recovered'];
    case 'planned':
      return [':large_blue_circle:', 'planned, nothing was changed'];
    case 'escalated':
      return [':rotating_light:', mode === 'plan' ? 'the plan stopped' : 'a person is needed'];
    default:
      break;
  }
  if (mode === 'plan') return [':large_blue_circle:', 'planning'];
  if (record?.pending?.some(({ expiresAt }) => Date.parse(expiresAt) > now)) {
    return [':raised_hand:', 'waits for a decision'];
  }
  return record?.confirmedAt === undefined
    ? [':mag:', 'investigating']
    : [':large_orange_circle:', 'recovering'];
}

/** The RTO as a bar of text: `▓▓▓▓░░░░░░ 38 %`. */
function bar({ startedAt, rtoSeconds }: IncidentRef, now: number): string {
  const share = Math.max(0, (now - Date.parse(startedAt)) / (rtoSeconds * 1_000));
  const full = Math.min(20, Math.round(share * 20));
  return `${'▓'.repeat(full)}${'░'.repeat(20 - full)} ${Math.round(share * 100)} % of the RTO`;
}
