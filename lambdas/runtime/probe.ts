import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { HealthEndpoint } from '../assess-primary/contract.ts';

interface ProbeOptions {
  /** IP address to connect to instead of resolving the host; name in the request and in TLS stay the host's. */
  readonly address?: string;
  /** For everything from the name to the last byte read. Default 6,000. */
  readonly timeoutMs?: number;
  /** Name that the certificate must cover, when it is not the host. */
  readonly servername?: string;
}

/** Route 53's limits of an HTTPS health check (aws-facts §1.4), which this probe keeps to. */
const limits = { connectMs: 4_000, totalMs: 6_000, searchedBytes: 5_120 } as const;

/**
 * Ask a health endpoint once, judging as Route 53's checkers do: connected within 4 s, a status of 2xx or 3xx,
 * and the expected text, if any, within the first 5,120 bytes. A certificate that a user's client would refuse
 * is a failure too, which Route 53 does not look at.
 *
 * Never throws: whatever goes wrong is the evidence.
 */
export async function probe(
  endpoint: HealthEndpoint,
  { address, timeoutMs = limits.totalMs, servername }: ProbeOptions = {},
): Promise<{ readonly ok: boolean; readonly evidence: string }> {
  const { protocol, host, port, path } = endpoint;
  const url = `${protocol}://${host}${port === defaultPort(protocol) ? '' : `:${port}`}${path}`;
  const asked = address === undefined ? `GET ${url}` : `GET ${url} at ${address}`;
  const started = performance.now();
  const took = () => `${Math.round(performance.now() - started)} ms`;
  try {
    const name = servername ?? host;
    const { status, body } = await get(
      protocol === 'https' ? requestHttps : requestHttp,
      {
        host: address ?? host,
        port,
        path,
        // A connection of its own each time: a kept one would not notice that nobody can connect any more.
        agent: false,
        headers: { host: hostHeader(endpoint), 'user-agent': 'lifeboat-probe', connection: 'close' },
        ...(isIP(name) ? {} : { servername: name }),
      },
      timeoutMs,
    );
    const verdict = judge(endpoint, status, body);
    return { ok: verdict.ok, evidence: `${asked}: ${verdict.evidence} after ${took()}` };
  } catch (error) {
    return { ok: false, evidence: `${asked}: ${reason(error)} after ${took()}` };
  }
}

function judge(
  { contains }: HealthEndpoint,
  status: number,
  body: string,
): { ok: boolean; evidence: string } {
  if (status < 200 || status > 399) return { ok: false, evidence: `answered ${status}` };
  if (contains === undefined || body.includes(contains)) return { ok: true, evidence: `answered ${status}` };
  return { ok: false, evidence: `answered ${status} without the text "${contains}"` };
}

function get(
  request: typeof requestHttp,
  options: RequestOptions & { readonly servername?: string },
  timeoutMs: number,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(options);
    const fail = (error: Error) => {
      clearTimeout(whole);
      clearTimeout(connecting);
      sent.destroy();
      reject(error);
    };
    const whole = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const connectMs = Math.min(limits.connectMs, timeoutMs);
    const connecting = setTimeout(() => fail(new Error(`no connection within ${connectMs} ms`)), connectMs);
    sent.once('socket', (socket) => socket.once('connect', () => clearTimeout(connecting)));
    sent.on('error', fail);
    sent.once('response', (response) => {
      head(response, limits.searchedBytes).then((body) => {
        clearTimeout(whole);
        clearTimeout(connecting);
        sent.destroy();
        resolve({ status: response.statusCode ?? 0, body });
      }, fail);
    });
    sent.end();
  });
}

/** The beginning of a body; the rest is not waited for. */
async function head(response: IncomingMessage, bytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes).toString('utf8');
}

function hostHeader({ protocol, host, port }: HealthEndpoint): string {
  return port === defaultPort(protocol) ? host : `${host}:${port}`;
}

function defaultPort(protocol: HealthEndpoint['protocol']): number {
  return protocol === 'https' ? 443 : 80;
}

/** A refused connection to several addresses comes as one error without a message of its own. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(reason))].join('; ');
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
