import { unexpected } from '../expressions.ts';
import type { WaitState } from '../language.ts';
import type { Exit, Visit } from '../visit.ts';

/** The profile of ISO 8601 that Step Functions reads: capital T, and Z or an offset. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Waits some seconds, or until a time; a time that has passed is no wait. */
export async function wait(visit: Visit<WaitState>): Promise<Exit> {
  const { run, scope, state } = visit;
  await scope.sleepUntil(
    state.Timestamp === undefined
      ? run.clock.now() + (await secondsOf(visit, 'Seconds', state.Seconds, 0)) * 1_000
      : await timeOf(visit, state.Timestamp),
  );
  return visit.leave(state, visit.input);
}

async function timeOf(visit: Visit<WaitState>, template: string): Promise<number> {
  const value = await visit.evaluate(template, 'Timestamp');
  const time = typeof value === 'string' && instant.test(value) ? Date.parse(value) : NaN;
  if (!Number.isNaN(time)) return time;
  throw visit.evaluationFailed({
    location: 'Timestamp',
    message: `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${
      typeof value === 'string' ? value : JSON.stringify(value)
    }`,
  });
}

/** A field that counts seconds: a whole number of at least `least`, at most 99,999,999. */
export async function secondsOf(
  visit: Visit,
  field: string,
  template: number | string | undefined,
  least: number,
): Promise<number> {
  const value = await visit.evaluate(template ?? least, field);
  if (typeof value !== 'number')
    throw visit.evaluationFailed(unexpected(template ?? least, field, 'number', value));
  if (Number.isInteger(value) && value >= least && value <= 99_999_999) return value;
  throw visit.evaluationFailed({
    location: field,
    message: `The ${field} field must be a whole number from ${least} to 99999999, not ${value}.`,
  });
}
