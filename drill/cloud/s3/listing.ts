import type {
  ListObjectsV2Output,
  ListObjectsV2Request,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
} from '@aws-sdk/client-s3';
import { AwsError } from '../contract.ts';
import type { Bucket } from './bucket.ts';
import { byteOrder, type KeyCursor } from './key-index.ts';
import type { ObjectVersion, StoredObject } from './object.ts';

const PAGE = 1000;

interface Walk {
  readonly bucket: Bucket;
  readonly prefix: string;
  readonly delimiter: string;
  /** Only entries after this one. */
  readonly after: string;
  /** Begin with `after` itself instead. */
  readonly including?: boolean;
}

/**
 * The entries of a listing in order: keys, and in place of the keys that share a prefix up to the delimiter that
 * prefix, once. Seeks where it begins and passes over what is rolled up, so a page costs what is on it.
 *
 * @param listed whether a key is in the listing at all
 */
function* entries(
  { bucket, prefix, delimiter, after, including = false }: Walk,
  listed: (key: string) => boolean,
): Generator<{ readonly key: string; readonly rolled: boolean }> {
  const beyond = (entry: string) => (key: string) => byteOrder(key, entry) <= 0 || key.startsWith(entry);
  const afterIsRolled = after !== '' && rolledUp(after, prefix, delimiter) === after;
  const start = (key: string) => {
    if (byteOrder(key, prefix) < 0) return true;
    if (after === '' || including) return byteOrder(key, after) < 0;
    return afterIsRolled ? beyond(after)(key) : byteOrder(key, after) <= 0;
  };
  const cursor: KeyCursor = bucket.index.from(start);
  for (let key = cursor.next(); key?.startsWith(prefix); key = cursor.next()) {
    if (!listed(key)) continue;
    const rolled = rolledUp(key, prefix, delimiter);
    if (rolled === undefined) yield { key, rolled: false };
    else {
      if (byteOrder(rolled, after) > 0) yield { key: rolled, rolled: true };
      cursor.skip(beyond(rolled));
    }
  }
}

