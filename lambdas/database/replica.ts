import { globalCluster, type DescribedDatabase } from '../aws/rds.ts';
import type { DatabaseSettings } from './contract.ts';

/**
 * Whether the standby's copy still follows another, as RDS sees it.
 *
 * Of a global cluster its own description decides: which of its clusters writes is said there and nowhere else.
 * One that has left it is whatever it says of itself.
 */
export async function isReplica(
  { standby, globalCluster: id }: Pick<DatabaseSettings, 'standby' | 'globalCluster'>,
  { arn, replicaOf }: Pick<DescribedDatabase, 'arn' | 'replicaOf'>,
): Promise<boolean> {
  const follows = replicaOf !== null && replicaOf !== '';
  if (id === undefined) return follows;
  const member = (await globalCluster(standby.region, id))?.members.find((each) => each.arn === arn);
  return member ? !member.writer : follows;
}
