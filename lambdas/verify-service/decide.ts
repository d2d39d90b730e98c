import { describeAnswer, type Answer } from '../aws/answer.ts';
import { meets, type Expectation } from '../aws/expected-answer.ts';
import type { Check, Mode, Site } from '../incident/contract.ts';
import { wouldWaitFor } from '../incident/waiting.ts';
import type { Output } from './contract.ts';

/** One name and type, as its zone and as independent resolvers answer it. */
export interface NameSight {
  readonly expectation: Expectation;
  readonly authoritative: readonly Answer[];
  readonly resolvers: readonly Answer[];
  /** Longest that a resolver may go on answering the old value, seconds; null for an alias, which sets it itself. */
  readonly ttl: number | null;
}

export interface ServiceSight {
  readonly address: string;
  readonly ok: boolean;
  readonly evidence: string;
}

export interface Observations {
  readonly target: Site;
  /** The public name and path that was called. */
  readonly url: string;
  readonly names: readonly NameSight[];
  /** Per answered address; null while DNS does not agree yet and nobody was called. */
  readonly services: readonly ServiceSight[] | null;
  /** How long the zone has answered with the target at least. */
  readonly movedSeconds: number;
}

/** Of a load balancer's alias, seconds (aws-facts §1.5): Route 53 sets it, not the environment. */
const aliasTtl = 60;

/**
 * Whether a client that asks anybody now gets the target, and is served by it.
 *
 * At least two authoritative servers and one independent resolver must have answered, all that answered must
 * agree, and the service must answer at every address they give. A resolver that is silent contradicts
 * nothing: it is recorded as unknown, and does not turn a recovery that users have into one that failed.
 *
 * A resolver that nobody had asked before has nothing to forget, and most of those that users have cannot be
 * asked from here. So the service counts as back when the last cache that keeps to its TTL must have let go.
 */
export function judgeService(observed: Observations, mode: Mode): Output {
  const { target, url, names, services, movedSeconds } = observed;
  const dns = names.flatMap(nameChecks);
  const calls = [...serviceChecks(url, services), cachesCheck(names, movedSeconds)];
  const found = [...dns.map(({ check }) => check), ...calls];
  const lacking = [...dns.filter(({ required }) => required).map(({ check }) => check), ...calls].filter(
    ({ held }) => held !== true,
  );
  const checks = mode === 'plan' ? wouldWaitFor(found) : found;
  if (lacking.length === 0) {
    return {
      verified: true,
      summary: `${url} is served by the ${target}: everybody asked answers with it, and it answers there`,
      checks,
    };
  }
  const list = lacking.map(({ name, evidence }) => `${name}: ${evidence}`).join('; ');
  return mode === 'plan'
    ? { verified: true, summary: `would verify ${url} at the ${target}, which now waits for ${list}`, checks }
    : { verified: false, summary: `not verified yet: ${list}`, checks };
}

/** Whether DNS agrees, so that calling the service through it means something. */
export function dnsAgrees(names: readonly NameSight[]): boolean {
  return names
    .flatMap(nameChecks)
    .filter(({ required }) => required)
    .every(({ check }) => check.held === true);
}

interface NameCheck {
  readonly check: Check;
  readonly required: boolean;
}

function nameChecks({ expectation, authoritative, resolvers, ttl }: NameSight): NameCheck[] {
  const label = `${expectation.name} ${expectation.type}`;
  const heard = authoritative.filter(({ values }) => values !== null);
  const heardResolvers = resolvers.filter(({ values }) => values !== null);
  const agree = heard.every(({ values }) => values !== null && meets(expectation, values));
  return [
    {
      required: true,
      check: {
        name: `verify/${label} at its zone`,
        held: !agree
          ? false
          : heard.length >= Math.min(2, authoritative.length) && heard.length > 0
            ? true
            : 'unknown',
        evidence: authoritative.map(describeAnswer).join('; ') || 'nobody was asked',
      },
    },
    ...resolvers.map((answer) => ({
      // Silent resolvers count only when there is no other.
      required: answer.values !== null || heardResolvers.length === 0,
      check: {
        name: `verify/${label} at ${answer.server}`,
        held: answer.values === null ? ('unknown' as const) : meets(expectation, answer.values),
        evidence: resolverEvidence(expectation, answer, ttl),
      },
    })),
  ];
}

function resolverEvidence(expectation: Expectation, answer: Answer, ttl: number | null): string {
  const said = describeAnswer(answer);
  if (answer.values === null || meets(expectation, answer.values)) return said;
  return ttl === null ? `${said}, still` : `${said}, still; it may keep that for ${ttl} s after the change`;
}

function cachesCheck(names: Observations['names'], movedSeconds: number): Check {
  const longest = Math.max(0, ...names.map(({ ttl }) => ttl ?? aliasTtl));
  return {
    name: 'verify/caches',
    held: movedSeconds >= longest ? true : 'unknown',
    evidence: `the zone has answered so for ${movedSeconds} s or more; who asked before may keep the old answer for ${longest} s`,
  };
}

function serviceChecks(url: string, services: Observations['services']): Check[] {
  const name = `verify/${url}`;
  if (services === null) return [{ name, held: 'unknown', evidence: 'not called before DNS agrees' }];
  if (services.length === 0) return [{ name, held: 'unknown', evidence: 'no address to call it at' }];
  return services.map(({ address, ok, evidence }) => ({ name: `${name} at ${address}`, held: ok, evidence }));
}
