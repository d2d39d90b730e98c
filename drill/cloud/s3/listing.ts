import type {
  ListObjectsV2Output,
  ListObjectsV2Request,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
} from '@aws-sdk/client-s3';
import type { Bucket, ObjectVersion } from './bucket.ts';

const PAGE = 1000;

/** A page of current objects, with keys that share a prefix up to the delimiter rolled up into one entry. */
export function listObjects(bucket: Bucket, request: ListObjectsV2Request): ListObjectsV2Output {
  const { Prefix: prefix = '', Delimiter: delimiter = '', StartAfter: startAfter = '' } = request;
  const limit = Math.min(request.MaxKeys ?? PAGE, PAGE);
  const after =
    request.ContinuationToken === undefined
      ? startAfter
      : Buffer.from(request.ContinuationToken, 'base64url').toString('utf8');
  const named = naming(request.EncodingType);
  const contents: ObjectVersion[] = [];
  const prefixes: string[] = [];
  let last = '';
  let truncated = false;
  for (const key of bucket.keys()) {
    const version = bucket.current(key);
    const rolled = commonPrefix(key, prefix, delimiter);
    const entry = rolled ?? key;
    if (!version || !key.startsWith(prefix) || !comesAfter(entry, after) || entry === last) continue;
    if (contents.length + prefixes.length === limit) {
      truncated = true;
      break;
    }
    if (rolled === undefined) contents.push(version);
    else prefixes.push(rolled);
    last = entry;
  }
  return {
    Name: bucket.name,
    Prefix: named(prefix),
    MaxKeys: limit,
    KeyCount: contents.length + prefixes.length,
    IsTruncated: truncated,
    Contents: contents.map((version) => ({
      Key: named(version.key),
      LastModified: version.lastModified,
      ETag: version.etag,
      Size: version.body.length,
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: prefixes.map((common) => ({ Prefix: named(common) })),
    ...(delimiter === '' ? {} : { Delimiter: named(delimiter) }),
    ...(request.EncodingType ? { EncodingType: request.EncodingType } : {}),
    ...(startAfter === '' ? {} : { StartAfter: named(startAfter) }),
    ...(truncated ? { NextContinuationToken: Buffer.from(last).toString('base64url') } : {}),
  };
}

/** A page of all versions and markers: by key, newest first. */
export function listVersions(bucket: Bucket, request: ListObjectVersionsRequest): ListObjectVersionsOutput {
  const { Prefix: prefix = '', KeyMarker: keyMarker, VersionIdMarker: versionIdMarker } = request;
  const limit = Math.min(request.MaxKeys ?? PAGE, PAGE);
  const named = naming(request.EncodingType);
  const all = bucket
    .keys()
    .filter((key) => key.startsWith(prefix))
    .flatMap((key) => bucket.versions(key).map((version, i) => ({ version, latest: i === 0 })));
  const from = all.findIndex(({ version: { key, versionId } }) =>
    versionIdMarker === undefined
      ? comesAfter(key, keyMarker ?? '')
      : key === keyMarker && versionId === versionIdMarker,
  );
  const rest = from < 0 ? [] : all.slice(versionIdMarker === undefined ? from : from + 1);
  const page = rest.slice(0, limit);
  const end = page.at(-1)?.version;
  const shape = ({ version, latest }: (typeof all)[number]) => ({
    Key: named(version.key),
    VersionId: version.versionId,
    IsLatest: latest,
    LastModified: version.lastModified,
  });
  return {
    Name: bucket.name,
    Prefix: named(prefix),
    MaxKeys: limit,
    IsTruncated: rest.length > limit,
    Versions: page
      .filter(({ version }) => !version.marker)
      .map((entry) => ({ ...shape(entry), ETag: entry.version.etag, Size: entry.version.body.length })),
    DeleteMarkers: page.filter(({ version }) => version.marker).map(shape),
    ...(request.EncodingType ? { EncodingType: request.EncodingType } : {}),
    ...(rest.length > limit && end
      ? { NextKeyMarker: named(end.key), NextVersionIdMarker: end.versionId }
      : {}),
  };
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

function comesAfter(entry: string, other: string): boolean {
  return other === '' || Buffer.compare(Buffer.from(entry), Buffer.from(other)) > 0;
}

/** Keys in an answer are percent-encoded when the client asks so, as the AWS CLI does. */
function naming(encoding: string | undefined): (key: string) => string {
  return encoding === 'url' ? (key) => key.split('/').map(encodeURIComponent).join('/') : (key) => key;
}
