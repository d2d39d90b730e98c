import { forgetSecretToken, secretToken } from '../../aws/secret-token.ts';
import { ChannelFailure } from '../channel-failure.ts';

/** Requests to the JSON APIs of channels: one try each, and what went wrong as a ChannelFailure. */

/** A channel that takes longer is a channel that fails: others wait behind it. Milliseconds. */
const patience = 3_000;
/** Of what an API says of a refusal. */
const longestReason = 300;

export interface ApiRequest {
  /** Who is asked, as it is named in a failure: `PagerDuty`. */
  readonly service: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** What must not be in a failure, even where the API repeats it. */
  readonly secrets: readonly string[];
}

/**
 * Ask once; the JSON of a successful answer, an empty object when it has none.
 *
 * @throws ChannelFailure
 */
export async function callApi(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
  const { service, method, url, headers = {}, body, secrets } = request;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the request, and maybe what it proves itself by, to who knows where.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    });
    text = await response.text();
  } catch (error) {
    // Without the error itself: one of a header that cannot be sent quotes it.
    throw new ChannelFailure(`${service} did not answer${reasonOf(whyNot(error, signal), secrets)}`, {
      again: wasSent(error),
    });
  }
  const { status, headers: answered } = response;
  if (response.ok) return parsed(text, service);
  const seconds = pause(answered, Date.now());
  throw new ChannelFailure(`${service} answered ${status}${reasonOf(text, secrets)}`, {
    again: passes(status) || (status === 403 && seconds !== undefined),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

/**
 * Work with the token of a secret. When it is refused, the next one to ask reads the secret again: it may have been
 * replaced.
 *
 * @throws ChannelFailure also when the secret cannot be read, which may pass
 */
export async function withToken<Result>(
  secretId: string,
  work: (token: string) => Promise<Result>,
): Promise<Result> {
  let token: string;
  try {
    token = await secretToken(secretId);
  } catch (error) {
    throw new ChannelFailure(error instanceof Error ? error.message : `secret ${secretId} cannot be read`, {
      again: true,
      cause: error,
    });
  }
  try {
    return await work(token);
  } catch (error) {
    if (error instanceof ChannelFailure && !error.again) forgetSecretToken(secretId);
    throw error;
  }
}

/**
 * How long it wants to be left alone, seconds. GitHub says of a limit that is used up when it is full again, and answers
 * 403 as often as 429.
 */
function pause(headers: Headers, now: number): number | undefined {
  const retryAfter = headers.get('retry-after');
  if (retryAfter !== null) return retryAfterSeconds(retryAfter, now);
  if (headers.get('x-ratelimit-remaining') !== '0') return undefined;
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  return Number.isFinite(reset) ? Math.max(0, Math.ceil(reset - now / 1_000)) : undefined;
}

/** 408 and 425 are the server's words for `later`; 420 is Statuspage's older one for 429. */
function passes(status: number): boolean {
  return status >= 500 || [408, 420, 425, 429].includes(status);
}

/**
 * Seconds to wait by a Retry-After, which is a number of seconds or an HTTP date (RFC 9110, 10.2.3); undefined for what
 * is neither. Pure.
 *
 * @param now milliseconds since the epoch
 */
export function retryAfterSeconds(value: string, now: number): number | undefined {
  const given = value.trim();
  if (/^\d+$/.test(given)) return Number(given);
  const at = /[a-z]/i.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1_000));
}

function parsed(text: string, service: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    // Something between us answered in its place: a proxy, a page for people who log in.
    throw new ChannelFailure(`${service} answered, and not with JSON`, { again: true });
  }
}

/** What fetch refuses to send has no cause; what the network did is one. */
function wasSent(error: unknown): boolean {
  return !(error instanceof TypeError) || error.cause !== undefined;
}

function whyNot(error: unknown, signal: AbortSignal): string {
  if (!wasSent(error)) return 'it was not asked, because a header or the address cannot be sent';
  if (signal.aborted) return 'there was no time left';
  if (error instanceof DOMException && error.name === 'TimeoutError') return `${patience / 1_000} s are over`;
  const { cause } = error as { readonly cause?: unknown };
  const { code, message } = (cause ?? error) as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'string' ? code : typeof message === 'string' ? message : 'unknown error';
}

/** What it says of it, on one line, without what proves who we are. */
function reasonOf(text: string, secrets: readonly string[]): string {
  const clean = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longestReason);
  return clean === '' ? '' : `: ${clean}`;
}

/** As an API's id must be before it is part of an address. Pure. */
export function pathPart(value: string): string {
  return encodeURIComponent(value);
}

/** Members of what may be anything. Pure. */
export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
