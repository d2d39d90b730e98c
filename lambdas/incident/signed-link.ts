import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Gate } from '../request-approval/contract.ts';
import { gates } from './approval.ts';

/** What a link to answer a gate says, and its signature covers. */
export interface Link {
  readonly incident: string;
  readonly gate: Gate;
  readonly decision: 'approve' | 'reject';
  /** Seconds since the epoch; later it opens nothing. */
  readonly expires: number;
}

/** What a link to take the call says, and its signature covers. */
export interface AcknowledgeLink {
  readonly incident: string;
  readonly action: 'acknowledge';
  /** Seconds since the epoch; later it opens nothing. */
  readonly expires: number;
}

/** The link, at the function URL of answer-approval for a gate, of acknowledge-incident for a call. */
export function signedLink(
  base: string,
  key: string,
  environment: string,
  link: Link | AcknowledgeLink,
): string {
  const url = new URL(base);
  for (const [name, value] of Object.entries(link)) url.searchParams.set(name, String(value));
  url.searchParams.set('signature', signatureOf(key, environment, link));
  return url.href;
}

/** The link that takes the call of an incident. */
export function acknowledgeLink(
  base: string,
  key: string,
  environment: string,
  { incident, expires }: Omit<AcknowledgeLink, 'action'>,
): string {
  return signedLink(base, key, environment, { incident, action: 'acknowledge', expires });
}

/**
 * What a query says of a gate, if it was signed with this key for this environment; undefined for anything else, a
 * link to take the call included. Whether it has expired is for the caller to say, with words of its own.
 */
export function readSignedLink(key: string, environment: string, query: string): Link | undefined {
  const given = membersOf(query, ['incident', 'gate', 'decision', 'expires', 'signature']);
  const gate = gates.find((each) => each === given?.get('gate'));
  const decision = (['approve', 'reject'] as const).find((each) => each === given?.get('decision'));
  if (!given || !gate || !decision) return undefined;
  return verified(key, environment, given, (common) => ({ ...common, gate, decision }));
}

/** Likewise of a link to take the call: one that answers a gate is none. */
export function readAcknowledgeLink(
  key: string,
  environment: string,
  query: string,
): AcknowledgeLink | undefined {
  const given = membersOf(query, ['incident', 'action', 'expires', 'signature']);
  if (given?.get('action') !== 'acknowledge') return undefined;
  return verified(key, environment, given, (common) => ({ ...common, action: 'acknowledge' }));
}

/** Undefined unless it has exactly these, each once. */
function membersOf(query: string, wanted: readonly string[]): URLSearchParams | undefined {
  const given = new URLSearchParams(query);
  const names = [...given.keys()];
  return names.length === wanted.length && wanted.every((name) => names.includes(name)) ? given : undefined;
}

function verified<T extends Link | AcknowledgeLink>(
  key: string,
  environment: string,
  given: URLSearchParams,
  linkOf: (common: { readonly incident: string; readonly expires: number }) => T,
): T | undefined {
  const incident = given.get('incident') ?? '';
  const expires = Number(given.get('expires'));
  if (incident === '' || !Number.isSafeInteger(expires)) return undefined;
  const link = linkOf({ incident, expires });
  return isSame(signatureOf(key, environment, link), given.get('signature') ?? '') ? link : undefined;
}

/**
 * HMAC-SHA256 over all that a link says; no member can be shifted into the next one. What is signed begins with what
 * it is for, so that a link of one kind is never one of the other.
 */
function signatureOf(key: string, environment: string, link: Link | AcknowledgeLink): string {
  const { incident, expires } = link;
  const signed =
    'gate' in link
      ? ['lifeboat approval 1', environment, incident, link.gate, link.decision, expires]
      : ['lifeboat acknowledge 1', environment, incident, link.action, expires];
  return createHmac('sha256', key).update(JSON.stringify(signed)).digest('base64url');
}

/** In a time that does not tell how much of it was right. */
function isSame(wanted: string, given: string): boolean {
  const [a, b] = [Buffer.from(wanted), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
