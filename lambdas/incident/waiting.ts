import type { Check } from './contract.ts';

/** For tasks that the state machine repeats every few seconds until something has come about. Pure. */

/**
 * In mode plan nothing was changed, so nothing will come about: what does not hold yet is said to be what a
 * live run would wait for.
 */
export function wouldWaitFor(checks: readonly Check[]): readonly Check[] {
  return checks.map((check) =>
    check.held === true
      ? check
      : { name: check.name, held: 'unknown', evidence: `plan: would wait for this; now ${check.evidence}` },
  );
}

/** Between two looks, as the state machine waits at least. */
export const secondsBetweenLooks = 5;

/** The first look, the last, and one a minute (of looks five seconds apart): more would bury the rest. */
export function worthRecording(attempt: number, over: boolean): boolean {
  return over || attempt === 1 || attempt % 12 === 0;
}
