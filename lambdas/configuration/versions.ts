import type { Entry } from '../aws/s3-versions.ts';
import type { PlannedObject, ProblemObject, VersionRef, WantedVersion } from './contract.ts';

/** What a restore to a point in time does with one key. Pure. */

/** What has been seen of one key's versions, from the newest on, in memory that does not grow with them. */
export interface KeyHistory {
  readonly key: string;
  readonly latest: Entry | null;
  /** The newest that is not younger than the recovery point. */
  readonly then: Entry | null;
  /** Of the same second as `then`, and perhaps newer: only S3 can say. */
  readonly rival: Entry | null;
  /** The last one listed. */
  readonly oldest: Entry | null;
}

export function unseen(key: string): KeyHistory {
  return { key, latest: null, then: null, rival: null, oldest: null };
}

/**
 * Take in what a page has of a key.
 *
 * S3 tells the time of a version in whole seconds, rounded down, so what was written within the second of the
 * recovery point counts as there. A multipart upload bears the time at which it began (aws-facts §6).
 */
export function seen(history: KeyHistory, entries: readonly Entry[], point: number): KeyHistory {
  let { latest, then, rival } = history;
  for (const entry of entries) {
    latest ??= entry;
    if (then === null) {
      if (entry.lastModified <= point) then = entry;
    } else if (rival === null && couldBeNewer(entry, then)) rival = entry;
  }
  return { key: history.key, latest, then, rival, oldest: entries.at(-1) ?? history.oldest };
}

function couldBeNewer(entry: Entry, then: Entry): boolean {
  return entry.lastModified === then.lastModified && entry.marker !== then.marker && !then.latest;
}

export type Restorable = PlannedObject & { readonly wanted: WantedVersion };

export type Look =
  /** It was not there and is not. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unchanged'; readonly bytes: number }
  | { readonly kind: 'remove'; readonly planned: PlannedObject }
  /** To be restored, as far as the listing tells: its head says whether it can be, and whether it must. */
  | { readonly kind: 'restore'; readonly planned: Restorable }
  | { readonly kind: 'problem'; readonly problem: ProblemObject };

/**
 * What to do with a key, by what both buckets list of it.
 *
 * The bucket itself decides when it has anything of that time. The replica is for what the bucket has lost: a bucket
 * that was made anew, versions that a lifecycle rule has removed. A key whose oldest entry is a marker has lost the
 * versions before it, and nobody can say which of them was there at the point: a problem, unless the replica knows.
 */
export function lookOf(own: KeyHistory, replica: KeyHistory | null): Look {
  const { key, latest } = own;
  const current = latest && { ...reference(latest), marker: latest.marker };
  const standing = latest !== null && !latest.marker;
  const [then, from] = own.then ? [own.then, 'own' as const] : [replica?.then ?? null, 'replica' as const];
  if (then && !then.marker) {
    if (standing && then.versionId === latest.versionId) return { kind: 'unchanged', bytes: latest.size };
    const planned: Restorable = {
      key,
      action: standing ? 'overwrite' : 'bring-back',
      wanted: { ...reference(then), from },
      current,
    };
    return { kind: 'restore', planned };
  }
  if (then === null && own.oldest?.marker === true) {
    const deleted = new Date(own.oldest.lastModified).toISOString();
    const problem =
      `its versions from before it was deleted at ${deleted} are gone: a lifecycle rule or somebody removed them, ` +
      `so what it was at the recovery point is not known. It is left as it is`;
    return { kind: 'problem', problem: { key, problem } };
  }
  return standing
    ? { kind: 'remove', planned: { key, action: 'remove', wanted: null, current } }
    : { kind: 'absent' };
}

/**
 * Whether the replica has a version of that time that the bucket itself has lost, while it still has an older one:
 * somebody removed it by its id. Whether it ever was in the bucket its replication status says.
 */
export function replicaKnowsMore(own: KeyHistory, replica: KeyHistory | null): boolean {
  const [here, there] = [own.then, replica?.then];
  return (
    here !== null &&
    there !== null &&
    there !== undefined &&
    !there.marker &&
    there.lastModified > here.lastModified
  );
}

function reference({ versionId, etag, size, lastModified, storageClass }: Entry): VersionRef {
  return {
    versionId,
    etag,
    size,
    lastModified: new Date(lastModified).toISOString(),
    ...(storageClass === undefined ? {} : { storageClass }),
  };
}
