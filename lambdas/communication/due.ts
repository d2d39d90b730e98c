import type {
  ChannelName,
  IncidentRecord,
  Notice,
  NoticeKind,
  PendingQuestion,
} from '../incident/contract.ts';
import type { CommunicationSettings } from './contract.ts';
import { failingChannels } from './failing.ts';
import { isOf, listenersOf, type Listener, type Pair, type Routing } from './listeners.ts';
import { quietUntil } from './quiet.ts';

/**
 * Who is owed which word now, and when to look again. Pure.
 *
 * It is read from the record alone: whoever asks, and however often, what was told is not owed any more, and what a
 * channel did not take is owed still.
 */

export interface Due extends Pair {
  readonly kind: NoticeKind;
  readonly key: string;
  /** Of a milestone. */
  readonly percent?: number;
  /** Of an approval. */
  readonly question?: PendingQuestion;
  /** Of a note, and of what a channel did not take. */
  readonly detail?: string;
}

/** What the caller knows and the record may not. */
export interface Event {
  readonly kind: NoticeKind;
  readonly detail?: string;
}

export interface Plan {
  /** In the order in which each pair should hear them. */
  readonly now: readonly Due[];
  /** When to look again, milliseconds since the epoch; null: all is told, and the incident is over. */
  readonly nextAt: number | null;
}

const second = 1_000;
const minute = 60 * second;
/** A public word comes no later than this, whether it is confirmed or not (PagerDuty's guide for incidents). */
const confirmedAtLatest = 5 * minute;
/** An update this soon after another word to the same reader would be the same word twice. */
const sameBreath = minute;
/** How often it looks whether something has happened: each minute at first, when most does. */
const busyFor = 10 * minute;
const lookEvery = { busy: minute, later: 5 * minute } as const;
/** After an incident is over, for so long a channel is tried that has not taken how it ended. */
const patienceAfterwards = 60 * minute;
/** Between two tries of a channel that fails, doubled with each, up to the most. */
const pause = { first: minute, most: 8 * minute } as const;

const endings: ReadonlySet<NoticeKind> = new Set(['recovered', 'escalation', 'planned']);

/** @param now milliseconds since the epoch */
export function due(record: IncidentRecord, routing: Routing, now: number, event?: Event): Plan {
  const listeners = listenersOf(record, routing);
  const ending = endingOf(record, event);
  const owed = listeners.flatMap((listener) => owedTo(listener, record, routing, now, ending, event));
  const held = owed.map((each) => ({ each, until: heldUntil(each, record, routing, now) }));
  return {
    now: held.flatMap(({ each, until }) => (until === undefined ? [each] : [])),
    nextAt: nextLook(record, routing, listeners, now, ending, held),
  };
}

/** When the next update comes to this listener; null: none does. */
export function nextUpdateOf(
  { ref }: Pick<IncidentRecord, 'ref'>,
  routing: Pick<CommunicationSettings, 'routes'>,
  { audience, channel }: Pair,
  now: number,
): string | null {
  const hears = routing.routes[ref.severity].some(
    ({ to, by, hears: kinds }) => to === audience && by.includes(channel) && kinds.includes('update'),
  );
  if (!hears) return null;
  const beat = ref.updateEverySeconds * second;
  const start = Date.parse(ref.startedAt);
  const next = start + beat * (1 + Math.floor((now - start) / beat));
  // So close to a beat this word stands for it.
  return new Date(next - now < sameBreath ? next + beat : next).toISOString();
}

/** The last time this listener was told how things stand. */
export function lastWord(record: IncidentRecord, pair: Pair): Notice | undefined {
  return record.notices.findLast(
    (notice) =>
      notice.delivered && isOf(pair, notice) && (notice.kind === 'opened' || notice.kind === 'update'),
  );
}

type Ending = 'recovered' | 'escalation' | 'planned';

/** How it ended, by the record; or by who asks, when the record could not be closed. */
function endingOf({ state, outcome }: IncidentRecord, event: Event | undefined): Ending | undefined {
  switch (outcome) {
    case 'recovered':
    case 'planned':
      return outcome;
    case 'escalated':
      return 'escalation';
    default:
      return state === 'open' && event && endings.has(event.kind) ? (event.kind as Ending) : undefined;
  }
}

