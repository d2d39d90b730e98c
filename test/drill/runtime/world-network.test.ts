import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WorldClock } from '../../../drill/clock.ts';
import { startSandbox } from '../../../drill/runtime/sandbox.ts';
import { resolverLookup, worldRequest, type WorldView } from '../../../drill/runtime/world-request.ts';
import type { Sandbox } from '../../../drill/runtime/contract.ts';
import { createAuthority } from '../../../drill/world/certificates.ts';
import type { AddressBook } from '../../../drill/world/network.ts';
import { nameServer } from './name-server.ts';

const clock = new WorldClock({ start: 0, speed: Infinity, whileBusy: 'not-at-all' });
const directory = mkdtempSync(path.join(tmpdir(), 'network-'));
const NAME = 'app.example.com';
const closing: (() => unknown)[] = [];
let sandbox: Sandbox;
let world: WorldView;

beforeAll(async () => {
  const authority = await createAuthority();
  const caFile = path.join(directory, 'ca.pem');
  writeFileSync(caFile, authority.certificatePem);
  const site = createServer(await authority.issue([NAME]), (request, response) => {
    if (request.url === '/slow') return;
    response.end(`${String(request.headers.host)} well`);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const caching = await nameServer({ [`A ${NAME}`]: ['192.0.2.10'], [`TXT h.${NAME}`]: ['healthy'] });
  const authoritative = await nameServer({
    [`A ${NAME}`]: ['198.51.100.10'],
    [`TXT h.${NAME}`]: ['unhealthy'],
  });
  const port = (site.address() as AddressInfo).port;
  const book: AddressBook = {
    hosts: {},
    tcp: { '192.0.2.10:443': port, '192.0.2.11:443': 1 },
    dns: { '1.1.1.1': caching.port, '205.251.192.1': authoritative.port },
    defaultResolver: caching.port,
  };
  world = { addressBook: () => book, ca: authority.certificatePem };
  sandbox = startSandbox({
    clock,
    awsEndpoint: () => 'http://127.0.0.1:1',
    credentialsFor: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
    addressBook: () => book,
    caFile,
  });
  closing.push(
    () => site.closeAllConnections(),
    () => site.close(),
    caching.close,
    authoritative.close,
  );
});

afterAll(async () => {
  await sandbox.stop();
  for (const close of closing) close();
  clock.stop();
  rmSync(directory, { recursive: true });
});

async function inFunction(code: string): Promise<unknown> {
  const own = mkdtempSync(path.join(directory, 'f-'));
  writeFileSync(
    path.join(own, 'index.mjs'),
    `import https from 'node:https'; import dns from 'node:dns'; import { Resolver } from 'node:dns/promises';
     export const handler = async () => { ${code} };`,
  );
  const invocation = await sandbox.invoke(
    {
      arn: own,
      name: 'f',
      region: 'eu-central-1',
      directory: own,
      handler: 'index.handler',
      memorySize: 128,
      timeout: 10,
      environment: {},
      roleArn: 'r',
    },
    '{}',
    'r-1',
  );
  return invocation.payload;
}

describe('a function', () => {
  test('reaches a site over TLS by its name, with https and fetch, and trusts its certificate', async () => {
    expect(
      await inFunction(`
        const plain = await new Promise((done, fail) => https.get('https://${NAME}/', (r) => {
          r.setEncoding('utf8'); r.on('data', done); }).on('error', fail));
        return [plain, await (await fetch('https://${NAME}/')).text()];`),
    ).toEqual([`${NAME} well`, `${NAME} well`]);
  });

  test('reaches a chosen address under the name of the site', async () => {
    expect(
      await inFunction(`return new Promise((done, fail) => https.get(
        { host: '192.0.2.10', servername: '${NAME}', headers: { host: '${NAME}' } },
        (r) => { r.setEncoding('utf8'); r.on('data', done); }).on('error', fail));`),
    ).toBe(`${NAME} well`);
  });

  test('may bring a lookup of its own', async () => {
    expect(
      await inFunction(`return new Promise((done) => https.get(
        { host: '${NAME}', lookup: (name, options, found) => found(null, '192.0.2.11', 4) }, done)
        .on('error', (error) => done(error.message)));`),
    ).toBe('connect ECONNREFUSED 192.0.2.11:443');
  });

  test('gives up on a connection that it ends before the name is known', async () => {
    expect(
      await inFunction(
        `return fetch('https://${NAME}/', { signal: AbortSignal.abort() }).catch((e) => e.name);`,
      ),
    ).toBe('AbortError');
  });

  test('asks each name server by its address, and the default one by none', async () => {
    expect(
      await inFunction(`
        const at = (server) => { const r = new Resolver({ timeout: 500, tries: 1 }); if (server) r.setServers([server]); return r; };
        return [await at().resolve4('${NAME}'), await at('205.251.192.1').resolve4('${NAME}'),
          await at('205.251.192.1:53').resolveTxt('h.${NAME}'), await dns.promises.resolve4('${NAME}'),
          await at('1.1.1.1').resolve4('none.example.com').catch((e) => e.code)];`),
    ).toEqual([['192.0.2.10'], ['198.51.100.10'], [['unhealthy']], ['192.0.2.10'], 'ENOTFOUND']);
  });

  test('sees a name that does not exist as getaddrinfo would', async () => {
    expect(
      await inFunction(
        `return new Promise((done) => dns.lookup('none.example.com', (e) => done([e.code, e.message])));`,
      ),
    ).toEqual(['ENOTFOUND', 'getaddrinfo ENOTFOUND none.example.com']);
  });
});

describe('a request of the world itself', () => {
  test('goes by name through the default resolver', async () => {
    expect(await worldRequest(world, { url: `https://${NAME}/` })).toMatchObject({
      status: 200,
      body: `${NAME} well`,
      address: '192.0.2.10',
    });
  });

  test('goes by the resolver it is given', async () => {
    const lookup = resolverLookup('127.0.0.1', world.addressBook().dns['205.251.192.1'] ?? 0);
    await expect(worldRequest({ ...world, lookup }, { url: `https://${NAME}/` })).rejects.toMatchObject({
      code: 'ENETUNREACH',
      message: expect.stringContaining('198.51.100.10:443'),
    });
  });

  test('does not trust a certificate of another name unless it is told not to look', async () => {
    const request = { url: 'https://other.example.com/', address: '192.0.2.10' };
    await expect(worldRequest(world, request)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(await worldRequest(world, { ...request, verifyCertificate: false })).toMatchObject({
      status: 200,
    });
  });

  test('names the address of the world when it is refused', async () => {
    await expect(worldRequest(world, { url: `https://${NAME}/`, address: '192.0.2.11' })).rejects.toThrow(
      'connect ECONNREFUSED 192.0.2.11:443',
    );
  });

  test('waits no longer than its limit for a status', async () => {
    await expect(
      worldRequest(world, { url: `https://${NAME}/slow`, limits: { status: 50 } }),
    ).rejects.toMatchObject({ code: 'ETIMEDOUT', message: `${NAME}: no answer within 50 ms` });
  });

  test('reads no more of the body than it is told to', async () => {
    expect(await worldRequest(world, { url: `https://${NAME}/`, maxBody: 3 })).toMatchObject({ body: 'app' });
  });
});
