import type { DatabaseAssessment } from '../assess-data/contract.ts';

/** Which time a database is restored to. Pure; times are milliseconds since the epoch. */

/** From when to when the backups of a database reach; null where nobody knows. */
export interface Window {
  readonly from: number | null;
  readonly to: number;
}

export interface Point {
  /** A whole second. */
  readonly at: number;
  readonly foundBy: string;
}

/** Why there is no point, and what a person should do. */
export interface NoPoint {
  readonly problem: string;
  readonly nextStep: string;
}

/** Within which the log up to a point is shipped: RDS does so every five minutes (aws-facts §4.1). */
const shippedWithin = 600_000;

const withZone = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s?(Z|[+-]\d{2}(:?\d{2})?)$/i;

/** A time as RDS takes it: ISO 8601, UTC, whole seconds. */
export function inSeconds(at: number): string {
  return new Date(Math.floor(at / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
}

/**
 * A time that a person gave, in any form of ISO 8601 that says its zone. Without a zone it would be a guess
 * whose, and hours of writes hang on it.
 *
 * @returns undefined for another form, and for a day or an hour that does not exist
 */
export function parseTime(text: string): number | undefined {
  if (!withZone.test(text)) return undefined;
  const day = text.slice(0, 10);
  const rest = text.slice(11).replace(',', '.').replace(/\s/, '');
  // JavaScript takes the 30th of February for the 2nd of March.
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  const zoned = rest.replace(
    /([+-]\d{2}):?(\d{2})?$/,
    (_, hours: string, minutes = '00') => `${hours}:${minutes}`,
  );
  const at = Date.parse(`${day}T${zoned.toUpperCase()}`);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * The point that a person gave, if the backups reach it.
 *
 * One that is newer than the log which RDS has shipped is fine if it will be shipped soon: the restore waits.
 */
export function pointOfPerson(database: string, text: string, window: Window, now: number): Point | NoPoint {
  const allowed = `allowed: ${rangeOf(database, window)}`;
  const refuse = (what: string): NoPoint => ({
    problem: `recoverTo: got ${text}, ${what}; ${allowed}`,
    nextStep: `Start incident again with a recoverTo that the backups of ${database} reach: ${rangeOf(database, window)}.`,
  });
  const at = parseTime(text);
  if (at === undefined) {
    return refuse('which is no time with a zone, such as 2026-11-23T10:00:00Z or 2026-11-23T11:00+01:00');
  }
  if (at > now) return refuse(`which is in the future, now is ${inSeconds(now)}`);
  if (window.from !== null && at < window.from) return refuse('which is before the backups begin');
  if (at > window.to + shippedWithin) return refuse('which is after the latest restorable time');
  return { at: Math.floor(at / 1_000) * 1_000, foundBy: 'given by a person' };
}

/**
 * The newest time at which the data were seen to be right; not past the latest restorable time, unless the log
 * up to it is shipped soon, because an older time before the damage is as right.
 */
export function pointOfChecks(
  database: string,
  assessed: Pick<DatabaseAssessment, 'lastGoodAt' | 'firstBadAt'> | null,
  window: Window,
): Point | NoPoint {
  const nextStep =
    `Find out when the data of ${database} were right the last time, and start incident again with ` +
    `{"scenario":"data-corruption","recoverTo":"…","databases":["${database}"]}: ${rangeOf(database, window)}.`;
  const good = assessed?.lastGoodAt ?? null;
  const at = good === null ? NaN : Math.floor(Date.parse(good) / 1_000) * 1_000;
  if (good === null || Number.isNaN(at)) {
    return { problem: `no scheduled check of ${database} is known to have held`, nextStep };
  }
  if (window.from !== null && at < window.from) {
    return {
      problem: `the newest check of ${database} that held, at ${good}, is before its backups begin (${inSeconds(window.from)})`,
      nextStep,
    };
  }
  if (at > window.to + shippedWithin) {
    return {
      at: Math.floor(window.to / 1_000) * 1_000,
      foundBy: `the latest restorable time; a check at ${good} still held`,
    };
  }
  return { at, foundBy: 'the newest check that held' };
}

/** `erlmcp can be restored to any time from … to …`. */
export function rangeOf(database: string, { from, to }: Window): string {
  const beginning = from === null ? 'the beginning of its backups, which is not known,' : inSeconds(from);
  return `${database} can be restored to any time from ${beginning} to ${inSeconds(to)}`;
}

export function isPoint(found: Point | NoPoint): found is Point {
  return 'at' in found;
}

/**
 * The name of the instance or cluster that is restored: the same for the same source and time, so that a second
 * try finds the first one's. Of 63 characters, without a hyphen at the end or two in a row, as RDS wants it.
 */
export function targetIdentifier(source: string, at: number): string {
  const base = source
    .replace(/-r\d{14}$/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return `${base}-r${inSeconds(at).replace(/\D/g, '')}`;
}
