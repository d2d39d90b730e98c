import type { Site } from '../../lambdas/incident/contract.ts';
import { duration } from '../report/phases.ts';
import { servedWords } from '../report/plain.ts';
import type { Sample } from '../report/progress.ts';
import type { World } from '../world/world.ts';
import type { Ending, HeldCheck } from './contract.ts';

/** Executions of one of the environment's machines. */
export function executionsOf({ cloud, environment }: World, machine: string) {
  const name = `lifeboat-${environment.name}-${machine}`;
  return cloud.states.executions().filter(({ stateMachineName }) => stateMachineName === name);
}

export function served({ servedBy }: Sample): string {
  return `the client ${servedWords(servedBy)}`;
}

export function time(at: number | undefined): string {
  return at === undefined ? 'never' : new Date(at).toISOString();
}

/** What must hold after every recovery that leaves its users where they were. */
export async function recoveryChecks(
  { world, outcome, rto }: Ending,
  site: Site,
): Promise<readonly HeldCheck[]> {
  const sample = await world.client.ask();
  const incidents = executionsOf(world, 'incident');
  const recovered = incidents.filter(({ output }) => output?.includes('"recovered"'));
  const denied = world.cloud.iam.denied();
  const { measuredSeconds, targetSeconds } = rto;
  return [
    {
      name: 'the incident ended as recovered',
      held: outcome === 'recovered',
      evidence: `outcome: ${outcome}`,
    },
    {
      name: `a user is served by the ${site}`,
      held: sample.servedBy === site,
      evidence: served(sample),
    },
    {
      name: 'the service was back within the RTO',
      held: measuredSeconds !== null && measuredSeconds <= targetSeconds,
      evidence:
        measuredSeconds === null
          ? 'it was not'
          : `${duration(measuredSeconds)} from the last good request, of ${duration(targetSeconds)}`,
    },
    {
      name: 'one incident was opened for one failure',
      held: recovered.length === 1,
      evidence: `${recovered.length} of ${incidents.length} executions of incident recovered it`,
    },
    {
      name: 'no permission was missing',
      held: denied.length === 0,
      evidence:
        denied.map(({ role, action, resource }) => `${role}: ${action} on ${resource}`).join('; ') ||
        'no call was denied',
    },
  ];
}
