import { ask } from '../aws/dns-query.ts';
import { atMost } from '../aws/at-most.ts';
import type { Check } from '../incident/contract.ts';
import type { SmokeTest } from '../run-tests/contract.ts';
import { faultsOf } from './judge.ts';
import { send } from './request.ts';

/** A test and what came of it; `unknown`: it could not be sent, because nobody said where the service is. */
export interface TestResult {
  readonly test: SmokeTest;
  readonly check: Check;
}

/** Tests under way at once: they come from one place, and are no load. */
const atOnce = 16;

/** All of them together may take so long, milliseconds: a function has 55 s, and must record what it saw. */
const testsMs = 40_000;

/**
 * Ask the service what the environment's tests ask, from outside: where it is, public resolvers say.
 *
 * A test that does not get its turn within the time that all have together is `unknown`, and so not passed: a
 * service that lets every test wait would else have nobody hear of it at all.
 *
 * Whatever a request carries is not in the evidence: its headers and its body may be somebody's credentials.
 */
export async function runSmokeTests(
  tests: readonly SmokeTest[],
  resolvers: readonly string[],
  allMs = testsMs,
): Promise<readonly TestResult[]> {
  const until = performance.now() + allMs;
  const hosts = [...new Set(tests.map(({ request }) => new URL(request.url).hostname))];
  const found = await Promise.all(
    hosts.map(async (host) => [host, await addressesOf(host, resolvers)] as const),
  );
  const addresses = new Map(found);
  const turn = atMost(atOnce);
  return Promise.all(
    tests.map((test) => turn(async () => ({ test, check: await run(test, addresses, until) }))),
  );
}

/** The first address that each resolver gives, once; IPv6 only where there is nothing else. */
async function addressesOf(host: string, resolvers: readonly string[]): Promise<readonly string[]> {
  const [four, six] = await Promise.all([ask(resolvers, host, 'A'), ask(resolvers, host, 'AAAA')]);
  const values = (answers: typeof four) => [...new Set(answers.flatMap(({ values: all }) => all ?? []))];
  const known = values(four);
  return known.length > 0 ? known : values(six);
}

/** @param until when all tests must be over, by this process's own clock, milliseconds */
async function run(
  test: SmokeTest,
  addresses: ReadonlyMap<string, readonly string[]>,
  until: number,
): Promise<Check> {
  const { request, expect } = test;
  const name = `test/${test.name}`;
  const what = `${request.method} ${request.url}`;
  const [address] = addresses.get(new URL(request.url).hostname) ?? [];
  if (address === undefined) {
    return { name, held: 'unknown', evidence: `${what}: no resolver knows an address` };
  }
  const left = until - performance.now();
  if (left <= 0) {
    return { name, held: 'unknown', evidence: `${what}: not sent, the tests before it took all the time` };
  }
  try {
    // A little more than is allowed, so that a late answer is told from none.
    const answer = await send(request, address, Math.ceil(Math.min(expect.withinMs + 1_000, left)));
    const faults = faultsOf(test, answer);
    const got = `${what} at ${address}: ${answer.status} after ${answer.tookMs} ms`;
    return {
      name,
      held: faults.length === 0,
      evidence: faults.length === 0 ? got : `${got}; ${faults.join('; ')}`,
    };
  } catch (error) {
    const why = error instanceof Error && error.message !== '' ? error.message : String(error);
    return { name, held: false, evidence: `${what} at ${address}: ${why}` };
  }
}
