import { AwsError } from '../contract.ts';
import type { AlarmState } from './evaluation.ts';

/** The rule of a composite alarm: whether it holds, given the state of each alarm by name or ARN. */
export type AlarmRule = (stateOf: (alarm: string) => AlarmState | undefined) => boolean;

const token =
  /\s*(?:(AND|OR|NOT|TRUE|FALSE)\b|(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|([^\s()"]+))\s*\)|([()])|(\S+))/gy;

/**
 * Read `ALARM("a") AND (OK("b") OR NOT INSUFFICIENT_DATA("c"))`. NOT binds before AND, AND before OR.
 *
 * @throws AwsError `ValidationError` for anything else
 */
export function parseAlarmRule(text: string): AlarmRule {
  const tokens = [...text.trimEnd().matchAll(token)];
  let at = 0;
  const word = () => tokens[at]?.[1] ?? tokens[at]?.[5];
  const invalid = (): never => {
    const found = tokens[at]?.[0].trim() ?? 'its end';
    throw new AwsError('ValidationError', `AlarmRule is not understood at ${found}: ${text}`);
  };

  function either(): AlarmRule {
    let rule = both();
    while (word() === 'OR') {
      at++;
      const [left, right] = [rule, both()];
      rule = (states) => left(states) || right(states);
    }
    return rule;
  }

  function both(): AlarmRule {
    let rule = single();
    while (word() === 'AND') {
      at++;
      const [left, right] = [rule, single()];
      rule = (states) => left(states) && right(states);
    }
    return rule;
  }

  function single(): AlarmRule {
    const current = tokens[at];
    const is = word();
    at++;
    if (is === 'NOT') {
      const inner = single();
      return (states) => !inner(states);
    }
    if (is === 'TRUE' || is === 'FALSE') return () => is === 'TRUE';
    if (is === '(') {
      const inner = either();
      if (word() !== ')') return invalid();
      at++;
      return inner;
    }
    const wanted = current?.[2];
    const name = current?.[3] ?? current?.[4];
    if (wanted !== undefined && name !== undefined) return (states) => states(name) === wanted;
    at--;
    return invalid();
  }

  const rule = either();
  return at === tokens.length ? rule : invalid();
}
