import type { Check, IncidentRecord } from '../../incident/contract.ts';
import { duration, moment } from '../../incident/time-words.ts';
import { downtimeOf, latest } from '../content/facts.ts';
import { scenarioWords, severityWords } from '../content/wording.ts';
import { decisionsOf, escalationsOf, type Decision, type Escalation } from './decisions.ts';
import { dataLossOf, type Measure } from './loss.ts';
import { momentsOf, phasesOf, waitsOf, type Moment, type Span } from './moments.ts';
import { told, type Told } from './told.ts';

/** What an incident was, read from its record alone. Pure. */

export interface About {
  readonly application: string;
  readonly publicName: string;
}

type Fact = readonly [label: string, value: string];

export interface Report {
  readonly id: string;
  readonly title: string;
  /** The same without the id. */
  readonly subject: string;
  /** How it ended, in a few words. */
  readonly headline: string;
  readonly tone: 'good' | 'bad' | 'plan' | 'open';
  readonly story: readonly string[];
  readonly rto: Measure;
  readonly rpo: Measure;
  readonly facts: readonly Fact[];
  readonly moments: readonly Moment[];
  readonly phases: readonly Span[];
  /** How long a person was waited for, by gate. */
  readonly waits: readonly Span[];
  readonly decisions: readonly Decision[];
  readonly escalations: readonly Escalation[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly steps: readonly {
    readonly step: string;
    readonly status: string;
    readonly summary: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
  readonly checks: readonly { readonly name: string; readonly held: string; readonly evidence: string }[];
  readonly told: Told;
  readonly notes: readonly {
    readonly at: string;
    readonly by: string;
    readonly via: string;
    readonly text: string;
  }[];
  readonly preImages: readonly { readonly step: string; readonly value: unknown }[];
  readonly followUps: readonly string[];
  readonly timeline: readonly {
    readonly at: string;
    readonly actor: string;
    readonly event: string;
    readonly detail: string;
  }[];
  /** Where all of it is, uncut. */
  readonly source: string;
  /** Milliseconds since the epoch; the RTO runs from `from`. */
  readonly span: { readonly from: number; readonly end: number; readonly rtoAt: number };
  /** Of an incident that is not over: as of when this is. */
  readonly asOf?: string;
}

const endings = {
  recovered: 'recovered',
  planned: 'planned, nothing was changed',
  'awaiting-approval': 'ended without an answer: nothing was done without one',
  escalated: 'given up by the automation, and handed to people',
} as const;

/** @param now milliseconds since the epoch: until when an incident that is not over has lasted */
export function reportOf(record: IncidentRecord, { application, publicName }: About, now: number): Report {
  const { ref, closedAt, outcome } = record;
  const words = scenarioWords[ref.scenario];
  const end = closedAt === undefined ? now : Date.parse(closedAt);
  const from = Date.parse(record.lastGoodAt ?? ref.startedAt);
  const waits = waitsOf(record, end);
  const rto = recoveryTime(record, end, waits);
  const rpo = dataLossOf(record);
  const notices = told(record.notices);
  return {
    id: ref.id,
    title: `${ref.id}: ${words.name} of ${application}`,
    subject: `${words.name} of ${application}`,
    headline: headlineOf(record, end),
    tone: toneOf(record),
    story: storyOf(record, application),
    rto,
    rpo,
    facts: [
      ['Incident ID', ref.id],
      ['Environment', ref.environment],
      ['Severity', `${ref.severity} (${severityWords[ref.severity]})`],
      ['Scenario', ref.scenario],
      ['Mode', ref.mode === 'plan' ? 'plan: nothing was changed' : 'live'],
      ['Outcome', outcome === undefined ? 'not over yet' : endings[outcome]],
      ['Started', moment(ref.startedAt)],
      ['Started by', ref.startedBy],
      ['Joined by', record.joined.length === 0 ? 'nobody' : record.joined.join('; ')],
      ['Call taken', acknowledged(record)],
      ['Closed', closedAt === undefined ? 'not yet' : moment(closedAt)],
      ['Affected systems', `${application} (${publicName}), ${words.affected}`],
      ['Execution', record.executionArn],
    ],
    moments: momentsOf(record),
    phases: phasesOf(record, end),
    waits,
    decisions: decisionsOf(record),
    escalations: escalationsOf(record),
    changed: record.changed ?? changedBy(record),
    unchanged: record.unchanged ?? unchangedBy(record),
    steps: record.steps,
    checks: inOrderOfTrouble(latest(record.checks)),
    told: notices,
    notes: record.notes ?? [],
    preImages: Object.entries(record.preImages).map(([step, value]) => ({ step, value })),
    followUps: [...(record.nextSteps ?? []), ...ownFollowUps(record, rto, rpo, notices)],
    timeline: record.timeline.map(({ at, actor, event, detail = '' }) => ({ at, actor, event, detail })),
    source: `incidents/${ref.id}.json`,
    span: { from, end: Math.max(end, from + 1_000), rtoAt: from + ref.rtoSeconds * 1_000 },
    ...(closedAt === undefined ? { asOf: new Date(now).toISOString() } : {}),
  };
}

function toneOf({ outcome }: IncidentRecord): Report['tone'] {
  if (outcome === undefined) return 'open';
  switch (outcome) {
    case 'recovered':
      return 'good';
    case 'planned':
      return 'plan';
    case 'awaiting-approval':
    case 'escalated':
      return 'bad';
  }
}

function headlineOf(record: IncidentRecord, end: number): string {
  const seconds = downtimeOf(record, end);
  switch (record.outcome) {
    case undefined:
      return `not over after ${duration(seconds)}`;
    case 'recovered':
      return `recovered after ${duration(seconds)}`;
    default:
      return endings[record.outcome];
  }
}

function storyOf(record: IncidentRecord, application: string): readonly string[] {
  const { ref, joined, summary } = record;
  const words = scenarioWords[ref.scenario];
  return [
    `${ref.startedBy} opened the incident at ${moment(ref.startedAt)}: ${words.name} of ${application} in ` +
      `${ref.environment}, ${ref.severity}.` +
      (ref.mode === 'plan' ? ' It was a plan: it looked and decided, and changed nothing.' : ''),
    ...(joined.length === 0
      ? []
      : [
          `${joined.length === 1 ? 'One other start' : `${joined.length} other starts`} joined it: ${joined.join('; ')}.`,
        ]),
    summary ?? 'It is not known yet how this ends.',
  ];
}

function recoveryTime(record: IncidentRecord, end: number, waits: readonly Span[]): Measure {
  const { ref, outcome, lastGoodAt } = record;
  const target = duration(ref.rtoSeconds);
  const seconds = Math.round(downtimeOf(record, end));
  const from =
    lastGoodAt === null
      ? 'from the start of the incident: it is unknown when the service was last seen well'
      : `from ${moment(lastGoodAt)}, when the service was last seen well`;
  const isMet = seconds <= ref.rtoSeconds;
  const waited = waits.reduce((sum, span) => sum + (span.to - span.from) / 1_000, 0);
  const forPeople = waited > 0 ? [`for ${duration(waited)} of these a person was waited for`] : [];
  if (outcome === 'recovered') {
    return {
      target,
      value: duration(seconds),
      verdict: isMet ? 'met' : 'missed',
      explanation: [from, ...forPeople],
    };
  }
  if (outcome === 'planned') {
    return {
      target,
      value: 'not measured',
      verdict: 'not measured',
      explanation: ['a plan recovers nothing'],
    };
  }
  return {
    target,
    value: 'not recovered by the automation',
    verdict: outcome === undefined && isMet ? 'unknown' : 'missed',
    explanation: [
      `${duration(seconds)} ${outcome === undefined ? 'so far' : 'to the hand-over'}, ${from}`,
      ...forPeople,
    ],
  };
}

function acknowledged({ acknowledged: taken, ref }: IncidentRecord): string {
  if (!taken) return 'by nobody';
  const after = duration((Date.parse(taken.at) - Date.parse(ref.startedAt)) / 1_000);
  return `by ${taken.by} at ${moment(taken.at)}, ${after} after the start (${taken.via})`;
}

function changedBy({ steps }: IncidentRecord): readonly string[] {
  return [
    ...new Set(
      steps.filter(({ status }) => status === 'changed').map(({ step, summary }) => `${step}: ${summary}`),
    ),
  ];
}

/** What the steps left as it was: it was so already, or they refused. A plan would have changed it. */
function unchangedBy({ steps }: IncidentRecord): readonly string[] {
  return [
    ...new Set(
      steps
        .filter(({ status }) => status !== 'changed')
        .map(({ step, status, summary }) => `${step}, ${status.replaceAll('-', ' ')}: ${summary}`),
    ),
  ];
}

/** What did not hold first, because it is what is looked for. */
function inOrderOfTrouble(checks: readonly Check[]): Report['checks'] {
  const worded = checks.map(({ name, held, evidence }) => ({
    name,
    evidence,
    held: held === true ? 'held' : held === 'unknown' ? 'unknown' : 'not held',
  }));
  const rank = ['not held', 'unknown', 'held'];
  return worded.toSorted((one, other) => rank.indexOf(one.held) - rank.indexOf(other.held));
}

/** What the record itself leaves open. */
function ownFollowUps(
  record: IncidentRecord,
  rto: Measure,
  rpo: Measure,
  { readers }: Told,
): readonly string[] {
  const { ref, acknowledged: taken, outcome, pending = [] } = record;
  const isLive = ref.mode === 'live';
  const silent = readers.filter(({ delivered }) => delivered === 0);
  return [
    ...(isLive && outcome === 'recovered' && rto.verdict === 'missed'
      ? [`The RTO of ${rto.target} was missed: find out where the time went.`]
      : []),
    ...(isLive && outcome !== undefined && rpo.verdict === 'unknown'
      ? [
          `It is unknown whether data were lost, and how much: find out, and hold it against the RPO of ${rpo.target}.`,
        ]
      : []),
    ...(isLive && outcome !== undefined && !taken
      ? ['Nobody has taken the call: find out whether those on call were reached.']
      : []),
    ...silent.map(
      ({ audience, channel, lastFailure = 'no reason is known' }) =>
        `${channel} took nothing for ${audience}: mend it (${lastFailure}).`,
    ),
    ...(outcome === undefined
      ? []
      : pending.map(({ gate }) => `The question about the ${gate} was never answered.`)),
  ];
}
