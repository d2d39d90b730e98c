import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import type { Site } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import type { ClusterExport } from './contract.ts';

/** Where exports and snapshots of a cluster's objects are in the exports bucket. Keys sort as their times do. */

const day = 86_400_000;

/** @param at ISO 8601, UTC; exports are told apart by whole seconds */
export function exportKey(site: Site, at: string): string {
  return `exports/${site}/${at.slice(0, 19).replaceAll(':', '-')}Z.json`;
}

/** The time in the key of an export, ISO 8601; null when it is none of ours. */
function exportedAt(key: string): string | null {
  const found = /^exports\/[a-z]+\/(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})Z\.json$/.exec(key);
  return found ? `${found[1]}T${found[2]}:${found[3]}:${found[4]}.000Z` : null;
}

export function snapshotKey(name: string): string {
  return `snapshots/${name}.json`;
}

/**
 * Key of the newest export of a site that is not after a time; null when there is none.
 *
 * An export is only written when something has changed, so the one that holds may be old. The day before is listed
 * first, then everything: a list is in order of keys, and cannot be read from its end.
 *
 * @throws TryAgain when S3 does not answer
 */
export async function newestExport(
  s3: S3Client,
  bucket: string,
  site: Site,
  notAfter: string,
): Promise<string | null> {
  const last = exportKey(site, notAfter);
  const since = exportKey(site, new Date(Date.parse(notAfter) - day).toISOString());
  return (
    (await lastBetween(s3, bucket, `exports/${site}/`, since, last)) ??
    (await lastBetween(s3, bucket, `exports/${site}/`, '', last))
  );
}

async function lastBetween(
  s3: S3Client,
  bucket: string,
  prefix: string,
  after: string,
  last: string,
): Promise<string | null> {
  let found: string | null = null;
  let startAfter = after;
  for (;;) {
    const keys = await listKeys(s3, bucket, prefix, startAfter);
    for (const key of keys) if (key <= last && exportedAt(key) !== null) found = key;
    const end = keys.at(-1);
    if (keys.length < 1_000 || end === undefined || end > last) return found;
    startAfter = end;
  }
}

/** Up to 1,000 keys, in their order. */
export async function listKeys(
  s3: S3Client,
  bucket: string,
  prefix: string,
  startAfter = '',
): Promise<readonly string[]> {
  try {
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(startAfter === '' ? {} : { StartAfter: startAfter }),
      }),
    );
    return Contents.flatMap(({ Key }) => Key ?? []);
  } catch (error) {
    throw translated(`list ${prefix} of ${bucket}`, error);
  }
}

/**
 * An export or a snapshot; null when there is none of this key.
 *
 * @throws TryAgain when S3 does not answer
 */
export async function readExport(s3: S3Client, bucket: string, key: string): Promise<ClusterExport | null> {
  let text: string | undefined;
  try {
    const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    text = await body?.transformToString();
  } catch (error) {
    if (failureName(error) === 'NoSuchKey') return null;
    throw translated(`read ${key} of ${bucket}`, error);
  }
  const found = parsed(text ?? 'null');
  if (found === undefined) throw new Error(`${key} of ${bucket} is not JSON`);
  return found;
}

/** The parser's own words quote what it read, and that may be a secret. */
function parsed(text: string): ClusterExport | null | undefined {
  try {
    return JSON.parse(text) as ClusterExport | null;
  } catch {
    return undefined;
  }
}

function translated(what: string, error: unknown): unknown {
  if (!passesByItself(error)) return error;
  return new TryAgain(`could not ${what}: ${describeFailure(error)}`, { cause: error });
}
