import { quietUntil } from '../communication/quiet.ts';
import type { QuietHours } from '../communication/contract.ts';
import type { Audience, IncidentRecord, Notice } from '../incident/contract.ts';
import { duration } from '../incident/time-words.ts';

/** Whether somebody waits for a word that was promised. Pure; it knows the promise, and not how it is kept. */

/** What sending may take, with a channel that has to be asked again; milliseconds. */
const grace = 120_000;
/** A word this soon before an update stands for it; milliseconds. */
const sameBreath = 60_000;
/** What quiet hours hold back. */
const audible: ReadonlySet<string> = new Set(['email', 'sms', 'pagerduty']);

/**
 * One sentence for each who waits.
 *
 * Those on call must have heard within two minutes, and somebody every beat. Whoever was to hear one update hears them
 * all: an audience of which no channel took the last one waits, a channel that fails beside one that works does not
 * make it wait.
 *
 * @param now milliseconds since the epoch
 */
export function overdueOf(record: IncidentRecord, now: number, quiet?: QuietHours): readonly string[] {
  const { ref, state, notices } = record;
  if (state !== 'open') return [];
  const isQuiet =
    quietUntil(quiet, { severity: ref.severity, channel: 'email', kind: 'update' }, now - grace - 1) !==
    undefined;
  // At night only what wakes nobody is promised.
  const promised = isQuiet ? notices.filter(({ channel }) => !audible.has(channel)) : notices;
  const waiting = [...audiencesOf(promised)].flatMap((audience) => lateFor(audience, promised, record, now));
  if (waiting.length > 0 || isQuiet) return waiting;

  const open = now - Date.parse(ref.startedAt);
  if (!notices.some((notice) => isWord(notice) && notice.audience === 'oncall') && open > grace) {
    return [`${ref.id} has been open for ${duration(open / 1_000)}, and nobody on call was told`];
  }
  const late = lateness(notices, record, now);
  return late === null ? [] : [`the update of ${ref.id} is ${duration(late)} late: nobody was told`];
}

/** Who was to hear an update, whether a channel took it or not. */
function audiencesOf(notices: readonly Notice[]): ReadonlySet<Audience> {
  return new Set(notices.filter(({ kind }) => kind === 'update').map(({ audience }) => audience));
}

function lateFor(
  audience: Audience,
  notices: readonly Notice[],
  record: IncidentRecord,
  now: number,
): readonly string[] {
  const own = notices.filter((notice) => notice.audience === audience);
  const late = lateness(own, record, now);
  if (late === null) return [];
  const channels = [
    ...new Set(own.filter(({ kind }) => kind === 'update').map(({ channel }) => channel)),
  ].join(', ');
  const failure = own.findLast(({ delivered }) => !delivered)?.failure;
  return [
    `the update of ${record.ref.id} to ${audience} by ${channels} is ${duration(late)} late` +
      (failure === undefined ? '' : ` (it failed last with: ${failure})`),
  ];
}

/** Seconds since the first beat of the cadence that was missed; null when none was. */
function lateness(notices: readonly Notice[], { ref }: IncidentRecord, now: number): number | null {
  const start = Date.parse(ref.startedAt);
  const beat = ref.updateEverySeconds * 1_000;
  const last = Math.max(start, ...notices.filter(isWord).map(({ at }) => Date.parse(at)));
  const missed = start + beat * Math.max(1, Math.ceil((last + sameBreath - start) / beat));
  return now - missed > grace ? (now - missed) / 1_000 : null;
}

/** A word that says how things stand. */
function isWord({ kind, delivered }: Notice): boolean {
  return delivered && (kind === 'opened' || kind === 'update');
}

/** A lock without a record: whoever took it died before anybody could be told. */
export function overdueWithoutRecord(
  { incidentId, takenAt }: { readonly incidentId: string; readonly takenAt: string },
  now: number,
): readonly string[] {
  const held = now - Date.parse(takenAt);
  return held > grace
    ? [`${incidentId} holds the lock for ${duration(held / 1_000)} without a record: nobody was told of it`]
    : [];
}
