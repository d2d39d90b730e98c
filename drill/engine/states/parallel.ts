import { attempts } from '../attempts.ts';
import type { ParallelState } from '../language.ts';
import { together } from '../scope.ts';
import type { Exit, Visit } from '../visit.ts';

/**
 * Runs its branches beside each other; the first failure ends the others and is the state's own.
 *
 * AWS reports the branch's error, not the specification's States.BranchFailed.
 */
export function parallel(visit: Visit<ParallelState>): Promise<Exit> {
  const { run, scope, state } = visit;
  return attempts(
    visit,
    async () => {
      const input =
        state.Arguments === undefined ? visit.input : await visit.evaluate(state.Arguments, 'Arguments');
      visit.record('ParallelStateStarted');
      const branches = state.Branches.map(
        (branch) => (inner: typeof scope) => run.inside(inner, branch, input),
      );
      const result = await together(scope, branches, branches.length);
      visit.record('ParallelStateSucceeded');
      return visit.leave(state, result, { result });
    },
    () => visit.record('ParallelStateFailed'),
  );
}