function owedTo(
  listener: Listener,
  record: IncidentRecord,
  routing: Routing,
  now: number,
  ending: Ending | undefined,
  event: Event | undefined,
): readonly Due[] {
  const pair: Pair = { audience: listener.audience, channel: listener.channel };
  const isOwed = ({ key }: Due) => !wasDelivered(record, pair, key);
  const asides = [...asidesTo(listener, pair, record, event), ...notesTo(pair, record)];
  if (ending !== undefined) {
    return [...asides, ...endingTo(listener, pair, record, ending), ...undeliveredTo(listener, pair, record)]
      .filter(isOwed)
      .map((each) => ({
        ...each,
        ...(event?.kind === each.kind && event.detail !== undefined ? { detail: event.detail } : {}),
      }));
  }
  if (record.state !== 'open') return asides.filter(isOwed);
  if (isWithheld(listener, record, now)) return [];
  return [
    ...wordTo(listener, pair, record, now),
    ...acknowledgedTo(listener, pair, record),
    ...approvalsTo(listener, pair, record, now),
    ...milestonesTo(listener, pair, record, routing, now),
    ...unacknowledgedTo(listener, pair, record, routing, now),
    ...undeliveredTo(listener, pair, record),
    ...asides,
  ].filter(isOwed);
}

function isWithheld({ confirmedOnly }: Listener, { confirmedAt, ref }: IncidentRecord, now: number): boolean {
  return confirmedOnly && confirmedAt === undefined && now < Date.parse(ref.startedAt) + confirmedAtLatest;
}

/** The first word, else the update of this beat. */
function wordTo({ hears }: Listener, pair: Pair, record: IncidentRecord, now: number): readonly Due[] {
  const { startedAt, updateEverySeconds } = record.ref;
  const last = lastWord(record, pair);
  if (last === undefined && hears.has('opened')) return [{ ...pair, kind: 'opened', key: 'opened' }];
  if (!hears.has('update')) return [];
  const beat = Math.floor((now - Date.parse(startedAt)) / (updateEverySeconds * second));
  const beatAt = Date.parse(startedAt) + beat * updateEverySeconds * second;
  const isTold = last !== undefined && Date.parse(last.at) > beatAt - sameBreath;
  return beat < 1 || isTold ? [] : [{ ...pair, kind: 'update', key: `update ${beat}` }];
}

/** The channels that show who has the call, and whoever was called because nobody had. */
function acknowledgedTo({ hears }: Listener, pair: Pair, record: IncidentRecord): readonly Due[] {
  if (!record.acknowledged) return [];
  const shows = (pair.channel === 'slack' || pair.channel === 'pagerduty') && hears.has('opened');
  const wasCalled = wasDelivered(record, pair, 'unacknowledged');
  return shows || wasCalled ? [{ ...pair, kind: 'acknowledged', key: 'acknowledged' }] : [];
}

function approvalsTo(
  { hears }: Listener,
  pair: Pair,
  { pending = [] }: IncidentRecord,
  now: number,
): readonly Due[] {
  if (!hears.has('approval')) return [];
  return pending
    .filter(({ expiresAt }) => Date.parse(expiresAt) > now)
    .map((question) => ({
      ...pair,
      kind: 'approval',
      key: `approval ${question.gate} ${question.askedAt}`,
      question,
    }));
}

/** The highest that is over; the lower ones are in it. */
function milestonesTo(
  { hears }: Listener,
  pair: Pair,
  record: IncidentRecord,
  { milestones }: Routing,
  now: number,
): readonly Due[] {
  if (!hears.has('milestone')) return [];
  const passed = milestones.filter((percent) => milestoneAt(record, percent) <= now);
  const highest = Math.max(0, ...passed);
  return highest === 0 ? [] : [{ ...pair, kind: 'milestone', key: `milestone ${highest}`, percent: highest }];
}

function milestoneAt({ ref }: IncidentRecord, percent: number): number {
  return Date.parse(ref.startedAt) + (ref.rtoSeconds * second * percent) / 100;
}

function unacknowledgedTo(
  { hears }: Listener,
  pair: Pair,
  record: IncidentRecord,
  routing: Routing,
  now: number,
): readonly Due[] {
  const at = calledAt(record, routing);
  return hears.has('unacknowledged') && at !== undefined && at <= now
    ? [{ ...pair, kind: 'unacknowledged', key: 'unacknowledged' }]
    : [];
}

/** When the second on call is called; undefined: not any more. Nobody is asked to answer what he sleeps through. */
function calledAt(
  { ref, acknowledged }: IncidentRecord,
  { acknowledgeWithin, quiet }: Routing,
): number | undefined {
  const start = Date.parse(ref.startedAt);
  const heard = quietUntil(quiet, { severity: ref.severity, channel: 'sms', kind: 'opened' }, start) ?? start;
  const within = acknowledgeWithin[ref.severity];
  return acknowledged || within === null || ref.mode === 'plan' ? undefined : heard + within * second;
}

/** Of each channel that failed last, by whatever still reaches this reader: since when, and with what. */
function undeliveredTo({ hears }: Listener, pair: Pair, record: IncidentRecord): readonly Due[] {
  if (!hears.has('undelivered')) return [];
  return failingChannels(record)
    .filter(({ channel, audiences }) => channel !== pair.channel || !audiences.includes(pair.audience))
    .map(({ channel, since, detail }) => ({
      ...pair,
      kind: 'undelivered',
      key: `undelivered ${channel} ${since}`,
      detail,
    }));
}