function rolledUp(key: string, prefix: string, delimiter: string): string | undefined {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** A page of current objects, with keys that share a prefix up to the delimiter rolled up into one entry. */
export function listObjects(bucket: Bucket, request: ListObjectsV2Request): ListObjectsV2Output {
  const { Prefix: prefix = '', Delimiter: delimiter = '', StartAfter: startAfter = '' } = request;
  const limit = pageSize(request.MaxKeys);
  const after =
    request.ContinuationToken === undefined
      ? startAfter
      : Buffer.from(request.ContinuationToken, 'base64url').toString('utf8');
  const named = naming(request.EncodingType);
  const contents: (readonly [ObjectVersion, StoredObject])[] = [];
  const prefixes: string[] = [];
  let last = '';
  let truncated = false;
  const current = (key: string) => bucket.current(key) !== undefined;
  for (const { key, rolled } of limit === 0 ? [] : entries({ bucket, prefix, delimiter, after }, current)) {
    if (contents.length + prefixes.length === limit) {
      truncated = true;
      break;
    }
    const newest = bucket.newest(key);
    if (rolled) prefixes.push(key);
    else if (newest?.object) contents.push([newest, newest.object]);
    last = key;
  }
  return {
    Name: bucket.name,
    Prefix: named(prefix),
    MaxKeys: limit,
    KeyCount: contents.length + prefixes.length,
    IsTruncated: truncated,
    Contents: contents.map(([version, object]) => ({
      Key: named(version.key),
      LastModified: new Date(version.lastModified),
      ...sizes(object),
    })),
    CommonPrefixes: prefixes.map((common) => ({ Prefix: named(common) })),
    ...(delimiter === '' ? {} : { Delimiter: named(delimiter) }),
    ...(request.EncodingType ? { EncodingType: request.EncodingType } : {}),
    ...(startAfter === '' ? {} : { StartAfter: named(startAfter) }),
    ...(request.ContinuationToken === undefined ? {} : { ContinuationToken: request.ContinuationToken }),
    ...(truncated ? { NextContinuationToken: Buffer.from(last).toString('base64url') } : {}),
  };
}

/**
 * A page of all versions and markers: by key, newest first.
 *
 * @throws AwsError `InvalidArgument` for a version to begin after without its key
 */
export function listVersions(bucket: Bucket, request: ListObjectVersionsRequest): ListObjectVersionsOutput {
  const { Prefix: prefix = '', Delimiter: delimiter = '', KeyMarker: keyMarker = '' } = request;
  const versionMarker = request.VersionIdMarker ?? '';
  if (versionMarker !== '' && keyMarker === '') {
    throw new AwsError('InvalidArgument', 'A version-id marker cannot be specified without a key marker.');
  }
  const limit = pageSize(request.MaxKeys);
  const named = naming(request.EncodingType);
  const prefixes: string[] = [];
  const page: (readonly [version: ObjectVersion, latest: boolean])[] = [];
  let end: { readonly key: string; readonly versionId?: string } = { key: '' };
  let truncated = false;
  const full = () => prefixes.length + page.length === limit;
  const walk = { bucket, prefix, delimiter, after: keyMarker, including: versionMarker !== '' };
  for (const { key, rolled } of limit === 0 ? [] : entries(walk, () => true)) {
    if (full()) truncated = true;
    if (truncated) break;
    if (rolled) {
      prefixes.push(key);
      end = { key };
      continue;
    }
    const versions = bucket.versions(key);
    let next = versions.length - 1;
    if (key === keyMarker && versionMarker !== '') {
      // A marker that has been erased since names no place: what the key has left is listed again.
      const place = versions.findLastIndex(({ versionId }) => versionId === versionMarker);
      if (place >= 0) next = place - 1;
    }
    for (; next >= 0 && !full(); next--) {
      const version = versions[next];
      if (!version) break;
      page.push([version, next === versions.length - 1]);
      end = version;
    }
    truncated = next >= 0;
  }
  const shape = ([version, latest]: (typeof page)[number]) => ({
    Key: named(version.key),
    VersionId: version.versionId,
    IsLatest: latest,
    LastModified: new Date(version.lastModified),
  });
  return {
    Name: bucket.name,
    Prefix: named(prefix),
    KeyMarker: named(keyMarker),
    VersionIdMarker: versionMarker,
    MaxKeys: limit,
    IsTruncated: truncated,
    Versions: page.flatMap((entry) => {
      const { object } = entry[0];
      return object ? [{ ...shape(entry), ...sizes(object) }] : [];
    }),
    DeleteMarkers: page.filter(([{ object }]) => object === undefined).map(shape),
    CommonPrefixes: prefixes.map((common) => ({ Prefix: named(common) })),
    ...(delimiter === '' ? {} : { Delimiter: named(delimiter) }),
    ...(request.EncodingType ? { EncodingType: request.EncodingType } : {}),
    ...(truncated
      ? { NextKeyMarker: named(end.key), ...(end.versionId ? { NextVersionIdMarker: end.versionId } : {}) }
      : {}),
  };
}

function sizes(object: StoredObject) {
  return {
    ETag: object.etag,
    Size: object.content.size,
    StorageClass: object.storageClass as 'STANDARD',
    ChecksumAlgorithm: [object.algorithm],
  };
}

function pageSize(wanted: number | undefined): number {
  return Math.max(0, Math.min(wanted ?? PAGE, PAGE));
}

/** Keys in an answer are encoded when the client asks so, as the AWS CLI does: as in a form, but for slash and star. */
function naming(encoding: string | undefined): (key: string) => string {
  if (encoding !== 'url') return (key) => key;
  const escaped = (c: string) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
  return (key) =>
    encodeURIComponent(key)
      .replace(/%2F/g, '/')
      .replace(/%20/g, '+')
      .replace(/[!'()~]/g, escaped);
}
