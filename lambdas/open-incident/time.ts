/** Times as they come from outside: an alarm's, and what a person types. Milliseconds since the epoch. Pure. */

/** CloudWatch writes the offset without a colon, which is not ISO 8601's extended form. */
export function readTime(timestamp: unknown): number | undefined {
  if (typeof timestamp !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(timestamp)) return undefined;
  const time = Date.parse(timestamp.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(time) ? undefined : time;
}

/**
 * A day, a time and a zone, as in `2026-11-23T10:00:00Z` or `2026-11-23T11:00+01:00`.
 *
 * A time without a zone is refused: read in the wrong one, it restores to an hour too early, or to after the
 * damage. So is a day that the month does not have, which `Date` would take for one of the next month.
 */
export function zonedTime(text: string): number | undefined {
  const [, day = '', clock = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)$/.exec(text) ?? [];
  const time = readTime(text);
  if (time === undefined) return undefined;
  const inUtc = Date.parse(`${day}T${clock}Z`);
  const exists = !Number.isNaN(inUtc) && new Date(inUtc).toISOString().startsWith(day);
  return zone !== '' && exists ? time : undefined;
}

/** `2026-11-23T10:00:00Z`: RDS restores to whole seconds, and the one before is still before the damage. */
export function wholeSecond(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
