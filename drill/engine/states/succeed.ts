import type { SucceedState } from '../language.ts';
import type { Exit, Visit } from '../visit.ts';

/** Ends its machine, branch or iteration with its input, or what Output makes of it. */
export function succeed(visit: Visit<SucceedState>): Promise<Exit> {
  return visit.leave({ Output: visit.state.Output }, visit.input);
}
