import {
  AddTagsToResourceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { isDeepStrictEqual } from 'node:util';
import { describeFailure } from '../aws/api-failure.ts';
import { rdsClient, type DescribedDatabase } from '../aws/rds.ts';
import { askRds } from '../aws/rds-failure.ts';
import type { DatabasePlace, DatabaseSettings } from '../database/contract.ts';
import { isReplaced, replacedTag } from '../database/recovery-tag.ts';
import { isDead } from '../database/restore-status.ts';
import { TryAgain } from '../incident/errors.ts';

/** How a damaged original is to be kept: nobody deletes it, and nobody but an investigator reaches it. */
interface Custody {
  readonly DeletionProtection?: true;
  readonly VpcSecurityGroupIds?: string[];
}

/** What it lacks of that. */
function lacking(damaged: DescribedDatabase, quarantine: readonly string[] = []): Custody {
  const groups = quarantine.toSorted();
  const free = groups.length > 0 && !isDeepStrictEqual(damaged.securityGroupIds.toSorted(), groups);
  return {
    ...(damaged.deletionProtection ? {} : { DeletionProtection: true }),
    ...(free ? { VpcSecurityGroupIds: groups } : {}),
  };
}

/** Whether anything is left to be done for that. */
export function isFree(
  { quarantine }: Pick<DatabaseSettings, 'quarantine'>,
  damaged: DescribedDatabase,
  copy: string,
): boolean {
  return !isReplaced(damaged, copy) || Object.keys(lacking(damaged, quarantine)).length > 0;
}

export type Kept =
  | { readonly state: 'there' | 'changed' }
  /** Something of it could not be done, and never will be by itself. */
  | { readonly state: 'told'; readonly why: string }
  | { readonly state: 'busy'; readonly why: string };

/**
 * Keep the damaged original safe from deletion, and away from its users.
 *
 * One that is busy (a backup) is waited for; one that RDS will not change, because it has failed or is stopped, is
 * told: nobody writes to it either, and the users must not wait for it.
 */
export async function keepDamaged(
  database: Pick<DatabaseSettings, 'kind' | 'quarantine'>,
  place: DatabasePlace,
  damaged: DescribedDatabase,
  copy: string,
): Promise<Kept> {
  const { identifier, status } = damaged;
  if (!isFree(database, damaged, copy)) return { state: 'there' };
  const { kind, quarantine } = database;
  const lacks = lacking(damaged, quarantine);
  try {
    if (!isReplaced(damaged, copy)) await tagDamaged(place, damaged, copy);
    if (Object.keys(lacks).length > 0) await modify(kind, place, { ...lacks });
    return { state: 'changed' };
  } catch (error) {
    const open = `${identifier} could not be protected from deletion and put into quarantine`;
    if (error instanceof TryAgain && !isDead(status) && !status.startsWith('stop')) {
      return { state: 'busy', why: `${open} yet: it is ${status} (${describeFailure(error)})` };
    }
    return { state: 'told', why: `${open}: it is ${status} (${describeFailure(error)}); do so by hand` };
  }
}

/** Before its name changes: under the new one it is known by this. */
export async function tagDamaged(
  { region }: DatabasePlace,
  damaged: DescribedDatabase,
  copy: string,
): Promise<void> {
  await askRds(`AddTagsToResource ${damaged.identifier}`, () =>
    rdsClient(region).send(
      new AddTagsToResourceCommand({ ResourceName: damaged.arn, Tags: [{ Key: replacedTag, Value: copy }] }),
    ),
  );
}

/** A rename needs "immediately"; without one nothing else that waits for its maintenance window is set off. */
async function modify(kind: DatabaseSettings['kind'], place: DatabasePlace, custody: Custody): Promise<void> {
  const { region, identifier } = place;
  await askRds(`Modify ${identifier} in ${region}`, () =>
    kind === 'aurora'
      ? rdsClient(region).send(new ModifyDBClusterCommand({ ...custody, DBClusterIdentifier: identifier }))
      : rdsClient(region).send(new ModifyDBInstanceCommand({ ...custody, DBInstanceIdentifier: identifier })),
  );
}

/** One request for a new name and, of a damaged one, for its custody: so it is never reached under the new name. */
export async function rename(
  { kind, quarantine }: Pick<DatabaseSettings, 'kind' | 'quarantine'>,
  place: DatabasePlace,
  name: string,
  damaged: DescribedDatabase | null,
): Promise<void> {
  const { region, identifier } = place;
  const more = { ...(damaged ? lacking(damaged, quarantine) : {}), ApplyImmediately: true };
  await askRds(`the rename of ${identifier} in ${region} to ${name}`, () =>
    kind === 'aurora'
      ? rdsClient(region).send(
          new ModifyDBClusterCommand({
            ...more,
            DBClusterIdentifier: identifier,
            NewDBClusterIdentifier: name,
          }),
        )
      : rdsClient(region).send(
          new ModifyDBInstanceCommand({
            ...more,
            DBInstanceIdentifier: identifier,
            NewDBInstanceIdentifier: name,
          }),
        ),
  );
}
