import { attempts } from '../attempts.ts';
import { unexpected } from '../expressions.ts';
import { Aborted } from '../failure.ts';
import type { Json } from '../json.ts';
import type { MapState } from '../language.ts';
import { together, type Scope } from '../scope.ts';
import type { Exit, Visit } from '../visit.ts';
import { secondsOf as countOf } from './wait.ts';

/** Iterations of an inline map that run at once, at most (Step Functions service quotas). */
const mostAtOnce = 40;

/** Runs its item processor once for each item; the first failure ends the other iterations. */
export function map(visit: Visit<MapState>): Promise<Exit> {
  const { scope, state } = visit;
  return attempts(
    visit,
    async () => {
      const items = await itemsOf(visit);
      const wished = await countOf(visit, 'MaxConcurrency', state.MaxConcurrency, 0);
      visit.record('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });
      const iterations = items.map((item, n) => (inner: Scope) => iteration(visit, inner, n, item));
      const result = await together(scope, iterations, Math.min(wished || mostAtOnce, mostAtOnce));
      visit.record('MapStateSucceeded');
      return visit.leave(state, result, { result });
    },
    () => visit.record('MapStateFailed'),
  );
}

async function itemsOf(visit: Visit<MapState>): Promise<Json[]> {
  const { Items } = visit.state;
  if (Items === undefined) {
    if (Array.isArray(visit.input)) return visit.input;
    const message = `Map state input must be an array but was: ${JSON.stringify(visit.input)}`;
    throw visit.evaluationFailed({ location: 'Items', message });
  }
  const items = await visit.evaluate(Items, 'Items');
  if (Array.isArray(items)) return items;
  throw visit.evaluationFailed(unexpected(Items, 'Items', 'array', items));
}

async function iteration(visit: Visit<MapState>, inner: Scope, index: number, item: Json): Promise<Json> {
  const { run, state, name } = visit;
  const { history } = run;
  history.add(inner.trail, 'MapIterationStarted', { mapIterationStartedEventDetails: { name, index } });
  try {
    const extras = { item: { Index: index, Value: item } };
    const input =
      state.ItemSelector === undefined
        ? item
        : await visit.evaluate(state.ItemSelector, 'ItemSelector', extras);
    const output = await run.inside(inner, state.ItemProcessor, input);
    history.add(inner.trail, 'MapIterationSucceeded', {
      mapIterationSucceededEventDetails: { name, index },
    });
    return output;
  } catch (error) {
    if (history.closed) throw error;
    if (error instanceof Aborted) {
      history.add(inner.trail, 'MapIterationAborted', { mapIterationAbortedEventDetails: { name, index } });
    } else {
      history.add(inner.trail, 'MapIterationFailed', { mapIterationFailedEventDetails: { name, index } });
    }
    throw error;
  }
}
