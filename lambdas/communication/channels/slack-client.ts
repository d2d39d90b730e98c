import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import { ChannelFailure } from '../channel-failure.ts';

/** Slack's client without patience of its own, and what it throws as a ChannelFailure. */

/** Of each request, milliseconds: others wait behind a channel that takes longer. */
const timeoutMs = 3_000;
/** Of what Slack says of a refusal. */
const longestReason = 300;

/**
 * Errors by which Slack says that it is Slack's own fault, that it was too busy, or that the workspace is being moved and
 * comes back (docs.slack.dev, chat.postMessage, errors).
 */
const passing: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'team_added_to_org',
  'org_login_required',
]);
/** Of these it is certain that nothing was posted. */
const limited: ReadonlySet<string> = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);

export function slackClient(token: string, signal: AbortSignal): WebClient {
  return new WebClient(token, {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    logLevel: LogLevel.ERROR,
    fetch: (url, { signal: ofRequest, ...init } = {}) =>
      fetch(url, { ...init, signal: AbortSignal.any([signal, ...(ofRequest ? [ofRequest] : [])]) }),
  });
}

/** What Slack calls a refusal that the same request would get again; undefined for anything else. */
export function refusalOf(error: unknown): string | undefined {
  const reason = reasonOf(error);
  return reason === undefined || passing.has(reason) ? undefined : reason;
}

/** Whether Slack may have done what it was asked although it did not say so. Errors of Slack's own come before and after. */
export function mayHaveArrived(error: unknown): boolean {
  if (error instanceof WebAPIRateLimitedError || refusalOf(error) !== undefined) return false;
  if (error instanceof WebAPIHTTPError) return error.statusCode >= 500;
  const reason = reasonOf(error);
  return reason === undefined ? wasSent(originalOf(error)) : !limited.has(reason);
}

/** @param token which must not be in the failure, even where Slack, or what is between, repeats it */
export function slackFailure(error: unknown, token: string, signal: AbortSignal): ChannelFailure {
  if (error instanceof ChannelFailure) return error;
  const clean = (text: string) => text.replaceAll(token, '***').replace(/\s+/g, ' ').slice(0, longestReason);
  if (error instanceof WebAPIRateLimitedError) {
    return new ChannelFailure(`Slack asks to wait ${error.retryAfter} s`, {
      again: true,
      retryAfterSeconds: error.retryAfter,
    });
  }
  if (error instanceof WebAPIHTTPError) {
    const { statusCode } = error;
    return new ChannelFailure(`Slack answered ${statusCode}`, {
      again: statusCode >= 500 || statusCode === 408 || statusCode === 425,
    });
  }
  if (error instanceof WebAPIPlatformError) {
    const reason = reasonOf(error);
    // Something between us answered in its place: a proxy, a page for people who log in.
    if (reason === undefined) {
      return new ChannelFailure('Slack answered, and not with JSON of its own', { again: true });
    }
    return new ChannelFailure(clean(`Slack refused: ${reason}${detailsOf(error)}`), {
      again: passing.has(reason),
    });
  }
  // Without the error itself: one of a header that cannot be sent quotes it.
  const original = originalOf(error);
  return new ChannelFailure(clean(`Slack did not answer: ${whyNot(original, signal)}`), {
    again: wasSent(original),
  });
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof WebAPIPlatformError)) return undefined;
  // The client puts a body that is no JSON in the place of the reason.
  const reason: unknown = error.data.error;
  return typeof reason === 'string' && /^\w{1,80}$/.test(reason) ? reason : undefined;
}

/** Which block is wrong, which scope is missing. */
function detailsOf({ data }: WebAPIPlatformError): string {
  const { needed } = data as { readonly needed?: unknown };
  const details = [
    ...(typeof needed === 'string' ? [`needed: ${needed}`] : []),
    ...(data.response_metadata?.messages ?? []),
  ];
  return details.length === 0 ? '' : ` (${details.join('; ')})`;
}

function originalOf(error: unknown): unknown {
  return error instanceof WebAPIRequestError ? error.original : error;
}

/** What fetch refuses to send has no cause; what the network did is one. */
function wasSent(error: unknown): boolean {
  return !(error instanceof TypeError) || error.cause !== undefined;
}

function whyNot(error: unknown, signal: AbortSignal): string {
  if (!wasSent(error)) return 'it was not asked, because a header cannot be sent; look at its token';
  if (signal.aborted) return 'there was no time left';
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `${timeoutMs / 1_000} s are over`;
  }
  const { cause, message } = error as { readonly cause?: unknown; readonly message?: unknown };
  const { code, message: deeper } = (cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const said = [code, deeper, message].find((each) => typeof each === 'string' && each !== '');
  return typeof said === 'string' ? said : 'unknown error';
}
