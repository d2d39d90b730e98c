import type { Check, IncidentRecord } from '../../incident/contract.ts';
import { duration, moment } from '../../incident/time-words.ts';
import type { News } from '../news.ts';
import { isStep } from './phases.ts';
import { scenarioWords, severityWords } from './wording.ts';

/** What engineers' notices of several kinds say alike. Pure. */

/** Lines of a list in a notice; the record has them all. */
export const maxLines = 12;

type Fact = readonly [label: string, value: string];

export const idFact = ({ incident }: News): Fact => ['Incident ID', incident.id];

export const severityFact = ({ incident }: News): Fact => [
  'Severity',
  `${incident.severity} (${severityWords[incident.severity]})`,
];

export const affectedFact = ({ application, publicName, incident }: News): Fact => [
  'Affected systems',
  `${application} (${publicName}) in ${incident.environment}, ${scenarioWords[incident.scenario].affected}`,
];

/** What waits for an answer; the links are in the message that asked. */
export function questionsOf({ incident, record, now }: News): readonly string[] {
  return (record?.pending ?? [])
    .filter(({ expiresAt }) => Date.parse(expiresAt) > now)
    .map(
      ({ gate, question, askedAt, expiresAt }) =>
        `${gate}, asked at ${moment(askedAt)}: ${question.split('\n')[0] ?? ''} Answer within ` +
        `${duration((Date.parse(expiresAt) - now) / 1_000)}, else nothing is done: by the links of that message, or ` +
        `npm run approve -- --env ${incident.environment} --incident ${incident.id} --gate ${gate} ` +
        '--decision approve|reject --reason "why"',
    );
}

export function currentStepOf({ record }: Pick<News, 'record'>): string {
  const last = record?.timeline.findLast(isStep) ?? record?.timeline.at(0);
  return last ? `${last.actor}: ${last.event} (${moment(last.at)})` : 'The recovery has started.';
}

/** What is on the record since this reader heard of it; null when the ledger does not answer. */
export function changesSince({ record, since }: News): readonly string[] | null {
  if (!record) return null;
  const fresh = record.timeline.filter(({ at }) => since === undefined || at > since);
  const lines = fresh
    .slice(-maxLines)
    .map(({ at, actor, event }) => `${moment(at).slice(11)} ${actor}: ${event}`);
  const left = fresh.length - lines.length;
  return left > 0 ? [`${left} earlier entries, on the record`, ...lines] : lines;
}

const unknown = 'Not known: the ledger does not answer.';

/** What was done; that nothing was is said, too. */
export function actionsOf(record: IncidentRecord | null): string | readonly string[] {
  if (!record) return unknown;
  const { steps } = record;
  if (steps.length === 0) return 'Nothing had to be changed.';
  const lines = steps.slice(-maxLines).map(({ step, summary }) => `${step}: ${summary}`);
  return steps.length > maxLines
    ? [`${steps.length - maxLines} earlier ones, on the record`, ...lines]
    : lines;
}

/** What proves that it is well; that nothing does is said, too. */
export function verificationOf(record: IncidentRecord | null): string | readonly string[] {
  if (!record) return unknown;
  const lines = latest(record.checks)
    .filter(({ name }) => /^(verify|test)\//.test(name))
    .map(
      ({ name, held, evidence }) =>
        `${held === true ? '' : `${held ? 'unknown' : 'not held'}: `}${name.replace(/^verify\//, '')}: ${evidence}`,
    );
  if (lines.length === 0) return 'Nothing is on the record: look yourself.';
  return lines.length > maxLines
    ? [...lines.slice(0, maxLines), `${lines.length - maxLines} more, on the record`]
    : lines;
}

/** Each check as it was last seen. */
export function latest(checks: readonly Check[]): readonly Check[] {
  return [...new Map(checks.map((check) => [check.name, check])).values()];
}

export function recoveryTimeOf(record: IncidentRecord, now: number): string {
  const { rtoSeconds } = record.ref;
  const seconds = downtimeOf(record, now);
  const from = record.lastGoodAt === null ? 'from the start' : 'from the last time it was seen well';
  return `${duration(seconds)} ${from}; RTO ${duration(rtoSeconds)} ${seconds <= rtoSeconds ? 'met' : 'missed'}`;
}

export function downtimeOf({ ref, lastGoodAt, closedAt }: IncidentRecord, now: number): number {
  const end = closedAt === undefined ? now : Date.parse(closedAt);
  return Math.max(0, (end - Date.parse(lastGoodAt ?? ref.startedAt)) / 1_000);
}

export function orNothing(items: readonly string[]): readonly string[] {
  return items.length > 0 ? items : ['nothing'];
}

export function acknowledgedBy(record: IncidentRecord | null): string {
  if (!record) return 'not known';
  const taken = record.acknowledged;
  return taken ? `${taken.by}, ${moment(taken.at)} (${taken.via})` : 'nobody yet';
}

export function nextUpdateWords({ nextUpdateAt }: News): string {
  return nextUpdateAt === null ? '' : `At ${moment(nextUpdateAt)}, or when it is over.`;
}
