import type { PassState } from '../language.ts';
import type { Exit, Visit } from '../visit.ts';

/** Hands on its input, or what Output makes of it. */
export function pass(visit: Visit<PassState>): Promise<Exit> {
  return visit.leave(visit.state, visit.input);
}
