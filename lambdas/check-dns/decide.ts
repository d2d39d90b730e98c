import { describeAnswer, type Answer } from '../aws/answer.ts';
import { meets, type Expectation } from '../aws/expected-answer.ts';
import type { Check, Mode, Site } from '../incident/contract.ts';
import { wouldWaitFor } from '../incident/waiting.ts';
import type { Output } from './contract.ts';

/** What Route 53 says of a change: `unknown` when it could not be asked. */
export interface ChangeSight {
  readonly id: string;
  readonly status: 'INSYNC' | 'PENDING' | 'unknown';
  readonly evidence: string;
}

export interface Observations {
  readonly target: Site;
  readonly changes: readonly ChangeSight[];
  /** Per name and type, what each authoritative server says. */
  readonly answers: readonly { readonly expectation: Expectation; readonly answers: readonly Answer[] }[];
}

/**
 * Whether the zone itself answers with the target: every server that answers, and at least two of them.
 *
 * INSYNC alone is not taken for it, nor the answer alone where a change was made: the one is the control
 * plane's word, the other what users get (aws-facts §13.6).
 */
export function judgeDns({ target, changes, answers }: Observations, mode: Mode): Output {
  const found = [
    ...changes.map(changeCheck),
    ...answers.map(({ expectation, answers: said }) => answerCheck(expectation, said)),
  ];
  const lacking = found.filter(({ held }) => held !== true);
  const checks = mode === 'plan' ? wouldWaitFor(found) : found;
  if (lacking.length === 0) {
    return {
      moved: true,
      summary: `the zone answers with the ${target} for all ${answers.length} names`,
      checks,
    };
  }
  const list = lacking.map(({ name, evidence }) => `${name}: ${evidence}`).join('; ');
  return mode === 'plan'
    ? { moved: true, summary: `would wait for ${list}`, checks }
    : { moved: false, summary: `the zone does not answer with the ${target} yet: ${list}`, checks };
}

function changeCheck({ id, status, evidence }: ChangeSight): Check {
  return {
    name: `dns/change ${id}`,
    held: status === 'unknown' ? 'unknown' : status === 'INSYNC',
    evidence,
  };
}

function answerCheck(expectation: Expectation, answers: readonly Answer[]): Check {
  const heard = answers.flatMap(({ values }) => (values === null ? [] : [values]));
  const enough = heard.length >= Math.min(2, answers.length) && heard.length > 0;
  const said = answers.map(describeAnswer).join('; ');
  const evidence =
    expectation.target.length === 0
      ? `the target's alias does not resolve; ${said}`
      : said || 'nobody was asked';
  const agree = heard.every((values) => meets(expectation, values));
  return {
    name: `dns/${expectation.name} ${expectation.type}`,
    // A server that contradicts settles it; too few that answer leave it open.
    held: !agree ? false : enough ? true : 'unknown',
    evidence,
  };
}
