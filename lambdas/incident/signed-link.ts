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

const fields = ['incident', 'gate', 'decision', 'expires', 'signature'] as const;

/** The link, at the function URL of answer-approval. */
export function signedLink(base: string, key: string, environment: string, link: Link): string {
  const url = new URL(base);
  for (const [name, value] of Object.entries(link)) url.searchParams.set(name, String(value));
  url.searchParams.set('signature', signatureOf(key, environment, link));
  return url.href;
}

/**
 * What a query says, if it was signed with this key for this environment; undefined for anything else. Whether it
 * has expired is for the caller to say, with words of its own.
 */
export function readSignedLink(key: string, environment: string, query: string): Link | undefined {
  const given = new URLSearchParams(query);
  const names = [...given.keys()];
  if (names.length !== fields.length || !fields.every((field) => names.includes(field))) return undefined;
  const gate = gates.find((each) => each === given.get('gate'));
  const decision = (['approve', 'reject'] as const).find((each) => each === given.get('decision'));
  const incident = given.get('incident') ?? '';
  const expires = Number(given.get('expires'));
  if (!gate || !decision || incident === '' || !Number.isSafeInteger(expires)) return undefined;
  const link = { incident, gate, decision, expires };
  return isSame(signatureOf(key, environment, link), given.get('signature') ?? '') ? link : undefined;
}

/** HMAC-SHA256 over all that a link says; no member can be shifted into the next one. */
function signatureOf(key: string, environment: string, link: Link): string {
  const { incident, gate, decision, expires } = link;
  const signed = JSON.stringify(['lifeboat approval 1', environment, incident, gate, decision, expires]);
  return createHmac('sha256', key).update(signed).digest('base64url');
}

/** In a time that does not tell how much of it was right. */
function isSame(wanted: string, given: string): boolean {
  const [a, b] = [Buffer.from(wanted), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
