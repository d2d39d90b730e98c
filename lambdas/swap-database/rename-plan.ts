import type { DescribedDatabase } from '../aws/rds.ts';
import { isCopy, isReplaced } from '../database/recovery-tag.ts';
import { isDead } from '../database/restore-status.ts';

/** Which instances or clusters have the three names now; null for none. */
export interface Sight {
  /** The name that the users know. */
  readonly original: DescribedDatabase | null;
  /** The name that the damaged one gets. */
  readonly damaged: DescribedDatabase | null;
  /** The name that the copy was restored under. */
  readonly copy: DescribedDatabase | null;
}

export interface Names {
  readonly original: string;
  /** Null when nothing has to make room: after a promotion, or a restore where there was nothing. */
  readonly damaged: string | null;
  readonly copy: string;
  /** A restore's copy is known by its tag; a replica that was promoted has none. */
  readonly tagged: boolean;
}

export type Next =
  | { readonly act: 'rename-damaged' | 'rename-copy' | 'done' }
  | { readonly act: 'wait' | 'refuse'; readonly why: string };

/**
 * What is to be done next, told from nothing but what is there: whoever was interrupted between any two calls is
 * gone on from there by anybody.
 *
 * First the damaged one gives up the name, then the copy takes it, so the name never means two of them. A rename
 * takes about ten minutes (aws-facts §4.5), and the second one begins when the first is over.
 */
export function nextRename(names: Names, sight: Sight): Next {
  const { original, damaged, copy } = sight;
  const ours = (database: DescribedDatabase) => !names.tagged || isCopy(database, names.copy);
  if (names.original === names.copy) {
    return original ? whenAvailable(original, 'done') : refuse(`there is no ${names.copy} to swap in`);
  }
  if (original && (names.tagged ? isCopy(original, names.copy) : !copy))
    return whenAvailable(original, 'done');
  if (copy && !ours(copy)) return refuse(`${names.copy} is no copy of this recovery`);
  if (copy && isRenaming(copy)) return wait(`${names.copy} is becoming ${names.original}`);
  if (original) return makeRoom(names, original, damaged, copy);
  if (!copy) return wait(`RDS lists neither ${names.original} nor ${names.copy} at the moment`);
  if (names.damaged !== null) {
    if (!damaged) return wait(`RDS lists neither ${names.original} nor ${names.damaged} at the moment`);
    if (!isReplaced(damaged, names.copy)) return refuse(taken(names.damaged));
    const named = whenAvailable(damaged, 'rename-copy');
    if (named.act === 'wait') return named;
  }
  return whenAvailable(copy, 'rename-copy');
}

function makeRoom(
  names: Names,
  original: DescribedDatabase,
  damaged: DescribedDatabase | null,
  copy: DescribedDatabase | null,
): Next {
  if (names.damaged === null) return refuse(taken(names.original));
  if (isRenaming(original)) return wait(`${names.original} is becoming ${names.damaged}`);
  if (damaged) return refuse(taken(names.damaged));
  if (!copy) return refuse(`there is no ${names.copy} to swap in`);
  return whenAvailable(original, 'rename-damaged');
}

function whenAvailable(database: DescribedDatabase, act: 'rename-damaged' | 'rename-copy' | 'done'): Next {
  const { identifier, status, endpoint } = database;
  if (isDead(status) || status === 'stopped') {
    return refuse(
      `${identifier} is ${status}, and RDS renames only what is available: do what RDS says of it first`,
    );
  }
  if (isRenaming(database)) return wait(`${identifier} is being renamed`);
  if (status !== 'available') return wait(`${identifier} is ${status}`);
  if (!endpoint) return wait(`${identifier} has no address yet`);
  return { act };
}

/** RDS answers with the old name and the old status for some seconds after it has accepted a new one. */
function isRenaming({ status, raw }: DescribedDatabase): boolean {
  const pending = raw['PendingModifiedValues'] as Readonly<Record<string, unknown>> | undefined;
  return (
    status === 'renaming' ||
    pending?.['DBInstanceIdentifier'] !== undefined ||
    pending?.['DBClusterIdentifier'] !== undefined
  );
}

function taken(name: string): string {
  return (
    `the name ${name} is taken by something that does not belong to this recovery. Rename it, and start incident ` +
    'again: the swap goes on from here'
  );
}

function wait(why: string): Next {
  return { act: 'wait', why };
}

function refuse(why: string): Next {
  return { act: 'refuse', why };
}
