import { Resolver } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { loopbackPort, unreachable, type AddressBook } from '../world/network.ts';

/** A name to its addresses, as a resolver of the world answers. */
type Lookup = (name: string) => Promise<readonly string[]>;

interface WorldRequest {
  /** With the name, as a user types it: `https://erlmcp.company.com/health`. */
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Connect to this address instead of asking for the name's. */
  readonly address?: string;
  /** Milliseconds, real time, for each part; defaults are those of a patient client: 5 s each. */
  readonly limits?: { readonly connect?: number; readonly status?: number; readonly body?: number };
  /** Route 53's health checkers do not look at the certificate; everybody else does. */
  readonly verifyCertificate?: boolean;
  /** Read no more of the body than this, bytes. */
  readonly maxBody?: number;
}

interface WorldAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The address that answered. */
  readonly address: string;
}

export interface WorldView {
  readonly addressBook: () => AddressBook;
  /** PEM of the world's authority. */
  readonly ca?: string | undefined;
  /** Default: the world's default resolver. */
  readonly lookup?: Lookup;
}

const DEFAULT_LIMIT = 5_000;
const secureAgents = new Map<string | undefined, HttpsAgent>();
const plainAgent = new HttpAgent({ keepAlive: true });

/**
 * An HTTP request as somebody in the world makes it: by name, through the world's DNS, to the world's
 * addresses.
 *
 * Real time passes: make it inside `clock.busy`.
 *
 * @throws Error with `code` ENOTFOUND, ENETUNREACH, ECONNREFUSED, ETIMEDOUT, or TLS's own
 */
export async function worldRequest(view: WorldView, request: WorldRequest): Promise<WorldAnswer> {
  const url = new URL(request.url);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const book = view.addressBook();
  const lookup = view.lookup ?? resolverLookup('127.0.0.1', book.defaultResolver);
  const address = request.address ?? (await addressOf(book, lookup, url.hostname));
  const target = loopbackPort(book, address, port);
  if (target === undefined) throw unreachable(address, port);
  try {
    return await send(view, request, url, { address, port: target });
  } catch (error) {
    throw nameWorldAddress(error, target, `${address}:${port}`);
  }
}

/** A lookup that asks one DNS server at a loopback port. */
export function resolverLookup(host: string, port: number): Lookup {
  const resolver = new Resolver({ timeout: 1_500, tries: 2 });
  resolver.setServers([`${host}:${port}`]);
  return (name) => resolver.resolve4(name);
}

async function addressOf(book: AddressBook, lookup: Lookup, name: string): Promise<string> {
  const plain = name.replace(/^\[|\]$/g, '');
  if (isIP(plain) !== 0) return plain;
  if (name === 'localhost') return '127.0.0.1';
  const known = book.hosts[name];
  if (known !== undefined) return known;
  const [address] = await lookup(name);
  if (address === undefined) {
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name });
  }
  return address;
}

function send(
  view: WorldView,
  request: WorldRequest,
  url: URL,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<WorldAnswer> {
  const { limits = {}, maxBody = Infinity, body, verifyCertificate = true } = request;
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const allow = (part: 'connect' | 'status' | 'body') => {
      const limit = limits[part] ?? DEFAULT_LIMIT;
      clearTimeout(timer);
      timer = setTimeout(() => outgoing.destroy(tooSlow(part, limit, url.host)), limit);
    };
    const outgoing = (secure ? httpsRequest : httpRequest)({
      host: '127.0.0.1',
      port,
      method: request.method ?? 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...request.headers },
      agent: secure ? secureAgent(view.ca) : plainAgent,
      ...(secure && {
        servername: isIP(url.hostname) === 0 ? url.hostname : '',
        rejectUnauthorized: verifyCertificate,
      }),
    });
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.once('socket', (socket) => {
      allow(socket.connecting ? 'connect' : 'status');
      if (socket.connecting) socket.once('connect', () => allow('status'));
    });
    outgoing.once('response', (response) => {
      allow('body');
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = () => {
        clearTimeout(timer);
        const headers = Object.entries(response.headers).map(
          ([name, value]) => [name, String(value)] as const,
        );
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(headers),
          body: Buffer.concat(chunks).subarray(0, maxBody).toString('utf8'),
          address,
        });
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= maxBody) {
          finish();
          outgoing.destroy();
        }
      });
      response.once('end', finish);
      response.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
    outgoing.end(body);
  });
}

/**
 * Connections are kept: a healthy minute of the world is 200 requests, and most of their time is handshakes. A
 * server that goes down cuts its connections, so that the next request meets it as a new one would.
 */
function secureAgent(ca: string | undefined): HttpsAgent {
  const agent =
    secureAgents.get(ca) ??
    new HttpsAgent({
      keepAlive: true,
      secureContext: createSecureContext(ca === undefined ? {} : { ca }),
    });
  secureAgents.set(ca, agent);
  return agent;
}

function tooSlow(part: string, limit: number, host: string): NodeJS.ErrnoException {
  const what = { connect: 'no connection', status: 'no answer', body: 'no complete body' }[part] ?? part;
  return Object.assign(new Error(`${host}: ${what} within ${limit} ms`), { code: 'ETIMEDOUT' });
}

function nameWorldAddress(error: unknown, target: number, address: string): unknown {
  if (error instanceof Error) error.message = error.message.replace(`127.0.0.1:${target}`, address);
  return error;
}
