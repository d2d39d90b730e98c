import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../../cloud/contract.ts';
import type { AssociatedPolicy, ClusterAccess } from '../../cloud/eks/contract.ts';

/** Who asks, as Kubernetes sees them. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly policies: readonly AssociatedPolicy[];
}

export interface Identities {
  /** Who holds an access key; undefined for a key that nobody has. */
  readonly principalOf: (accessKeyId: string) => Principal | undefined;
  /** The key's secret. With it the signature is verified, and with that the name of the cluster it was made for. */
  readonly secretOf?: (accessKeyId: string) => string | undefined;
  readonly accessOf: (principalArn: string) => ClusterAccess | undefined;
  /** Full rights, for kubeconfig files. */
  readonly operatorToken: string;
}

export interface ClusterIdentity {
  readonly name: string;
  readonly region: string;
}

const PREFIX = 'k8s-aws-v1.';
/** A signed request counts this long from its date, whatever its own expiry says (EKS's authenticator). */
const TOKEN_LIFE = 15 * 60_000;
/** How far the signer's clock may be ahead. */
const CLOCK_SKEW = 5 * 60_000;

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'], policies: [] };

/**
 * Who sent a request, by its bearer token: the operator's, or a signed GetCallerIdentity request as
 * `aws eks get-token` makes it.
 *
 * Only the STS endpoint of the cluster's own region is accepted. EKS takes any region's, but a token that
 * needs another region is a token that fails with it.
 *
 * @returns a user, or the reason why the token is refused
 */
export function authenticate(
  authorization: string | undefined,
  cluster: ClusterIdentity,
  identities: Identities,
  now: number,
): User | { readonly refused: string } {
  if (authorization === undefined) return anonymous;
  const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
  if (token === undefined) return { refused: 'the authorization header has no bearer token' };
  if (token === identities.operatorToken) {
    return { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'], policies: [] };
  }
  if (!token.startsWith(PREFIX)) return { refused: 'the token is unknown' };
  const url = parseUrl(Buffer.from(token.slice(PREFIX.length), 'base64url').toString('utf8'));
  if (!url) return { refused: 'the token holds no URL' };
  const checked = checkSignedRequest(url, cluster, now);
  if ('refused' in checked) return checked;
  const principal = identities.principalOf(checked.accessKeyId);
  if (!principal) return { refused: `nobody has the access key ${checked.accessKeyId}` };
  const secret = identities.secretOf?.(checked.accessKeyId);
  if (secret !== undefined && !signatureHolds(url, cluster, secret)) {
    return { refused: `the signature is not one of ${principal.arn} for cluster ${cluster.name}` };
  }
  const access = identities.accessOf(principal.arn);
  if (!access) return { refused: `${principal.arn} has no access entry in cluster ${cluster.name}` };
  return {
    name: access.username.replace('{{SessionName}}', principal.name),
    groups: [...access.groups, 'system:authenticated'],
    policies: access.policies,
  };
}

/**
 * Who a request is made as: `kubectl --as ... --as-group ...`, which only full rights allow here.
 *
 * @returns a user, or undefined when the one who asks may not
 */
export function impersonated(
  user: User,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): User | undefined {
  const name = headers['impersonate-user'];
  if (typeof name !== 'string') return user;
  if (!user.groups.includes('system:masters')) return undefined;
  const given = headers['impersonate-group'] ?? [];
  const groups = typeof given === 'string' ? given.split(',').map((group) => group.trim()) : given;
  return { name, groups: [...groups, 'system:authenticated'], policies: [] };
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function checkSignedRequest(
  url: URL,
  { region }: ClusterIdentity,
  now: number,
): { readonly accessKeyId: string } | { readonly refused: string } {
  const host = `sts.${region}.amazonaws.com`;
  if (url.protocol !== 'https:' || url.host !== host || url.pathname !== '/') {
    return { refused: `the request goes to ${url.origin}${url.pathname}, not to https://${host}/` };
  }
  const query = url.searchParams;
  if (query.get('Action') !== 'GetCallerIdentity') return { refused: 'the request is no GetCallerIdentity' };
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return { refused: 'the request is not signed' };
  const signed = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  if (!signed.includes('host') || !signed.includes('x-k8s-aws-id')) {
    return { refused: 'the signature does not cover the header x-k8s-aws-id' };
  }
  const [accessKeyId = '', date = '', scope = '', service = ''] = (query.get('X-Amz-Credential') ?? '').split(
    '/',
  );
  const signedAt = query.get('X-Amz-Date') ?? '';
  if (scope !== region || service !== 'sts' || !signedAt.startsWith(date)) {
    return { refused: `the credential scope is ${scope}/${service}, not ${region}/sts` };
  }
  const expiresIn = Number(query.get('X-Amz-Expires') ?? 60);
  if (!(expiresIn >= 0 && expiresIn <= 900))
    return { refused: `an expiry of ${expiresIn} seconds is not allowed` };
  const from = amzDate(signedAt);
  if (from === undefined) return { refused: `the date ${signedAt} cannot be read` };
  if (now > from + TOKEN_LIFE)
    return { refused: `the token expired at ${new Date(from + TOKEN_LIFE).toISOString()}` };
  if (now < from - CLOCK_SKEW) return { refused: `the token was signed in the future, ${signedAt}` };
  return { accessKeyId };
}

/** `20261123T070000Z` in milliseconds since the epoch. */
function amzDate(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Signature Version 4 of the request, with the cluster's name in the header that the URL does not hold. */
function signatureHolds(url: URL, cluster: ClusterIdentity, secret: string): boolean {
  const query = url.searchParams;
  const headers: Readonly<Record<string, string>> = { host: url.host, 'x-k8s-aws-id': cluster.name };
  const signedHeaders = query.get('X-Amz-SignedHeaders') ?? '';
  const canonicalQuery = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const canonicalHeaders = signedHeaders
    .split(';')
    .map((name) => `${name}:${headers[name] ?? ''}\n`)
    .join('');
  const canonical = ['GET', '/', canonicalQuery, canonicalHeaders, signedHeaders, sha256('')].join('\n');
  const [, ...scope] = (query.get('X-Amz-Credential') ?? '').split('/');
  const text = ['AWS4-HMAC-SHA256', query.get('X-Amz-Date'), scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<Buffer | string>((sofar, part) => hmac(sofar, part), `AWS4${secret}`);
  const expected = hmac(key, text);
  const given = Buffer.from(query.get('X-Amz-Signature') ?? '', 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
