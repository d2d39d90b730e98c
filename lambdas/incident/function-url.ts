import { longestForm } from './form.ts';

/** Requests of function URLs, and pages that answer them. Pure. */

/** What is read of a function URL's request (payload format 2.0). */
export interface UrlRequest {
  readonly rawQueryString?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: { readonly http: { readonly method: string } };
}

export interface UrlResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Lambda's Invoke has whatever its caller sends, and no request context. */
export function isUrlRequest(event: unknown): event is UrlRequest {
  return typeof event === 'object' && event !== null && Object.hasOwn(event, 'requestContext');
}

/** The very bytes that were sent. */
export function bodyOf({ body = '', isBase64Encoded = false }: UrlRequest): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

/** Undefined when it is longer than any form of ours. */
export function formOf(
  request: UrlRequest,
  longest: number = longestForm.short,
): URLSearchParams | undefined {
  if ((request.body ?? '').length > longest) return undefined;
  return new URLSearchParams(bodyOf(request).toString('utf8'));
}

/** No script, no other site, no copy of it anywhere: neither in a cache nor in another site's log. */
export function pageResponse(
  statusCode: number,
  body: string,
  more: Readonly<Record<string, string>> = {},
): UrlResponse {
  return {
    statusCode,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000',
      ...more,
    },
    body,
  };
}
