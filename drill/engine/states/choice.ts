import { unexpected } from '../expressions.ts';
import { StateFailure } from '../failure.ts';
import type { ChoiceState } from '../language.ts';
import type { Exit, Visit } from '../visit.ts';

/**
 * Goes where the first true condition leads, with that rule's own Assign and Output; else to Default, with
 * those of the state.
 */
export async function choice(visit: Visit<ChoiceState>): Promise<Exit> {
  const { Choices, Default, Assign, Output } = visit.state;
  for (const [n, rule] of Choices.entries()) {
    const field = `Choices[${n}]/Condition`;
    const holds = await visit.evaluate(rule.Condition, field);
    if (typeof holds !== 'boolean') {
      throw visit.evaluationFailed(unexpected(rule.Condition, field, 'boolean', holds));
    }
    if (holds) return visit.leave(rule, visit.input, {}, `Choices[${n}]/`);
  }
  if (Default === undefined) {
    throw new StateFailure('States.NoChoiceMatched', `No condition of the state '${visit.name}' was true.`);
  }
  return visit.leave({ Next: Default, Assign, Output }, visit.input);
}
