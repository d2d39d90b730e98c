import { unexpected } from '../expressions.ts';
import { StateFailure } from '../failure.ts';
import type { FailState } from '../language.ts';
import type { Exit, Visit } from '../visit.ts';

/** Ends its machine, branch or iteration with an error of its own. */
export async function fail(visit: Visit<FailState>): Promise<Exit> {
  const { Error: error, Cause: cause } = visit.state;
  throw new StateFailure(await text(visit, error, 'Error'), await text(visit, cause, 'Cause'));
}

async function text(visit: Visit<FailState>, template: string | undefined, field: string) {
  if (template === undefined) return undefined;
  const value = await visit.evaluate(template, field);
  if (typeof value === 'string') return value;
  throw visit.evaluationFailed(unexpected(template, field, 'string', value));
}
