import { Agent, request as httpsRequest } from 'node:https';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';

/** Where a cluster's Kubernetes API is, and the authority that signed its certificate (PEM). */
export interface KubernetesEndpoint {
  readonly cluster: string;
  readonly url: string;
  readonly ca: string;
}

export interface KubernetesRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /**
   * The object may hold secrets: what the API, or an admission webhook, says about it is not repeated, because it
   * may quote it; only the reason's name and the names of the members that it is about are.
   */
  readonly confidential?: boolean;
  /** The answer is text, a log, and is given as it is. */
  readonly text?: boolean;
  /** Milliseconds; default 4,000. */
  readonly timeout?: number;
}

/** One request, connecting included, milliseconds. A control plane that is well answers in tens. */
const requestTimeout = 4_000;

const agents = new Map<string, Agent>();

function agentOf({ url, ca }: KubernetesEndpoint): Agent {
  const key = `${url}\n${ca}`;
  const agent = agents.get(key) ?? new Agent({ keepAlive: true, ca });
  agents.set(key, agent);
  return agent;
}

/** Another writer was faster: read again, then decide again. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** The API refuses what is asked for; asked again as it is, it would refuse again. */
export class Refusal extends UnsafePlan {
  /** Of HTTP: 400, 404, 410, 413, 422. */
  readonly status: number;
  /** What the API says, without what was asked. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** 401 or 403: who asks is not known, or may not. Its name stays `Error`: state machines try it twice more. */
export class Denied extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * One call of the Kubernetes API.
 *
 * @throws Conflict for 409: the object has changed since it was read
 * @throws TryAgain for 429, 5xx, a timeout, a lost connection, or an answer that is not JSON but should be
 * @throws Refusal, which is an UnsafePlan, for 404 (it does not exist), 410 (a list that took too long), 413 (too
 *   large), 400 and 422 (the API refuses what we ask for)
 * @throws Denied for 401 and 403, saying what is missing; the state machine tries those twice more, because a
 *   new access entry takes a moment to hold
 */
export async function callKubernetes(
  endpoint: KubernetesEndpoint,
  token: string,
  call: KubernetesRequest,
): Promise<unknown> {
  const what = `${call.method} ${call.path} of cluster ${endpoint.cluster}`;
  let reply: { readonly status: number; readonly text: string };
  try {
    reply = await send(endpoint, token, call);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TryAgain(`${what}: the Kubernetes API does not answer: ${reason}`, { cause: error });
  }
  if (call.text === true && reply.status === 200) return reply.text;
  const body = parse(reply.text);
  if (reply.status >= 200 && reply.status < 300) {
    if (body === undefined) throw new TryAgain(`${what}: ${reply.status}, but the answer is not JSON`);
    return body;
  }
  const reason = call.confidential === true ? namesOf(body) : (reasonOf(body) ?? reply.text.slice(0, 200));
  throw refusal(what, reply.status, reason);
}

function refusal(what: string, status: number, reason: string): Error {
  const text = `${what}: ${status} ${reason}`;
  switch (status) {
    case 401:
      return new Denied(
        status,
        `${text}. The cluster does not know this function's role: it has no access entry.`,
      );
    case 403:
      return new Denied(status, `${text}. The access entry of this function's role does not allow it.`);
    case 409:
      return new Conflict(text);
    case 400:
    case 404:
    case 410:
    case 413:
    case 422:
      return new Refusal(status, reason, text);
    default:
      return status === 429 || status >= 500 ? new TryAgain(text) : new Error(text);
  }
}

function send(
  endpoint: KubernetesEndpoint,
  token: string,
  { method, path, body, text: asText = false, timeout = requestTimeout }: KubernetesRequest,
): Promise<{ status: number; text: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      new URL(path, endpoint.url),
      {
        method,
        agent: agentOf(endpoint),
        signal: AbortSignal.timeout(timeout),
        headers: {
          authorization: `Bearer ${token}`,
          accept: asText ? 'text/plain, application/json' : 'application/json',
          ...(payload !== undefined && {
            'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
            'content-length': Buffer.byteLength(payload),
          }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Kubernetes explains a refusal with a `Status` object. */
function reasonOf(body: unknown): string | undefined {
  const message =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['message'] : null;
  return typeof message === 'string' ? message : undefined;
}

/** `Invalid (data[pool] FieldValueTooLong)`: the reason's name, the members that it is about, and why. */
function namesOf(body: unknown): string {
  const { reason, details } = (body ?? {}) as {
    readonly reason?: unknown;
    readonly details?: { readonly causes?: unknown };
  };
  const causes: readonly unknown[] = Array.isArray(details?.causes) ? details.causes : [];
  const about = causes.flatMap((cause) => {
    const { field, reason: why } = (cause ?? {}) as { readonly field?: unknown; readonly reason?: unknown };
    return [typeof field === 'string' ? field : '', word(why) ?? ''].filter(Boolean).join(' ') || [];
  });
  const name = word(reason) ?? 'for no reason given';
  return about.length === 0 ? name : `${name} (${[...new Set(about)].join(', ')})`;
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z]{1,60}$/.test(value) ? value : undefined;
}
