import type { Fault, PendingCall } from '../../../drill/cloud/endpoint.ts';
import { inWorld, type LocalWorld } from './local-world.ts';

export const faults: readonly Fault[] = ['throttle', 'error', 'timeout', 'crash-after-effect'];

/** A call as a sweep names it: role, service, operation. */
export function nameOf({
  principal,
  service,
  operation,
}: Pick<PendingCall, 'principal' | 'service' | 'operation'>) {
  return `${principal.name} ${service}:${operation}`;
}

/** What a recovery with faults came to. */
export interface Ordeal {
  readonly outcome: string;
  /** Calls that failed as planned. */
  readonly struck: readonly string[];
  /** What is not as it must be; empty when all is well. */
  readonly wrong: readonly string[];
  readonly story: string;
}

/**
 * Lose the primary of dev while calls of some names meet the fault.
 *
 * @param times how many calls of each name; an SDK tries three times before its function hears of it
 */
export function recoverWith(fault: Fault, isStruck: (name: string) => boolean, times = 1): Promise<Ordeal> {
  let armed = false;
  const struck = new Map<string, number>();
  const strike = (call: PendingCall): Fault | undefined => {
    const name = nameOf(call);
    const count = struck.get(name) ?? 0;
    if (!armed || call.principal.kind !== 'role' || count >= times || !isStruck(name)) return undefined;
    struck.set(name, count + 1);
    return fault;
  };
  return inWorld(
    'dev',
    async (local) => {
      armed = true;
      await local.world.loseRegion('primary');
      await local.until(() => local.executions('incident').length > 0, 10);
      await local.until(() => atRest(local), 60);
      const outcome = local.incidents().at(-1)?.outcome ?? 'none';
      return {
        outcome,
        struck: [...struck.keys()],
        wrong: await judge(local, outcome),
        story: local.story(),
      };
    },
    { fault: strike },
  );
}

function atRest(local: LocalWorld): boolean {
  const running = ['incident', 'site-failover'] as const;
  return (
    local.lock()?.state === 'free' &&
    running.every((name) => local.executions(name).every(({ status }) => status !== 'RUNNING'))
  );
}

async function judge(local: LocalWorld, outcome: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  const must = (held: boolean, what: string) => {
    if (!held) wrong.push(what);
  };
  const sites = await local.sites();
  must(atRest(local), 'the incident does not end, or keeps its lock');
  must(new Set(sites).size === 1 && sites[0] !== null, `DNS answers with ${sites.join(' and ')}`);
  if (outcome === 'recovered') {
    must(sites[0] === 'standby', 'recovered, and DNS answers with the primary');
    must((await local.servedBy()) === 'standby', 'recovered, and nobody is served');
    must(local.standbyDeployment('erlmcp')?.ready === 3, 'recovered, and the standby is not at strength');
    must(
      local.mails('oncall').some((mail) => mail.includes('recovered in')),
      'recovered, and nobody heard of it',
    );
  } else {
    must(outcome === 'escalated', `outcome: ${outcome}`);
    must(
      local.mails('oncall').some((mail) => mail.includes('a person is needed')),
      'given up, and nobody heard of it',
    );
    const switched = local.incident().changed?.some((step) => step.startsWith('switch-dns')) ?? false;
    must(switched === (local.switchState()?.site === 'standby'), 'given up, and wrong about the switch');
  }
  must(local.world.cloud.iam.denied().length === 0, 'a permission is missing');
  return wrong;
}

/** Lines that a person can find the culprit in. */
export function table(rows: readonly (Ordeal & { readonly what: string })[]): string {
  return rows.map(({ what, outcome, wrong }) => `${what}: ${outcome}: ${wrong.join('; ')}`).join('\n');
}
