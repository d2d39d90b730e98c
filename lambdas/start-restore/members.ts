import { CreateDBInstanceCommand } from '@aws-sdk/client-rds';
import { findInstance, rdsClient, tagsOf, type DescribedDatabase } from '../aws/rds.ts';
import { askRds, rdsFailure } from '../aws/rds-failure.ts';
import { recoveryTag } from '../database/recovery-tag.ts';
import { UnsafePlan } from '../incident/errors.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';
import { memberRequests, type Sources } from './request.ts';

type MemberRequest = ReturnType<typeof memberRequests>[number];

/** Instances that the restored cluster should have and has not. */
export function missingMembers(
  cluster: DescribedDatabase,
  plan: RestorePlan,
  incidentId: string,
  sources: Sources,
): readonly MemberRequest[] {
  const engine = cluster.raw['Engine'];
  const requests = memberRequests(plan, incidentId, sources, typeof engine === 'string' ? engine : '');
  const there = new Set(cluster.members?.map(({ identifier }) => identifier));
  return requests.filter(({ DBInstanceIdentifier: name = '' }) => !there.has(name));
}

/**
 * Create what is missing, the writer first: the first instance of a cluster is its writer.
 *
 * @returns the names
 * @throws UnsafePlan when a name belongs to something else
 */
export async function createMembers(
  cluster: DescribedDatabase,
  plan: RestorePlan,
  incidentId: string,
  sources: Sources,
): Promise<readonly string[]> {
  const missing = missingMembers(cluster, plan, incidentId, sources);
  for (const request of missing) await create(plan, request);
  return missing.map(({ DBInstanceIdentifier: name = '' }) => name);
}

async function create({ target }: RestorePlan, request: MemberRequest): Promise<void> {
  const { region } = target;
  const identifier = request.DBInstanceIdentifier ?? '';
  await askRds(`CreateDBInstance ${identifier} in ${region}`, async () => {
    try {
      await rdsClient(region).send(new CreateDBInstanceCommand(request));
    } catch (error) {
      if (rdsFailure(error) !== 'DBInstanceAlreadyExists') throw error;
      const other = await findInstance({ region, identifier });
      if (tagsOf(other?.TagList)[recoveryTag] === target.identifier) return;
      throw new UnsafePlan(
        `the name ${identifier} in ${region} is taken by something that is no part of this copy`,
      );
    }
  });
}
