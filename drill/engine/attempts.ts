import { matches, StateFailure } from './failure.ts';
import type { Catcher, MapState, ParallelState, Retrier, TaskState } from './language.ts';
import type { Exit, Visit } from './visit.ts';

type Handling = TaskState | ParallelState | MapState;

/**
 * Try a state until it succeeds, its retriers are used up, or a catcher takes the failure.
 *
 * The first retrier that names an error decides alone whether it is tried again, and counts by itself.
 *
 * @param givenUp called when no retry is left, before a catcher is looked for
 */
export async function attempts(
  visit: Visit<Handling>,
  attempt: () => Promise<Exit>,
  givenUp: () => void = () => undefined,
): Promise<Exit> {
  const { run, scope, state } = visit;
  const used = new Map<Retrier, number>();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      const retrier = state.Retry?.find(({ ErrorEquals }) => matches(ErrorEquals, error));
      const tries = retrier ? (used.get(retrier) ?? 0) : 0;
      if (!retrier || tries >= retrier.MaxAttempts) {
        givenUp();
        return await caught(visit, error, state.Catch ?? []);
      }
      used.set(retrier, tries + 1);
      await scope.sleepUntil(run.clock.now() + pause(retrier, tries, run.random) * 1_000);
      visit.retryCount++;
    }
  }
}

/** Seconds before the next try, after `tries` earlier ones by the same retrier. */
function pause(retrier: Retrier, tries: number, random: () => number): number {
  const grown = retrier.IntervalSeconds * retrier.BackoffRate ** tries;
  const longest = Math.min(grown, retrier.MaxDelaySeconds ?? 99_999_999);
  return retrier.JitterStrategy === 'FULL' ? longest * random() : longest;
}

async function caught(
  visit: Visit<Handling>,
  failure: StateFailure,
  catchers: readonly Catcher[],
): Promise<Exit> {
  const n = catchers.findIndex(({ ErrorEquals }) => matches(ErrorEquals, failure));
  const catcher = catchers[n];
  if (!catcher) throw failure;
  const errorOutput = { Error: failure.error ?? null, Cause: failure.why ?? null };
  return visit.leave(catcher, errorOutput, { errorOutput }, `Catch[${n}]/`);
}
