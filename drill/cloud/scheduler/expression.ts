import { AwsError } from '../contract.ts';
import { nextCron, readCron } from './cron.ts';

/** When something is due: the first time after `after`, all in milliseconds; undefined: never again. */
export type ScheduleExpression = (after: number, created: number) => number | undefined;

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Read `rate(1 minute)`, `cron(0/5 * * * ? *)` or `at(2026-11-23T04:00:00)`, in UTC.
 *
 * A rate counts from the moment the schedule was created.
 *
 * @throws AwsError `ValidationException` for anything else, `rate(1 minutes)` included, as AWS does
 */
export function readScheduleExpression(text: string): ScheduleExpression {
  const [, kind = '', argument = ''] = /^(rate|cron|at)\((.*)\)$/.exec(text) ?? [];
  switch (kind) {
    case 'rate': {
      const [, count = '', unit = '', plural = ''] = /^(\d+) (minute|hour|day)(s?)$/.exec(argument) ?? [];
      const ms = Number(count) * (units[unit] ?? 0);
      if (!(ms > 0) || (count === '1') !== (plural === '')) throw invalid(text);
      return (after, created) => created + (Math.floor((after - created) / ms) + 1) * ms;
    }
    case 'at': {
      const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(argument) ? Date.parse(`${argument}Z`) : Number.NaN;
      if (Number.isNaN(at)) throw invalid(text);
      return (after) => (at > after ? at : undefined);
    }
    case 'cron': {
      const cron = readCron(argument);
      if (!cron) throw invalid(text);
      return (after) => nextCron(cron, after);
    }
    default:
      throw invalid(text);
  }
}

function invalid(text: string): AwsError {
  return new AwsError('ValidationException', `Invalid Schedule Expression ${text}.`);
}
