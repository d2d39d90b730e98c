import type { S3Client } from '@aws-sdk/client-s3';
import { compareKeys, listVersions, type Entry, type Position } from '../aws/s3-versions.ts';
import { onlyAt, type Difference } from './decide.ts';

/** What is younger may still be on its way to the other bucket, milliseconds: S3 replicates most within 15 minutes. */
const onItsWay = 15 * 60_000;

/** A bucket and its replica differ in so many objects: the rest says nothing more. */
const mostDifferences = 2_000;

export interface Compared {
  readonly differences: readonly Difference[];
  /** Why not all was compared; null when all was. */
  readonly stopped: string | null;
}

interface Side {
  readonly s3: S3Client;
  readonly bucket: string;
}

interface Current extends Entry {
  readonly key: string;
}

/**
 * Compare the newest versions in a bucket and its replica, key by key, as both are listed: in memory there are two
 * pages of each, whatever the number of objects.
 *
 * A replica has its source's version ids. Its ETag may be another all the same, when the replica's bucket encrypts
 * with another key (Amazon S3, Replicating encrypted objects); what was copied by other means has another version id
 * and, unencrypted, the same ETag. Either says that they are alike.
 */
export async function compareBuckets(
  name: string,
  primary: Side,
  standby: Side,
  prefixes: readonly string[],
  { now, goOn }: { readonly now: number; readonly goOn: () => boolean },
): Promise<Compared> {
  const differences: Difference[] = [];
  let compared = 0;
  for (const prefix of prefixes) {
    const [ones, others] = [newest(primary, prefix), newest(standby, prefix)];
    let [one, other] = await Promise.all([next(ones), next(others)]);
    while (one || other) {
      if (differences.length >= mostDifferences) {
        return { differences, stopped: `${name} beyond the first ${mostDifferences} differences` };
      }
      const order = !one ? 1 : !other ? -1 : compareKeys(one.key, other.key);
      const here = order <= 0 ? one : null;
      const there = order >= 0 ? other : null;
      const key = here?.key ?? there?.key ?? '';
      const how = differs(here, there, now - onItsWay);
      if (how !== null) differences.push({ what: `s3 ${name}/${key}`, how });
      compared += 1;
      if (compared % 1_000 === 0 && !goOn()) {
        return { differences, stopped: `${name} beyond ${compared} objects, up to ${key}: the time was up` };
      }
      if (order <= 0) one = await next(ones);
      if (order >= 0) other = await next(others);
    }
  }
  return { differences, stopped: null };
}

function differs(here: Current | null, there: Current | null, since: number): string | null {
  const [one, other] = [here?.marker === false ? here : null, there?.marker === false ? there : null];
  if (!one && !other) return null;
  if (Math.max(here?.lastModified ?? 0, there?.lastModified ?? 0) > since) return null;
  if (!other) return onlyAt('primary');
  if (!one) return onlyAt('standby');
  const sameVersion = one.versionId !== 'null' && one.versionId === other.versionId;
  const alike = one.size === other.size && (sameVersion || one.etag === other.etag);
  return alike ? null : 'differs';
}

/** The newest entry of each key, in the order of the keys; markers, too. The next page is asked for ahead. */
async function* newest({ s3, bucket }: Side, prefix: string): AsyncGenerator<Current, void, undefined> {
  const ask = (after?: Position) => {
    const page = listVersions(s3, { bucket, prefix, after });
    // Whoever stops in between does not wait for it.
    page.catch(() => undefined);
    return page;
  };
  let coming = ask();
  for (;;) {
    const page = await coming;
    if (page.next) coming = ask(page.next);
    for (const { key, entries } of page.keys) {
      const latest = entries.find((entry) => entry.latest);
      if (latest) yield { ...latest, key };
    }
    if (!page.next) return;
  }
}

async function next(of: AsyncGenerator<Current, void, undefined>): Promise<Current | null> {
  const { value } = await of.next();
  return value ?? null;
}
