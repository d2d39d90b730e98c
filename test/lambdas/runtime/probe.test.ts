import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority } from '../../../drill/world/certificates.ts';
import type { HealthEndpoint } from '../../../lambdas/assess-primary/contract.ts';
import { probe } from '../../../lambdas/runtime/probe.ts';

const started: Server[] = [];
const defaults = getCACertificates();
let authority: Authority;

async function portOf(server: Server): Promise<number> {
  started.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function site(listener: RequestListener): Promise<HealthEndpoint> {
  return { protocol: 'http', host: '127.0.0.1', port: await portOf(createHttp(listener)), path: '/health' };
}

async function secureSite(names: readonly string[], listener: RequestListener): Promise<HealthEndpoint> {
  const port = await portOf(createHttps(await authority.issue(names), listener));
  return { protocol: 'https', host: 'erlmcp.example.com', port, path: '/health' };
}

beforeAll(async () => {
  authority = await createAuthority();
  setDefaultCACertificates([...defaults, authority.certificatePem]);
});
afterAll(() => setDefaultCACertificates(defaults));
afterEach(() => {
  for (const server of started.splice(0)) server.close();
});

describe('an endpoint is well', () => {
  it.each([200, 204, 301, 399])('when it answers %i', async (status) => {
    const { ok, evidence } = await probe(await site((_, response) => response.writeHead(status).end()));
    expect({ ok, evidence }).toEqual({
      ok: true,
      evidence: expect.stringContaining(`/health: answered ${status}`),
    });
  });

  it('when the text is in what it answers', async () => {
    const endpoint = await site((_, response) => response.end('{"status":"ok"}'));
    expect(await probe({ ...endpoint, contains: '"ok"' })).toMatchObject({ ok: true });
  });

  it('when the text is there and the rest never comes', async () => {
    const endpoint = await site((_, response) => response.write(`ok${' '.repeat(6_000)}`));
    expect(await probe({ ...endpoint, contains: 'ok' }, { timeoutMs: 1_000 })).toMatchObject({ ok: true });
  });
});

describe('an endpoint is not well', () => {
  it.each([400, 404, 500, 503])('when it answers %i', async (status) => {
    const { ok, evidence } = await probe(await site((_, response) => response.writeHead(status).end('ok')));
    expect({ ok, evidence }).toEqual({ ok: false, evidence: expect.stringContaining(`answered ${status}`) });
  });

  it('when the text comes after the first 5,120 bytes', async () => {
    const endpoint = await site((_, response) => response.end(`${' '.repeat(5_119)}ok`));
    expect(await probe({ ...endpoint, contains: 'ok' })).toMatchObject({
      ok: false,
      evidence: expect.stringContaining('answered 200 without the text "ok"'),
    });
  });

  it('when it refuses the connection', async () => {
    const endpoint = await site(() => undefined);
    await new Promise((resolve) => started.splice(0)[0]!.close(resolve));
    expect(await probe(endpoint)).toMatchObject({
      ok: false,
      evidence: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('when it takes the request and never answers', async () => {
    const { ok, evidence } = await probe(await site(() => undefined), { timeoutMs: 50 });
    expect({ ok, evidence }).toEqual({
      ok: false,
      evidence: expect.stringContaining('no answer within 50 ms'),
    });
  });

  it('when it speaks no HTTP', async () => {
    const port = await portOf(createTcp((socket) => socket.end('hello\n')));
    expect(await probe({ protocol: 'http', host: '127.0.0.1', port, path: '/' })).toMatchObject({
      ok: false,
    });
  });
});

describe('an address instead of the name', () => {
  it('gets the name as host and in TLS', async () => {
    const seen: unknown[] = [];
    const endpoint = await secureSite(['erlmcp.example.com'], (request, response) => {
      seen.push(request.headers.host, (request.socket as Partial<Pick<TLSSocket, 'servername'>>).servername);
      response.end('ok');
    });
    const { ok, evidence } = await probe(endpoint, { address: '127.0.0.1' });
    expect({ ok, evidence }).toEqual({ ok: true, evidence: expect.stringContaining('at 127.0.0.1') });
    expect(seen).toEqual([`erlmcp.example.com:${endpoint.port}`, 'erlmcp.example.com']);
  });

  it("does not pass with another name's certificate", async () => {
    const endpoint = await secureSite(['other.example.com'], (_, response) => response.end('ok'));
    expect(await probe(endpoint, { address: '127.0.0.1' })).toMatchObject({
      ok: false,
      evidence: expect.stringContaining('erlmcp.example.com'),
    });
    expect(await probe(endpoint, { address: '127.0.0.1', servername: 'other.example.com' })).toMatchObject({
      ok: true,
    });
  });
});
