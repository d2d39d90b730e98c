import type { CheckResult } from '../database/checks.ts';
import type { QueryAnswer, Recovery } from '../database/contract.ts';
import type { Site } from '../incident/contract.ts';

/** What is to be done about a database this minute. */
export type Turn = { readonly ask: Site } | { readonly skip: string };

/**
 * Where a database lives now. While a recovery of it is under way nothing is asked: its writers are stopped, or it is
 * between two servers, and what would be found is neither good nor bad.
 */
export function turnOf(recovery: Recovery | null): Turn {
  if (!recovery || recovery.phase === 'abandoned') return { ask: 'primary' };
  if (recovery.phase !== 'finished') return { skip: `a ${recovery.kind} is ${recovery.phase}` };
  return { ask: recovery.kind === 'promotion' ? 'standby' : recovery.site };
}

/** Held only when every query held; a database that does not answer, or a query that does not run, is unknown. */
export function resultOf({ at, reachable, evidence, consistency = [] }: QueryAnswer): CheckResult {
  if (!reachable) return { at, held: 'unknown', failing: [evidence] };
  const wrong = consistency.filter(({ held }) => held === false);
  const unknown = consistency.filter(({ held }) => held === 'unknown');
  const named = [...wrong, ...unknown].map((query) => `${query.name}: ${query.evidence}`);
  if (wrong.length > 0) return { at, held: false, failing: named };
  if (unknown.length > 0 || consistency.length === 0) return { at, held: 'unknown', failing: named };
  return { at, held: true, failing: [] };
}
