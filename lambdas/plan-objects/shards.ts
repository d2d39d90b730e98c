import type { S3Client } from '@aws-sdk/client-s3';
import { compareKeys, listVersions, type Position } from '../aws/s3-versions.ts';

/** A range of keys that is listed by itself: those of a prefix that come after one key, up to another. */
export interface Shard {
  readonly prefix: string;
  /** Not itself in the range; empty: from the beginning. */
  readonly after: string;
  /** The last key of the range; null: to the end of the prefix. */
  readonly until: string | null;
}

/** As many folders are looked at, in pages of 1,000, before a prefix is cut into ranges. */
const discoveryPages = 10;
/** So far down it is looked for a level with more than one folder. */
const levels = 5;
/** What names of objects begin with where there are no folders. */
const characters = Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');

/**
 * Cut the keys of a prefix into ranges at its folders, so that they are listed side by side.
 *
 * Ranges cover every key there is, wherever they are cut: a folder that was not seen, or is made later, falls into one
 * of them. What fits on one page stays whole. Keys without folders that all begin alike are one range, listed page
 * after page.
 */
export async function shardsOf(
  buckets: readonly { readonly s3: S3Client; readonly bucket: string }[],
  prefix: string,
  limit: number,
): Promise<readonly Shard[]> {
  const found = await Promise.all(buckets.map(({ s3, bucket }) => cuts(s3, bucket, prefix)));
  const all = [...new Set(found.flat())].sort(compareKeys);
  const step = Math.max(1, Math.ceil((all.length + 1) / limit));
  const borders = all.filter((_, at) => (at + 1) % step === 0);
  return [...borders, null].map((until, at) => ({ prefix, after: borders[at - 1] ?? '', until }));
}

async function cuts(s3: S3Client, bucket: string, prefix: string): Promise<readonly string[]> {
  let level = prefix;
  for (let depth = 0; depth < levels; depth++) {
    const folders: string[] = [];
    let after: Position | undefined;
    let objects = 0;
    for (let pages = 0; pages < discoveryPages; pages++) {
      const page = await listVersions(s3, { bucket, prefix: level, delimiter: '/', after });
      folders.push(...page.commonPrefixes);
      objects += page.keys.length;
      if (!page.next) {
        if (pages === 0 && folders.length === 0) return [];
        break;
      }
      after = page.next;
      if (folders.length === 0) return characters.map((character) => level + character);
    }
    const [only] = folders;
    if (folders.length > 1 || objects > 0 || only === undefined) return folders;
    level = only;
  }
  return [];
}
