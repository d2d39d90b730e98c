import { createHmac, timingSafeEqual } from 'node:crypto';

/** Slack's advice: an older request is a replay (docs.slack.dev, Verifying requests from Slack). */
const oldestSeconds = 5 * 60;

/** What proves that a request is Slack's. */
export interface Proof {
  /** `x-slack-signature`: `v0=` and 64 hexadecimal digits. */
  readonly signature: string;
  /** `x-slack-request-timestamp`: seconds since the epoch. */
  readonly timestamp: string;
}

/** Header names are told apart by no letter case. Undefined when one is missing. */
export function proofOf(headers: Readonly<Record<string, string>> = {}): Proof | undefined {
  const known = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const [signature, timestamp] = [known.get('x-slack-signature'), known.get('x-slack-request-timestamp')];
  return signature === undefined || timestamp === undefined ? undefined : { signature, timestamp };
}

/**
 * Whether Slack has signed these very bytes with the app's secret, within the last five minutes.
 *
 * Within them a request can be sent again: what it does, it does once.
 *
 * @param now milliseconds since the epoch
 */
export function isFromSlack(
  secret: string,
  { signature, timestamp }: Proof,
  body: Buffer,
  now: number,
): boolean {
  if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return false;
  if (Math.abs(now / 1_000 - Number(timestamp)) > oldestSeconds) return false;
  const wanted = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest();
  return timingSafeEqual(wanted, Buffer.from(signature.slice('v0='.length), 'hex'));
}
