import type { AskedQuestion } from '../lambdas/communication/news.ts';
import type {
  IncidentRecord,
  IncidentRef,
  NoticeKind,
  Scenario,
  Severity,
  TimelineEntry,
} from '../lambdas/incident/contract.ts';
import type { Environment } from '../lib/config/schema.ts';
import { sampleEvents, type SampleEvent } from './preview-events.ts';

/**
 * An incident that never was, in which everything happens that somebody is told of. Pure, and the same each time: what
 * differs between two previews is what was changed.
 */

/** One occasion on which notices are sent. */
export interface Moment {
  readonly kind: NoticeKind;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly record: IncidentRecord;
  /** Those who hear nothing before it is confirmed; absent: all. */
  readonly only?: 'opened' | 'confirmed';
  readonly detail?: string;
  readonly percent?: number;
  readonly asked?: AskedQuestion;
  /** Of an update: what came before it. */
  readonly since?: string;
}

export interface Sample {
  readonly incident: IncidentRef;
  /** In their order; of the last two, escalation and recovered, only one comes. */
  readonly moments: readonly Moment[];
}

const second = 1_000;
const minute = 60 * second;
const start = Date.UTC(2026, 10, 23, 4, 0, 12);
const person = 'Ada Lovelace';
/** As long as a real one: it decides how much room is left in a text message. */
const signature = '0'.repeat(64);

const iso = (time: number) => new Date(time).toISOString();

export function sampleOf(environment: Environment, severity: Severity, scenario: Scenario): Sample {
  const { rto, rpo, updateEvery } = environment.severities[severity];
  const events = sampleEvents(environment, scenario);
  const id = `${environment.name}-${iso(start).replace(/[-:]|\..*$/g, '')}-${scenario}`;
  const incident: IncidentRef = {
    id,
    epoch: 7,
    environment: environment.name,
    scenario,
    severity,
    mode: 'live',
    startedBy: events.startedBy,
    startedAt: iso(start),
    deadline: iso(start + rto * second),
    rtoSeconds: rto,
    rpoSeconds: rpo,
    updateEverySeconds: updateEvery,
  };
  const before = events.before.map((event, index) => stamped(start + (15 + 25 * index) * second, event));
  const confirmed = before[0]?.time ?? start;
  const askedAt = (before.at(-1)?.time ?? start) + 10 * second;
  const answered = askedAt + 6 * minute;
  const { acknowledgeWithin, milestones } = environment.communication;
  const unacknowledged = start + acknowledgeWithin[severity] * second;
  const taken = unacknowledged + 70 * second;
  const noted = Math.max(taken, answered) + 2 * minute;
  const beat = (index: number) => start + index * updateEvery * second;
  // Nothing happens between this beat and the one before it.
  const quiet =
    1 +
    Math.max(1, ...[taken, noted, answered].map((at) => Math.ceil((at - start) / (updateEvery * second))));
  const [early, late] = [events.after.slice(0, 3), events.after.slice(3)];
  const recovered = Math.max(beat(quiet) + (late.length + 3) * minute, start + 0.6 * rto * second);
  const afterwards = [
    ...early.map((event, index) => stamped(answered + (index + 1) * 20 * second, event)),
    ...late.map((event, index) => stamped(beat(quiet) + (index + 1) * minute, event)),
  ];
  const atMilestone = (percent: number) => start + rto * percent * 10;
  const givenUp = Math.max(recovered, ...milestones.map(atMilestone)) + minute;
  const gate = events.asked;
  const asked = gate && {
    ...gate,
    askedAt: iso(askedAt),
    expiresAt: iso(askedAt + environment.gates.timeout * second),
  };
  const entries: readonly Stamped[] = [
    stamped(start, { actor: 'open-incident', event: `the incident was opened by ${events.startedBy}` }),
    ...before,
    ...(gate
      ? [
          stamped(askedAt, { actor: 'request-approval', event: `asks a person about the ${gate.gate}` }),
          stamped(answered, {
            actor: 'answer-approval',
            event: `${person} approved the ${gate.gate}: we cannot wait`,
          }),
        ]
      : []),
    stamped(taken, { actor: person, event: 'took the call (command line)' }),
    stamped(noted, { actor: person, event: 'noted: the provider has confirmed the outage' }),
    ...afterwards,
  ].toSorted((a, b) => a.time - b.time);

  const recordAt = (now: number): IncidentRecord => {
    const past = entries.filter(({ time }) => time <= now);
    return {
      ref: incident,
      executionArn: `arn:aws:states:${environment.sites.standby.region}:${environment.account}:execution:lifeboat-${environment.name}-incident:${id}`,
      state: 'open',
      lastGoodAt: iso(start - 45 * second),
      timeline: past.map(({ entry }) => entry),
      steps: past.flatMap(({ acts, entry }) =>
        acts
          ? [
              {
                step: entry.actor,
                status: 'changed' as const,
                summary: entry.detail ?? '',
                before: null,
                after: null,
              },
            ]
          : [],
      ),
      checks: [],
      notices: [],
      preImages: {},
      joined: [],
      pending:
        asked && now >= askedAt && now < answered
          ? [
              {
                gate: asked.gate,
                question: asked.question,
                askedAt: asked.askedAt,
                expiresAt: asked.expiresAt,
              },
            ]
          : [],
      ...(now >= confirmed ? { confirmedAt: iso(confirmed) } : {}),
      ...(now >= taken ? { acknowledged: { at: iso(taken), by: person, via: 'command line' } } : {}),
    };
  };
  const at = (kind: NoticeKind, title: string, now: number, more: Partial<Moment> = {}): Moment => ({
    kind,
    title,
    now,
    record: recordAt(now),
    ...more,
  });
  const during = [
    at('opened', 'Opened', start + 2 * second, { only: 'opened' }),
    at('opened', 'Opened, once it is confirmed', confirmed + 2 * second, { only: 'confirmed' }),
    ...(asked
      ? [
          at('approval', 'A person must decide', askedAt + second, {
            asked: withLinks(environment, incident, asked),
          }),
        ]
      : []),
    at('unacknowledged', 'Nobody has taken the call', unacknowledged),
    at('acknowledged', 'Somebody has taken the call', taken),
    at('note', 'A note', noted, { detail: `${person}: the provider has confirmed the outage` }),
    at('undelivered', 'A channel does not take its notices', Math.max(answered, taken) + 3 * minute),
    at('update', 'Update, with changes', beat(1)),
    at('update', 'Update, nothing has changed', beat(quiet), { since: iso(beat(quiet - 1)) }),
    ...milestones.map((percent) =>
      at('milestone', `${percent} % of the RTO are over`, atMilestone(percent), { percent }),
    ),
  ].toSorted((a, b) => a.now - b.now);
  return {
    incident,
    moments: [
      ...during,
      at('escalation', 'Either: the automation gives up', givenUp, {
        record: escalated(recordAt(givenUp), givenUp, environment),
      }),
      at('recovered', 'Or: recovered', recovered, {
        record: closed(recordAt(recovered), recovered, events.followUps),
      }),
    ],
  };
}

