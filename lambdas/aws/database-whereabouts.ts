import type { DatabasePlace, DatabaseSettings } from '../database/contract.ts';
import type { Whereabouts } from '../database/whereabouts.ts';
import { findInstance, type DescribedDatabase } from './rds.ts';

/** @throws TryAgain when RDS throttles, fails or does not answer */
export async function whereaboutsOf(
  kind: DatabaseSettings['kind'],
  { region }: Pick<DatabasePlace, 'region'>,
  described: DescribedDatabase,
): Promise<Whereabouts> {
  if (kind === 'instance') {
    const { identifier, raw } = described;
    return { instance: identifier, zone: zoneIn(raw) };
  }
  const writer = described.members?.find((member) => member.writer)?.identifier;
  if (writer === undefined) return { instance: 'none', zone: null };
  const instance = await findInstance({ region, identifier: writer });
  return { instance: writer, zone: instance ? zoneIn({ ...instance }) : null };
}

function zoneIn(raw: Readonly<Record<string, unknown>>): string | null {
  const zone = raw['AvailabilityZone'];
  return typeof zone === 'string' && zone !== '' ? zone : null;
}
