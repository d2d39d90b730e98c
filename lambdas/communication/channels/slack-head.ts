import type { KnownBlock } from '@slack/web-api';
import type { IncidentRecord, IncidentRef } from '../../incident/contract.ts';
import { duration, moment } from '../../incident/time-words.ts';
import { acknowledgedBy, currentStepOf } from '../content/facts.ts';
import { nextStepOf } from '../content/phases.ts';
import { againstRto, scenarioWords, severityWords } from '../content/wording.ts';
import { cutToCharacters } from '../render/cut.ts';
import type { Content } from '../contract.ts';
import { actions, escaped, factBlocks, linkBlocks, textBlock } from './slack-blocks.ts';

/** The head of an incident's thread, kept as things stand. Pure. */

interface Standing {
  readonly incident: IncidentRef;
  /** Null when the ledger does not answer. */
  readonly record: IncidentRecord | null;
  readonly application: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly buttons: boolean;
  /** Of the notice that it is shown with: when it is over, the report's. */
  readonly links?: Content['links'];
}

const longestHeader = 150;
/** Of the last step, which quotes what was seen. */
const longestStep = 280;

export function headText({ incident, record, application, now }: Standing): string {
  const [, word] = statusOf(incident, record, now);
  return escaped(`${incident.severity} ${application}: ${word} (${incident.id})`);
}

export function headBlocks(standing: Standing): KnownBlock[] {
  const { incident, record, application, now, buttons, links = [] } = standing;
  const [sign, word] = statusOf(incident, record, now);
  const open = record?.state === 'open';
  const over = record !== null && !open;
  const end = record?.closedAt === undefined ? now : Date.parse(record.closedAt);
  const name = `${incident.severity} ${scenarioWords[incident.scenario].name} of ${application}`;
  return [
    {
      type: 'header',
      text: {
        type: 'plain_text',
        emoji: true,
        text: cutToCharacters(`${sign} ${name}: ${word}`, longestHeader),
      },
    },
    ...factBlocks([
      ['Incident', incident.id],
      ['Severity', `${incident.severity} (${severityWords[incident.severity]})`],
      ['Started', moment(incident.startedAt)],
      ['Environment', incident.environment],
      ['Acknowledged by', acknowledgedBy(record)],
      ['RTO', duration(incident.rtoSeconds)],
    ]),
    textBlock(`${bar(incident, end)}\n${escaped(againstRto(incident, end))}`),
    ...(record && open ? [textBlock(goingOn(record, now))] : []),
    ...(over && record.summary !== undefined ? [textBlock(escaped(record.summary))] : []),
    ...(buttons && open
      ? [
          actions({
            value: { incident: incident.id },
            actions: record.acknowledged ? ['lifeboat_note'] : ['lifeboat_acknowledge', 'lifeboat_note'],
          }),
        ]
      : []),
    ...(over ? linkBlocks(links) : []),
    {
      type: 'context',
      elements: [{ type: 'mrkdwn', text: `As of ${moment(now)}. What happens is told in the thread.` }],
    },
  ];
}

/** The last step, what a person must decide, and what comes next. */
function goingOn(record: IncidentRecord, now: number): string {
  const pending = (record.pending ?? []).filter(({ expiresAt }) => Date.parse(expiresAt) > now);
  return [
    `*Now* ${escaped(cutToCharacters(currentStepOf({ record }), longestStep))}`,
    ...pending.map(
      ({ gate, expiresAt }) =>
        `*A person must decide* on the ${escaped(gate)} by ${moment(expiresAt).slice(11)}`,
    ),
    escaped(nextStepOf(record, now)),
  ].join('\n');
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