interface Stamped {
  readonly time: number;
  readonly acts: boolean;
  readonly entry: TimelineEntry;
}

function stamped(
  time: number,
  { actor, event, acts = false }: Omit<SampleEvent, 'acts'> & { readonly acts?: boolean },
): Stamped {
  const entry = {
    at: iso(time),
    actor,
    event: acts ? `changed: ${event}` : event,
    ...(acts ? { detail: event } : {}),
  };
  return { time, acts, entry };
}

function withLinks(
  environment: Environment,
  { id }: IncidentRef,
  asked: Omit<AskedQuestion, 'approveUrl'>,
): AskedQuestion {
  const link = (decision: string) =>
    linkOf(environment, {
      incident: id,
      gate: asked.gate,
      decision,
      expires: String(Date.parse(asked.expiresAt) / second),
    });
  return { ...asked, approveUrl: link('approve'), rejectUrl: link('reject') };
}

/** Where one tap takes the call; it leads nowhere. */
export function acknowledgeLinkOf(environment: Environment, { id, startedAt }: IncidentRef): string {
  const expires = String(Math.floor(Date.parse(startedAt) / second) + 36 * 60 * 60);
  return linkOf(environment, { incident: id, action: 'acknowledge', expires });
}

/** As a deployed one looks: its host is a function's, and its signature none. */
function linkOf({ sites }: Environment, query: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams({ ...query, signature });
  return `https://${'sample'.padEnd(32, '0')}.lambda-url.${sites.standby.region}.on.aws/?${parameters.toString()}`;
}

function closed(record: IncidentRecord, now: number, nextSteps: readonly string[]): IncidentRecord {
  const { id } = record.ref;
  const check = (name: string, evidence: string) => ({ name, held: true, evidence });
  const events = ['the service answers as a user would see it', 'all tests of the environment pass'];
  return {
    ...record,
    state: 'closed',
    outcome: 'recovered',
    closedAt: iso(now),
    summary: 'The service is verified, and the tests of the environment pass.',
    timeline: [
      ...record.timeline,
      ...events.map((event, index) => ({
        at: iso(now - 2 * minute + index * minute),
        actor: index === 0 ? 'verify-service' : 'run-tests',
        event,
      })),
    ].toSorted((a, b) => a.at.localeCompare(b.at)),
    checks: [
      check('verify/public name', 'everybody asked answers with the site that serves, and it answers there'),
      check('test/home', '200 in 38 ms'),
      check('test/health', '200 in 12 ms'),
    ],
    nextSteps,
    report: {
      html: `reports/${id}/report.html`,
      markdown: `reports/${id}/report.md`,
      checklist: `reports/${id}/checklist.md`,
    },
  };
}

function escalated(record: IncidentRecord, now: number, environment: Environment): IncidentRecord {
  return {
    ...record,
    state: 'escalated',
    outcome: 'escalated',
    closedAt: iso(now),
    summary:
      'The service could not be verified within its budget: two of three vantage points get no answer.',
    changed: record.steps.map(({ step, summary }) => `${step}: ${summary}`),
    unchanged: ['Nothing else was touched.'],
    nextSteps: [
      `Ask ${environment.sites.standby.host} yourself: does it answer?`,
      'Look at docs/runbook.md, and go on by hand where the record ends.',
    ],
  };
}