function asidesTo(
  { hears }: Listener,
  pair: Pair,
  { ref }: IncidentRecord,
  event: Event | undefined,
): readonly Due[] {
  if (event?.kind !== 'joined' && event?.kind !== 'ignored') return [];
  // A start that joined changes nothing for those who only wait; what waits itself must be seen by somebody.
  const channels: readonly ChannelName[] = event.kind === 'joined' ? ['slack'] : ['slack', 'email'];
  if (pair.audience !== 'oncall' || !channels.includes(pair.channel) || !hears.has('opened')) return [];
  const { detail = '' } = event;
  return [{ ...pair, kind: event.kind, key: `${event.kind} ${ref.id} ${detail}`, detail }];
}

function notesTo(pair: Pair, { notes = [] }: IncidentRecord): readonly Due[] {
  if (pair.channel !== 'slack') return [];
  return notes.map(({ at, by, text }) => ({
    ...pair,
    kind: 'note',
    key: `note ${at} ${by}`,
    detail: `${by}: ${text}`,
  }));
}

/** How it ended: to who hears of ends, and was promised to hear of this one. */
function endingTo(
  { hears, confirmedOnly }: Listener,
  pair: Pair,
  record: IncidentRecord,
  ending: Ending,
): readonly Due[] {
  if (!(ending === 'planned' ? hears.has('opened') : hears.has(ending))) return [];
  const wasTold = record.notices.some((notice) => notice.delivered && isOf(pair, notice));
  const promised = confirmedOnly ? record.confirmedAt !== undefined : hears.has('opened');
  const mustAct = ending === 'escalation' && !confirmedOnly;
  return wasTold || promised || mustAct ? [{ ...pair, kind: ending, key: ending }] : [];
}

/** Until when it waits although it is owed: for the morning, or because the channel has just failed. */
function heldUntil(each: Due, record: IncidentRecord, { quiet }: Routing, now: number): number | undefined {
  const morning = quietUntil(quiet, { ...each, severity: record.ref.severity }, now);
  const waits = [morning, pausedUntil(each, record)].filter((at) => at !== undefined && at > now);
  return waits.length === 0 ? undefined : Math.max(...waits.map(Number));
}

/** A channel that did not take its last word is left alone for a while, but for a word it was never asked to take. */
function pausedUntil(each: Due, { notices }: IncidentRecord): number | undefined {
  const own = notices.filter((notice) => isOf(each, notice));
  const failed = own.slice(own.findLastIndex(({ delivered }) => delivered) + 1);
  const last = failed.at(-1);
  if (!last) return undefined;
  const isNew = !failed.some(({ key }) => key === each.key);
  if (isNew && (endings.has(each.kind) || each.kind === 'approval')) return undefined;
  return Date.parse(last.at) + Math.min(pause.most, pause.first * 2 ** (failed.length - 1));
}

function nextLook(
  record: IncidentRecord,
  routing: Routing,
  listeners: readonly Listener[],
  now: number,
  ending: Ending | undefined,
  held: readonly { readonly each: Due; readonly until: number | undefined }[],
): number | null {
  const waiting = held.flatMap(({ until }) => until ?? []);
  if (ending !== undefined || record.state !== 'open') {
    const end = Date.parse(record.closedAt ?? new Date(now).toISOString()) + patienceAfterwards;
    const worth = held.flatMap(({ each, until }) =>
      until !== undefined &&
      (until <= end ||
        quietUntil(routing.quiet, { ...each, severity: record.ref.severity }, now) !== undefined)
        ? [until]
        : [],
    );
    return worth.length > 0 ? Math.min(...worth) : null;
  }
  const { startedAt, updateEverySeconds } = record.ref;
  const start = Date.parse(startedAt);
  const beat = updateEverySeconds * second;
  const called = calledAt(record, routing);
  const moments = [
    ...waiting,
    start + beat * (1 + Math.floor((now - start) / beat)),
    ...routing.milestones.map((percent) => milestoneAt(record, percent)),
    ...(called === undefined ? [] : [called]),
    ...(listeners.some(({ confirmedOnly }) => confirmedOnly) ? [start + confirmedAtLatest] : []),
    nextRegularLook(start, now),
  ];
  return Math.min(...moments.filter((at) => at > now));
}

/** Counted from the start, so that what a look takes does not add up. */
function nextRegularLook(start: number, now: number): number {
  const every = now < start + busyFor ? lookEvery.busy : lookEvery.later;
  return start + every * (1 + Math.floor((now - start) / every));
}

function wasDelivered({ notices }: IncidentRecord, pair: Pair, key: string): boolean {
  return notices.some((notice) => notice.delivered && notice.key === key && isOf(pair, notice));
}
