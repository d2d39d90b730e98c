import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import type { CallContext, CloudService, Operation, Principal } from './contract.ts';
import type { Iam } from './iam/contract.ts';
import { decodeBody } from './wire/bodies.ts';
import type { WireReply, WireRequest } from './wire/protocol.ts';
import { missingMembers } from './wire/schema.ts';
import { refusals } from './wire/refusals.ts';
import { signatureOf, signedWith } from './wire/signature.ts';
import { loadWire, type Wire } from './wire/wire.ts';

/** A call as the endpoint saw it. */
export interface Call {
  readonly region: string;
  /** Signing name, `route53`, `states`, ... */
  readonly service: string;
  readonly operation: string;
  readonly principal: Principal;
  /** Incident time, milliseconds since the epoch. */
  readonly at: number;
  /** The error's code; absent when the call succeeded. */
  readonly error?: string;
}

/** A call about to be served; `number` counts all calls of this endpoint from 1. */
export interface PendingCall {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly principal: Principal;
  readonly number: number;
}

/**
 * What goes wrong with a call: `throttle` and `error` are answered in the service's words and change nothing;
 * `timeout` ends the connection before any effect, `crash-after-effect` after it, which callers cannot tell apart.
 */
export type Fault = 'throttle' | 'error' | 'timeout' | 'crash-after-effect';

export interface EndpointOptions {
  readonly services: readonly CloudService[];
  readonly iam: Iam;
  readonly clock: Clock;
  readonly onCall?: (call: Call) => void;
  readonly fault?: (call: PendingCall) => Fault | undefined;
  /** Whether a service cannot be reached in a region: the connection is cut without an answer. */
  readonly dark?: (region: string, service: string) => boolean;
}

export interface Endpoint {
  /** Address of the started endpoint, `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Listen on loopback, on the preferred port or the next free one; 0 takes any. */
  start(preferredPort?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Thrown to end a connection without an answer. */
class Silence extends Error {
  override readonly name = 'Silence';
}

interface Served {
  readonly service: CloudService;
  readonly wire: Wire;
}

/**
 * The one HTTP address of the local cloud.
 *
 * Service and region of a request are those it was signed for, the caller is the owner of its access key. The
 * caller's permissions are checked before an operation runs, so a refused call has no effect.
 */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const { iam, clock } = options;
  const served = new Map<string, Served>();
  let calls = 0;
  let url = '';

  const server = createServer((request, response) => {
    response.on('error', () => response.destroy());
    void clock.busy(() => answer(request, response)).catch(() => request.socket.destroy());
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await bytesOf(incoming);
    const requestId = `00000000-0000-4000-8000-${String(++calls).padStart(12, '0')}`;
    let reply: WireReply;
    try {
      reply = await serve(requestOf(incoming, raw), raw, calls, requestId);
    } catch (error) {
      if (!(error instanceof Silence)) throw error;
      incoming.socket.destroy();
      return;
    }
    const body = Buffer.from(reply.body);
    response.writeHead(reply.status, {
      date: new Date(clock.now()).toUTCString(),
      'x-amzn-requestid': requestId,
      'x-amz-request-id': requestId,
      ...(incoming.method === 'HEAD' ? {} : { 'content-length': body.length }),
      ...withoutLength(reply.headers, incoming.method),
    });
    response.end(body);
    await finished(response);
  }

  async function serve(sent: WireRequest, raw: Uint8Array, number: number, requestId: string) {
    const signature = signatureOf(sent);
    if (!signature) return refusals.unsigned(sent);
    const { region, service: name } = signature;
    if (options.dark?.(region, name)) throw new Silence();
    const serving = served.get(name);
    if (!serving) return refusals.unknownService(sent, name);
    const { service, wire } = serving;
    const { model } = wire;
    const protocol = wire.protocolOf(sent);
    const caller = iam.identify(signature.accessKeyId);
    if (!caller) return protocol.error(refusals.unknownKey(model), requestId);
    const { principal, credentials } = caller;
    if (!signedWith(credentials.secretAccessKey, signature, sent, raw)) {
      return protocol.error(refusals.wrongSignature(model), requestId);
    }
    const route = protocol.route(sent);
    if (!route) return protocol.error(refusals.unknownOperation(model, sent), requestId);
    const operation = route.operation.name;
    const report = (error?: string) =>
      options.onCall?.({
        region,
        service: name,
        operation,
        principal,
        at: clock.now(),
        ...(error === undefined ? {} : { error }),
      });
    const fault = options.fault?.({ service: name, operation, region, principal, number });
    if (fault === 'timeout') {
      report('TimeoutError');
      throw new Silence();
    }
    try {
      if (fault === 'throttle') throw refusals.throttled(model);
      if (fault === 'error') throw refusals.failed(model);
      const written = service.operations[operation];
      if (!written) throw refusals.notImplemented(model, operation);
      const request = { ...sent, ...decodeBody(sent.headers, sent.body) };
      const input = await protocol.read(request, route);
      const missing = missingMembers(route.operation.input, input);
      if (missing.length > 0) throw refusals.incomplete(model, missing);
      const output = await run(written, input, { region, account: iam.account, principal });
      if (fault === 'crash-after-effect') {
        report('TimeoutError');
        throw new Silence();
      }
      const reply = protocol.write(route.operation, output, requestId);
      report();
      return reply;
    } catch (error) {
      if (error instanceof Silence) throw error;
      const known = refusals.asAwsError(model, error);
      report(known.code);
      return protocol.error(known, requestId);
    }
  }

  async function run(operation: Operation, input: unknown, call: CallContext): Promise<unknown> {
    for (const permission of operation.permissions(input as never, call)) {
      iam.authorize(call.principal, {
        ...permission,
        context: { 'aws:RequestedRegion': call.region, ...permission.context },
      });
    }
    return operation.run(input as never, call);
  }

  return {
    get url() {
      if (url === '') throw new Error('the endpoint has not been started');
      return url;
    },
    async start(preferredPort = 0) {
      await Promise.all(
        options.services.map(async (service) => {
          served.set(service.signingName, { service, wire: await loadWire(service.signingName) });
        }),
      );
      url = `http://127.0.0.1:${await listen(server, preferredPort)}`;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: ReturnType<typeof createServer>, preferredPort: number): Promise<number> {
  for (let port = preferredPort; ; port++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port === 0 || port >= 65_535) throw error;
    }
  }
}

async function bytesOf(incoming: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function requestOf({ method = 'GET', url = '/', headers }: IncomingMessage, body: Uint8Array): WireRequest {
  const [path = '/', search = ''] = url.split(/\?(.*)/s);
  const flat = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')] as const);
  return { method, path, query: new URLSearchParams(search), headers: Object.fromEntries(flat), body };
}

/** The length that an operation states is that of a HEAD's absent body; all others are counted. */
function withoutLength(headers: Readonly<Record<string, string>>, method = ''): Record<string, string> {
  if (method === 'HEAD') return { ...headers };
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length'));
}
