import { findInstance, type DescribedDatabase } from '../aws/rds.ts';
import type { DatabasePlace, DatabaseSettings } from './contract.ts';

/** On which machine a database runs, as far as RDS tells it. */
export interface Whereabouts {
  /** Of Aurora: the instance that writes. */
  readonly instance: string;
  /** `eu-west-1a`; null when RDS does not say. */
  readonly zone: string | null;
}

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

/** Another zone, or, of Aurora, another writer. What is not known is no move. */
export function hasMoved(before: Whereabouts, now: Whereabouts): boolean {
  if (before.instance !== now.instance && now.instance !== 'none') return true;
  return before.zone !== null && now.zone !== null && before.zone !== now.zone;
}

export function describeWhereabouts({ instance, zone }: Whereabouts): string {
  return `${instance} in ${zone ?? 'an unknown zone'}`;
}
