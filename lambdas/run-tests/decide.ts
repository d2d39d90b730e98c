import type { Check } from '../incident/contract.ts';
import type { Output } from './contract.ts';

/** Of the tests that fail, so many are named in the sentence; the record has all. */
const named = 3;

/** Whether the service does what the environment says it must. An answer that nobody could get is none. Pure. */
export function judgeTests(checks: readonly Check[], load: Check | null): Output {
  const lacking = checks.filter(({ held }) => held !== true);
  const all = load ? [...checks, load] : checks;
  if (checks.length === 0) {
    return { passed: true, summary: 'the environment has no tests', checks: all };
  }
  if (lacking.length > 0) {
    const told = lacking.slice(0, named).map(({ name, evidence }) => `${name}: ${evidence}`);
    const more = lacking.length > named ? `; and ${lacking.length - named} more` : '';
    return {
      passed: false,
      summary: `${lacking.length} of ${checks.length} tests ${lacking.length === 1 ? 'fails' : 'fail'}: ${told.join('; ')}${more}`,
      checks: all,
    };
  }
  const loaded = load
    ? `; under load ${load.held === true ? 'it held' : 'it did not hold'}: ${load.evidence}`
    : '';
  return {
    passed: true,
    summary: `${checks.length === 1 ? 'the one test passes' : `all ${checks.length} tests pass`}${loaded}`,
    checks: all,
  };
}
