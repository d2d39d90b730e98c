import type { ChannelName, NoticeKind, Severity } from '../incident/contract.ts';
import type { QuietHours } from './contract.ts';

/** Hours in which small things wait until morning. Pure. */

/** What makes a sound. A thread, a ticket and a page wake nobody. */
const audible: ReadonlySet<ChannelName> = new Set(['email', 'sms', 'pagerduty']);
/** What a person must act upon, whatever the hour. */
const urgent: ReadonlySet<NoticeKind> = new Set(['approval', 'escalation', 'undelivered']);

const minute = 60_000;
const day = 24 * 60;

/**
 * Until when a notice waits; undefined when it may go now.
 *
 * @param now milliseconds since the epoch
 */
export function quietUntil(
  quiet: QuietHours | undefined,
  { severity, channel, kind }: { severity: Severity; channel: ChannelName; kind: NoticeKind },
  now: number,
): number | undefined {
  if (!quiet?.severities.includes(severity) || !audible.has(channel) || urgent.has(kind)) return undefined;
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)];
  const at = timeOfDay(now, quiet.timeZone);
  const isQuiet = from <= to ? at >= from && at < to : at >= from || at < to;
  if (!isQuiet) return undefined;
  const startOfMinute = Math.floor(now / minute) * minute;
  const guess = startOfMinute + ((to - at + day) % day) * minute;
  // A night in which the clocks are changed is an hour longer or shorter.
  const off = minutesApart(timeOfDay(guess, quiet.timeZone), to);
  return guess + off * minute;
}

/** From one time of day to another, the shorter way round; minutes. */
function minutesApart(one: number, other: number): number {
  const ahead = (other - one + day) % day;
  return ahead > day / 2 ? ahead - day : ahead;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function timeOfDay(now: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return value('hour') * 60 + value('minute');
}
