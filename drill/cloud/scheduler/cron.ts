/** AWS's six fields; `L`, `W` and `#` are not modelled. */
interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 1 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const DAY = 86_400_000;

/** Read `minutes hours day-of-month month day-of-week year`; undefined when it is not understood. */
export function readCron(text: string): Cron | undefined {
  const [minute, hour, day, month, weekday, year, ...more] = text.trim().split(/\s+/);
  if (year === undefined || more.length > 0) return undefined;
  // One of the two days must be `?`, so that it is clear which of them is meant.
  if ((day === '?') === (weekday === '?')) return undefined;
  const minutes = field(minute, 0, 59);
  const hours = field(hour, 0, 23);
  const days = field(day === '?' ? '*' : day, 1, 31);
  const months = field(month, 1, 12, monthNames);
  const weekdays = field(weekday === '?' ? '*' : weekday, 1, 7, dayNames);
  const years = field(year, 1970, 2199);
  if (!minutes || !hours || !days || !months || !weekdays || !years) return undefined;
  return { minutes, hours, days, months, weekdays, years };
}

function field(
  text = '',
  least: number,
  most: number,
  names: readonly string[] = [],
): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  const numberOf = (part: string) => {
    const named = names.indexOf(part.toUpperCase());
    const value = named >= 0 ? named + 1 : /^\d+$/.test(part) ? Number(part) : Number.NaN;
    return value >= least && value <= most ? value : Number.NaN;
  };
  for (const part of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    const [first = '', last] = range.split('-');
    const from = range === '*' ? least : numberOf(first);
    const to = range === '*' ? most : last !== undefined ? numberOf(last) : step !== undefined ? most : from;
    const by = Number(step ?? 1);
    if (Number.isNaN(from) || Number.isNaN(to) || from > to || by < 1) return undefined;
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return values;
}

/** The first minute after `after` (milliseconds, UTC); undefined when there is none any more. */
export function nextCron(cron: Cron, after: number): number | undefined {
  const lastYear = Math.max(...cron.years);
  let day = Math.floor(after / DAY) * DAY;
  for (; new Date(day).getUTCFullYear() <= lastYear; day += DAY) {
    const date = new Date(day);
    const due =
      cron.years.has(date.getUTCFullYear()) &&
      cron.months.has(date.getUTCMonth() + 1) &&
      cron.days.has(date.getUTCDate()) &&
      cron.weekdays.has(date.getUTCDay() + 1);
    if (!due) continue;
    for (const hour of [...cron.hours].sort((a, b) => a - b)) {
      for (const minute of [...cron.minutes].sort((a, b) => a - b)) {
        const at = day + hour * 3_600_000 + minute * 60_000;
        if (at > after) return at;
      }
    }
  }
  return undefined;
}
