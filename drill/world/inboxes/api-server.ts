import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import type { Clock } from '../../clock.ts';
import type { Authority } from '../certificates.ts';
import { startLoopbackServer } from '../loopback-server.ts';

/** What the JSON APIs of channels have in common, and how each of them can be made to fail. */

/**
 * What it does instead of its work: refuses who asks, asks to wait, answers 503, or is not there at all. `lost`: it does
 * its work, and nobody hears the answer.
 */
export type ApiFailure = 'unauthorized' | 'ratelimited' | 'error' | 'down' | 'lost';

export interface FailureOptions {
  /** How many requests; default until mended with null. */
  readonly times?: number;
  /** Seconds, or the header as it is: an HTTP date. Default 30. */
  readonly retryAfter?: number | string;
  /** Only requests with this method. */
  readonly method?: string;
}

export interface ApiLevers {
  readonly port: number;
  fail(failure: ApiFailure | null, options?: FailureOptions): void;
  /** Each request fails with this probability, as a 503 or as a 429 that asks for two seconds; 0 mends it. */
  failEvery(share: number, random: () => number): void;
  stop(): Promise<void>;
}

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
  /** JSON; undefined when it has none, or what it has is none. */
  readonly body: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface ApiOptions {
  readonly clock: Clock;
  readonly authority: Authority;
  readonly names: readonly string[];
  readonly preferredPort?: number;
  /** What the API says when it does not take who asks, when it asks to wait, and when it is ill. */
  readonly refusals: Readonly<Record<'unauthorized' | 'ratelimited' | 'error', ApiAnswer>>;
  readonly answer: (request: ApiRequest) => ApiAnswer;
}

type Failing = { readonly failure: Exclude<ApiFailure, 'down'>; times: number } & FailureOptions;

/** The API under its names, with a certificate of the world's authority. */
export async function startApi(options: ApiOptions): Promise<ApiLevers> {
  const { clock, authority, names, refusals, preferredPort } = options;
  let failing: Failing | null = null;
  let chance: { readonly share: number; readonly random: () => number } | null = null;

  const failureNow = (method: string): Failing | null => {
    if (failing && (failing.method === undefined || failing.method === method)) {
      const now = failing;
      if (--now.times <= 0) failing = null;
      return now;
    }
    if (!chance || chance.random() >= chance.share) return null;
    return chance.random() < 0.5
      ? { failure: 'error', times: 1 }
      : { failure: 'ratelimited', times: 1, retryAfter: 2 };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = await read(request);
    const now = failureNow(asked.method);
    if (now?.failure === 'lost') {
      options.answer(asked);
      response.destroy();
      return;
    }
    if (!now) {
      send(response, options.answer(asked));
      return;
    }
    const refusal = refusals[now.failure];
    const retryAfter = now.failure === 'ratelimited' ? { 'retry-after': String(now.retryAfter ?? 30) } : {};
    send(response, { ...refusal, headers: { ...refusal.headers, ...retryAfter } });
  };

  const server = await startLoopbackServer({
    certificate: await authority.issue(names),
    handler: (request, response) =>
      void clock.busy(() =>
        handle(request, response).catch((error: unknown) => {
          send(response, { status: 500, body: { fault: String(error) } });
        }),
      ),
    ...(preferredPort === undefined ? {} : { preferredPort }),
  });

  return {
    port: server.port,
    fail(failure, given = {}) {
      failing =
        failure === null || failure === 'down' ? null : { ...given, failure, times: given.times ?? Infinity };
      if (failure === 'down') server.shut();
      else server.open();
    },
    failEvery(share, random) {
      chance = share > 0 ? { share, random } : null;
    },
    stop: () => server.close(),
  };
}

async function read(request: IncomingMessage): Promise<ApiRequest> {
  const url = new URL(request.url ?? '/', 'https://api');
  const text = await readText(request);
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    bytes: Buffer.byteLength(text),
    body: parsed(text),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: ApiAnswer): void {
  if (body === undefined) {
    response.writeHead(status, headers);
    response.end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

/** Members of what may be anything. */
export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
