import type { Output } from '../lambdas/export-objects/contract.ts';
import { invokeDeployed, type Access, type Deployed } from './invoke.ts';

interface Snapshot extends Access {
  readonly environment: Deployed;
  readonly name: string;
}

/**
 * Keep the ConfigMaps, the Secrets and the deployments of the site that users are on, under a name that a restore can
 * be asked for. A snapshot that exists is left as it is. It may be called again when it is not known what became of it.
 *
 * @throws Refused when the name is wrong, or there is nothing to keep
 * @throws NotReached when nobody could be asked
 */
export async function snapshot({ environment, name, ...access }: Snapshot): Promise<Output> {
  const answer = await invokeDeployed(
    environment,
    {
      task: 'call-site',
      input: () => ({ site: 'active', task: 'export-objects', payload: { snapshot: name } }),
      refusals: ['InvalidInput', 'UnsafePlan'],
      unknown:
        'It is not known whether the snapshot was kept: run the same command again, it leaves one that exists as it is',
    },
    access,
  );
  return answer as Output;
}
