import type { DBInstance } from '@aws-sdk/client-rds';
import type { Cluster, Instance } from './records.ts';

/** Instances of a cluster are spread over two zones. */
export function zoneOfMember({ region }: Cluster, index: number): string {
  return `${region}${index % 2 === 0 ? 'a' : 'b'}`;
}

/** Where an instance runs, and where its second copy is if it has one. */
export function zonesOf({
  region,
  settings,
  failedOver = false,
}: Instance): Required<Pick<DBInstance, 'AvailabilityZone'>> & Pick<DBInstance, 'SecondaryAvailabilityZone'> {
  const home = settings.AvailabilityZone ?? `${region}a`;
  const other = home === `${region}b` ? `${region}a` : `${region}b`;
  const [now, second] = failedOver ? [other, home] : [home, other];
  return {
    AvailabilityZone: now,
    ...(settings.MultiAZ === true ? { SecondaryAvailabilityZone: second } : {}),
  };
}
