import { ListObjectVersionsCommand, type ListObjectVersionsOutput, type S3Client } from '@aws-sdk/client-s3';
import { patiently } from './s3-failure.ts';

/** A version of a key, or a marker that says it was deleted. */
export interface Entry {
  readonly versionId: string;
  readonly marker: boolean;
  /** Whether it is the newest of its key. */
  readonly latest: boolean;
  /** Milliseconds of whole seconds: S3 keeps no finer time of a version. */
  readonly lastModified: number;
  /** With its quotes; empty for a marker. */
  readonly etag: string;
  readonly size: number;
  readonly storageClass?: string;
}

/** Where a listing goes on: after all versions of a key, or after one of them. */
export interface Position {
  readonly key: string;
  readonly versionId?: string;
}

export interface VersionPage {
  /** In the order of the keys; of each key the newest first, as far as the answer tells (see `inOrder`). */
  readonly keys: readonly { readonly key: string; readonly entries: readonly Entry[] }[];
  /** Names up to the delimiter, when one was asked for. */
  readonly commonPrefixes: readonly string[];
  readonly next: Position | null;
}

interface Asked {
  readonly bucket: string;
  readonly prefix: string;
  readonly after?: Position | undefined;
  readonly delimiter?: string;
  readonly limit?: number;
}

/**
 * One page of the versions in a bucket: at most 1,000, whatever keys they are of.
 *
 * Keys come percent-encoded, because XML cannot say every character that a key may have.
 */
export async function listVersions(
  s3: S3Client,
  { bucket, prefix, after, delimiter, limit }: Asked,
): Promise<VersionPage> {
  const answer = await patiently(() =>
    s3.send(
      new ListObjectVersionsCommand({
        Bucket: bucket,
        Prefix: prefix,
        EncodingType: 'url',
        ...(after === undefined || after.key === '' ? {} : { KeyMarker: after.key }),
        ...(after?.versionId === undefined ? {} : { VersionIdMarker: after.versionId }),
        ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
        ...(limit === undefined ? {} : { MaxKeys: limit }),
      }),
    ),
  );
  const { NextKeyMarker: key, NextVersionIdMarker: versionId } = answer;
  return {
    keys: grouped(answer),
    commonPrefixes: (answer.CommonPrefixes ?? []).map((each) => decodeKey(each.Prefix ?? '')),
    next:
      answer.IsTruncated === true && key !== undefined
        ? { key: decodeKey(key), ...(versionId === undefined || versionId === '' ? {} : { versionId }) }
        : null,
  };
}

/** As S3 encodes it: percent signs, and a plus for a space. */
function decodeKey(encoded: string): string {
  if (!encoded.includes('%') && !encoded.includes('+')) return encoded;
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}

/** `bucket/key?versionId=…` for a copy; the slashes of the key stay. */
export function copySource(bucket: string, key: string, versionId: string): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}?versionId=${encodeURIComponent(versionId)}`;
}

/**
 * Order of keys in a listing: by their bytes in UTF-8. JavaScript orders by UTF-16, which puts what is beyond
 * U+FFFF before U+E000.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return ranked(x) - ranked(y);
  }
  return a.length - b.length;
}

function ranked(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Versions and markers come in two lists, each in the order of the listing; here they are one list by key again. */
function grouped({ Versions = [], DeleteMarkers = [] }: ListObjectVersionsOutput): VersionPage['keys'] {
  const keys = new Map<string, { versions: Entry[]; markers: Entry[] }>();
  const of = (encoded: string) => {
    const known = keys.get(encoded);
    if (known) return known;
    const made = { versions: [], markers: [] };
    keys.set(encoded, made);
    return made;
  };
  for (const each of Versions) {
    of(each.Key ?? '').versions.push({
      versionId: each.VersionId ?? 'null',
      marker: false,
      latest: each.IsLatest === true,
      lastModified: each.LastModified?.getTime() ?? 0,
      etag: each.ETag ?? '',
      size: each.Size ?? 0,
      ...(each.StorageClass === undefined ? {} : { storageClass: each.StorageClass }),
    });
  }
  const onlyVersions = DeleteMarkers.length === 0;
  for (const each of DeleteMarkers) {
    of(each.Key ?? '').markers.push({
      versionId: each.VersionId ?? 'null',
      marker: true,
      latest: each.IsLatest === true,
      lastModified: each.LastModified?.getTime() ?? 0,
      etag: '',
      size: 0,
    });
  }
  const all = [...keys].map(([encoded, { versions, markers }]) => ({
    key: decodeKey(encoded),
    entries: markers.length === 0 ? versions : inOrder(versions, markers),
  }));
  return onlyVersions ? all : all.sort((a, b) => compareKeys(a.key, b.key));
}

/**
 * Merge by time, the latest first. A version and a marker of the same second, neither of them the latest, could be
 * in either order: the version goes first here, and who must know asks S3 (`comesBefore`).
 */
function inOrder(versions: readonly Entry[], markers: readonly Entry[]): Entry[] {
  const merged: Entry[] = [];
  let [v, m] = [0, 0];
  while (v < versions.length || m < markers.length) {
    const [version, marker] = [versions[v], markers[m]];
    const markerNext =
      marker !== undefined &&
      (version === undefined ||
        marker.latest ||
        (!version.latest && marker.lastModified > version.lastModified));
    if (markerNext) {
      merged.push(marker);
      m += 1;
    } else if (version !== undefined) {
      merged.push(version);
      v += 1;
    }
  }
  return merged;
}

/** Whether one entry of a key is newer than another, by the order in which S3 itself lists them. */
export async function comesBefore(
  s3: S3Client,
  bucket: string,
  key: string,
  one: string,
  other: string,
): Promise<boolean> {
  let after: Position = { key, versionId: one };
  for (;;) {
    const { keys, next } = await listVersions(s3, { bucket, prefix: key, after });
    const own = keys.find((each) => each.key === key);
    if (own?.entries.some(({ versionId }) => versionId === other) === true) return true;
    if (next?.key !== key) return false;
    after = next;
  }
}
