import type { IncidentRecord, Notice, StepResult, TimelineEntry } from '../../incident/contract.ts';
import { duration, moment } from '../../incident/time-words.ts';
import { downtimeOf, latest } from '../content/facts.ts';
import { scenarioWords, severityWords } from '../content/wording.ts';

/** What an incident was, read from its record alone. Pure. */

export interface About {
  readonly application: string;
  readonly publicName: string;
}

export interface Report {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** One paragraph: what happened, and how it ended. */
  readonly story: string;
  readonly decisions: readonly TimelineEntry[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly steps: readonly StepResult[];
  readonly checks: readonly { readonly name: string; readonly held: string; readonly evidence: string }[];
  readonly notices: readonly NoticesOf[];
  readonly notes: readonly { readonly at: string; readonly by: string; readonly text: string }[];
  readonly followUps: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  /** Entries that are on the record and not here. */
  readonly left: number;
  readonly span: { readonly start: number; readonly end: number; readonly deadline: number };
}

export interface NoticesOf {
  readonly audience: string;
  readonly channel: string;
  readonly told: readonly Notice[];
  readonly failed: readonly Notice[];
}

/** More entries than this nobody reads; the record has them all. */
const longest = { timeline: 400, checks: 200, steps: 200 } as const;
const deciders = /^(decide-|answer-approval|request-approval|assess-)/;
const decided = /approv|reject|decide|asks a person|escalated|go:|no-go|stop/i;

/** @param now milliseconds since the epoch: until when an incident that is not over has lasted */
export function reportOf(record: IncidentRecord, { application, publicName }: About, now: number): Report {
  const { ref, timeline, closedAt } = record;
  const words = scenarioWords[ref.scenario];
  const end = closedAt === undefined ? now : Date.parse(closedAt);
  const shown = timeline.slice(0, longest.timeline);
  return {
    title: `${ref.id}: ${words.name} of ${application}`,
    facts: [
      ['Incident ID', ref.id],
      ['Environment', ref.environment],
      ['Severity', `${ref.severity} (${severityWords[ref.severity]})`],
      ['Mode', ref.mode === 'plan' ? 'plan: nothing was changed' : 'live'],
      ['Outcome', record.outcome ?? 'not over yet'],
      ['Started', `${moment(ref.startedAt)}, by ${ref.startedBy}`],
      ['Failure confirmed', record.confirmedAt === undefined ? 'never' : moment(record.confirmedAt)],
      ['Closed', closedAt === undefined ? 'not yet' : moment(closedAt)],
      ['Affected systems', `${application} (${publicName}), ${words.affected}`],
      ['Recovery time', recoveryTime(record, end)],
      ['Data loss', dataLoss(record)],
      ['Acknowledged', acknowledged(record)],
      ['Execution', record.executionArn],
    ],
    story: [words.issue, record.summary ?? 'It is not known yet how this ends.'].join(' '),
    decisions: timeline.filter(
      ({ actor, event }) =>
        actor === 'answer-approval' ||
        (deciders.test(actor) && decided.test(event)) ||
        isPerson(actor, record),
    ),
    changed: record.changed ?? changedBy(record.steps),
    unchanged: record.unchanged ?? [],
    steps: record.steps.slice(0, longest.steps),
    checks: latest(record.checks)
      .slice(0, longest.checks)
      .map(({ name, held, evidence }) => ({
        name,
        held: held === true ? 'held' : held ? 'unknown' : 'not held',
        evidence,
      })),
    notices: byReader(record.notices),
    notes: record.notes ?? [],
    followUps: record.nextSteps ?? [],
    timeline: shown,
    left: timeline.length - shown.length,
    span: { start: Date.parse(ref.startedAt), end, deadline: Date.parse(ref.deadline) },
  };
}

function isPerson(actor: string, { acknowledged: taken, notes = [] }: IncidentRecord): boolean {
  return actor === taken?.by || notes.some(({ by }) => by === actor);
}

function recoveryTime(record: IncidentRecord, end: number): string {
  const { rtoSeconds } = record.ref;
  const seconds = downtimeOf(record, end);
  const from =
    record.lastGoodAt === null
      ? 'from the start'
      : `from ${moment(record.lastGoodAt)}, when it was last seen well`;
  if (record.outcome !== 'recovered') {
    return `not recovered by the automation; ${duration(seconds)} ${from}, RTO ${duration(rtoSeconds)}`;
  }
  return `${duration(seconds)} ${from}; RTO ${duration(rtoSeconds)} ${seconds <= rtoSeconds ? 'met' : 'missed'}`;
}

/** By what measured it; what nobody measured is unknown, and not nothing. */
function dataLoss({ ref, checks }: IncidentRecord): string {
  const measured = latest(checks).filter(({ name }) => /^(loss\/|decide\/the restore)/.test(name));
  const target = `RPO ${duration(ref.rpoSeconds)}`;
  if (measured.length === 0) {
    return ref.scenario === 'site-failure' || ref.scenario === 'data-corruption'
      ? `unknown: nothing measured it; ${target}`
      : `none was expected of this scenario, and none was measured; ${target}`;
  }
  return `${measured.map(({ evidence }) => evidence).join('; ')}; ${target}`;
}

function acknowledged({ acknowledged: taken, ref }: IncidentRecord): string {
  if (!taken) return 'by nobody';
  const after = duration((Date.parse(taken.at) - Date.parse(ref.startedAt)) / 1_000);
  return `by ${taken.by}, ${after} after the start (${taken.via})`;
}

function changedBy(steps: readonly StepResult[]): readonly string[] {
  return [
    ...new Set(
      steps.filter(({ status }) => status === 'changed').map(({ step, summary }) => `${step}: ${summary}`),
    ),
  ];
}

function byReader(notices: readonly Notice[]): readonly NoticesOf[] {
  const readers = Map.groupBy(notices, ({ audience, channel }) => `${audience} ${channel}`);
  return [...readers.values()].map((own) => ({
    audience: own[0]?.audience ?? '',
    channel: own[0]?.channel ?? '',
    told: own.filter(({ delivered }) => delivered),
    failed: own.filter(({ delivered }) => !delivered),
  }));
}
