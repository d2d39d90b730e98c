import { createHash, createHmac } from 'node:crypto';
import type { WireRequest } from './protocol.ts';

/** What a request says of itself in Signature Version 4. */
interface Signature {
  readonly accessKeyId: string;
  /** `YYYYMMDD` of the scope. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly presigned: boolean;
}

/** The signature in the Authorization header or in a presigned query; undefined when there is none. */
export function signatureOf({ headers, query }: WireRequest): Signature | undefined {
  const header = headers['authorization'];
  const presigned = header === undefined;
  const field = (name: string) =>
    presigned
      ? query.get(`X-Amz-${name}`)
      : new RegExp(`(?:^|[\\s,])${name}=([^,]+)`).exec(header)?.[1]?.trim();
  const [accessKeyId, date, region, service, terminator] = (field('Credential') ?? '').split('/');
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request') return undefined;
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (field('SignedHeaders') ?? '').split(';'),
    signature: field('Signature') ?? '',
    presigned,
  };
}

/**
 * Whether the request was signed with the secret, and its body is what was signed.
 *
 * @param raw body as it was sent, before any decoding
 */
export function signedWith(
  secret: string,
  signature: Signature,
  request: WireRequest,
  raw: Uint8Array,
): boolean {
  const { headers, query, method, path } = request;
  const declared = headers['x-amz-content-sha256'];
  const s3 = signature.service === 's3';
  const actual = createHash('sha256').update(raw).digest('hex');
  const payload = declared ?? (signature.presigned && s3 ? 'UNSIGNED-PAYLOAD' : actual);
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== actual) return false;
  const canonicalQuery = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const canonicalHeaders = signature.signedHeaders.map(
    (name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`,
  );
  const canonicalRequest = [
    method,
    s3 ? path : path.split('/').map(encode).join('/'),
    canonicalQuery,
    canonicalHeaders.join(''),
    signature.signedHeaders.join(';'),
    payload,
  ].join('\n');
  const { date, region, service } = signature;
  const toSign = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'] ?? query.get('X-Amz-Date') ?? '',
    `${date}/${region}/${service}/aws4_request`,
    createHash('sha256').update(canonicalRequest).digest('hex'),
  ].join('\n');
  const key = signingKey(secret, `${date}/${region}/${service}`);
  return createHmac('sha256', key).update(toSign).digest('hex') === signature.signature;
}

/** By secret and scope: the same for a day, and most of the work of a small request. */
const keys = new Map<string, Buffer>();

function signingKey(secret: string, scope: string): Buffer {
  const name = `${secret} ${scope}`;
  let key = keys.get(name);
  if (!key) {
    key = [...scope.split('/'), 'aws4_request'].reduce<Buffer>(
      (derived, part) => createHmac('sha256', derived).update(part).digest(),
      Buffer.from(`AWS4${secret}`),
    );
    if (keys.size >= 1000) keys.clear();
    keys.set(name, key);
  }
  return key;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
