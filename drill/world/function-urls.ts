import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { FunctionUrl } from '../cloud/lambda/function-url.ts';
import type { Authority } from './certificates.ts';
import { startLoopbackServer } from './loopback-server.ts';

interface FunctionUrlsOptions {
  readonly clock: Clock;
  readonly authority: Authority;
  readonly urls: readonly FunctionUrl[];
  /** Regions whose services nobody can reach. */
  readonly dark: ReadonlySet<string>;
}

export interface FunctionUrlServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Lambda takes bodies of at most 6 MB; a form of ours is far smaller. */
const largestBody = 1_000_000;

/** The front door of all function URLs: one server, which tells them apart by the name that was asked for. */
export async function serveFunctionUrls(options: FunctionUrlsOptions): Promise<FunctionUrlServer> {
  const { clock, authority, urls, dark } = options;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const url = urls.find((each) => each.host === host);
    if (!url || dark.has(url.region)) {
      request.socket.destroy();
      return;
    }
    const body = await read(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(',') : (value ?? ''),
      ]),
    );
    const answer = await url.serve({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers,
      body,
      sourceIp: '203.0.113.200',
    });
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  const server = await startLoopbackServer({
    certificate: await authority.issue(urls.map(({ host }) => host)),
    handler: (request, response) =>
      void clock.busy(() =>
        handle(request, response).catch(() => {
          request.socket.destroy();
        }),
      ),
  });
  return { port: server.port, stop: () => server.close() };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > largestBody) throw new Error('the body is too large');
  }
  return Buffer.concat(chunks).toString('utf8');
}
