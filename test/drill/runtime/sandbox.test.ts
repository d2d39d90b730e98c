import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WorldClock } from '../../../drill/clock.ts';
import type { SandboxFunction } from '../../../drill/runtime/contract.ts';
import { startSandbox } from '../../../drill/runtime/sandbox.ts';
import type { AddressBook } from '../../../drill/world/network.ts';

/** With a fraction, as the world's clock has between two waits. */
const start = Date.parse('2031-03-04T05:06:07Z') + 0.25;
const clock = new WorldClock({ start, speed: Infinity, whileBusy: 'not-at-all' });
const root = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
let book: AddressBook = { hosts: {}, tcp: {}, dns: {}, defaultResolver: 0 };
const sandbox = startSandbox({
  clock,
  awsEndpoint: () => 'http://127.0.0.1:4566',
  credentialsFor: (roleArn) => ({ accessKeyId: `AKIA-${roleArn}`, secretAccessKey: 'secret' }),
  addressBook: () => book,
});

let site: Server;
let port: number;
let made = 0;

beforeAll(async () => {
  site = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  port = (site.address() as AddressInfo).port;
});

afterAll(async () => {
  await sandbox.stop();
  clock.stop();
  site.close();
  rmSync(root, { recursive: true });
});

function bundle(code: string, overrides: Partial<SandboxFunction> = {}): SandboxFunction {
  const name = `function-${made++}`;
  const directory = mkdtempSync(path.join(root, `${name}-`));
  writeFileSync(path.join(directory, 'index.mjs'), code);
  return {
    arn: `arn:aws:lambda:eu-central-1:111111111111:function:${name}`,
    name,
    region: 'eu-central-1',
    directory,
    handler: 'index.handler',
    memorySize: 256,
    timeout: 10,
    environment: { SETTINGS: '{}' },
    roleArn: 'role-of-it',
    ...overrides,
  };
}

const run = (fn: SandboxFunction, payload: unknown = {}) =>
  sandbox.invoke(fn, JSON.stringify(payload), 'r-1');

describe('a function', () => {
  test('answers with what its handler returns', async () => {
    const fn = bundle('export const handler = async (event) => ({ got: event.a });');
    expect(await run(fn, { a: 1 })).toEqual({ ok: true, payload: { got: 1 } });
  });

  test('answers null when its handler returns nothing', async () => {
    expect(await run(bundle('export const handler = async () => {};'))).toEqual({ ok: true, payload: null });
  });

  test('keeps its process for the next invocation', async () => {
    const fn = bundle('let n = 0; export const handler = async () => ++n;');
    await run(fn);
    expect(await run(fn)).toEqual({ ok: true, payload: 2 });
    expect(sandbox.invocations().filter((record) => record.function === fn.name)).toMatchObject([
      { cold: true },
      { cold: false },
    ]);
  });

  test('has a process of its own for each invocation at the same time', async () => {
    const fn = bundle(
      'export const handler = () => new Promise((done) => setTimeout(() => done(process.pid), 50));',
    );
    const [one, two] = await Promise.all([run(fn), run(fn)]);
    expect(one).not.toEqual(two);
  });

  test('has its own variables and credentials, and nothing of ours', async () => {
    process.env['SECRET_OF_THE_PARENT'] = 'x';
    const fn = bundle('export const handler = async () => process.env;');
    expect((await run(fn)).payload).toEqual({
      SETTINGS: '{}',
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_LAMBDA_FUNCTION_NAME: fn.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      _HANDLER: 'index.handler',
      LAMBDA_TASK_ROOT: fn.directory,
      TZ: 'UTC',
      HOME: fn.directory,
      AWS_ACCESS_KEY_ID: 'AKIA-role-of-it',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    });
  });

  test('gets a context', async () => {
    const fn = bundle(`export const handler = async (event, context) =>
      [context.awsRequestId, context.functionName, context.getRemainingTimeInMillis() > 9000];`);
    expect((await run(fn)).payload).toEqual(['r-1', fn.name, true]);
  });

  test('has its lines kept, with incident time', async () => {
    const fn = bundle('export const handler = async () => { console.log("seen"); console.error("bad"); };');
    await run(fn);
    await expect
      .poll(() => sandbox.logs().filter((line) => line.function === fn.name))
      .toMatchObject([
        { at: start, stream: 'stdout', line: 'seen', requestId: 'r-1' },
        { at: start, stream: 'stderr', line: 'bad', requestId: 'r-1' },
      ]);
  });
});

describe('a failing function is reported in the words of Lambda', () => {
  test.each([
    [
      'a thrown error by its name',
      'class LockLost extends Error { name = "LockLost" }; export const handler = async () => { throw new LockLost("held by another") };',
      'LockLost',
      'held by another',
    ],
    ['a thrown string', 'export const handler = async () => { throw "text" };', 'string', 'text'],
    [
      'a process that ends',
      'export const handler = async () => process.exit(3);',
      'Runtime.ExitError',
      'RequestId: r-1 Error: Runtime exited with error: exit status 3',
    ],
    [
      'a rejection that nobody handles',
      'export const handler = () => { Promise.reject(new TypeError("lost")); return new Promise(() => setTimeout(() => {}, 5000)); };',
      'Runtime.UnhandledPromiseRejection',
      'TypeError: lost',
    ],
    [
      'a missing export',
      'export const other = 1;',
      'Runtime.HandlerNotFound',
      'index.handler is undefined or not exported',
    ],
    ['a module that throws', 'throw new RangeError("settings");', 'RangeError', 'settings'],
    ['a syntax error', 'export const handler = async ( => 1;', 'Runtime.UserCodeSyntaxError', /SyntaxError/],
    ['a missing import', 'import "nowhere";', 'Runtime.ImportModuleError', /nowhere/],
    [
      'an answer that is no JSON',
      'export const handler = async () => { const a = {}; a.a = a; return a; };',
      'Runtime.MarshalError',
      'Unable to stringify response body',
    ],
    [
      'a handler with a callback',
      'export const handler = (event, context, callback) => callback(null, 1);',
      'Runtime.CallbackHandlerDeprecated',
      /callback-based/,
    ],
  ])('%s', async (_, code, errorType, errorMessage) => {
    const invocation = await run(bundle(code));
    expect(invocation).toMatchObject({ ok: false, errorType });
    expect(!invocation.ok && invocation.errorMessage).toMatch(errorMessage);
    expect(invocation.payload).toMatchObject({ errorType });
  });

  test('and is killed when its time is over; the next invocation has a new process', async () => {
    const fn = bundle(
      'let n = 0; export const handler = () => n++ || new Promise((done) => setTimeout(() => done(0), globalThis.late ?? 5000));',
      { timeout: 0.2 },
    );
    expect(await run(fn)).toMatchObject({
      ok: false,
      errorType: 'Sandbox.Timedout',
      errorMessage: 'RequestId: r-1 Error: Task timed out after 0.20 seconds',
    });
    await run(fn);
    expect(sandbox.invocations().filter((record) => record.function === fn.name && record.cold)).toHaveLength(
      2,
    );
  });

  test('and a busy one that never yields is killed too', async () => {
    const fn = bundle('export const handler = async () => { for (;;); };', { timeout: 0.2 });
    expect(await run(fn)).toMatchObject({ errorType: 'Sandbox.Timedout' });
  });
});

describe('time in a function', () => {
  test('is incident time, and passes at its own pace', async () => {
    const fn = bundle(`export const handler = async () => {
      const before = Date.now();
      await new Promise((done) => setTimeout(done, 30));
      return { before, now: new Date().toISOString(), passed: Date.now() - before, is: new Date() instanceof Date,
        text: typeof Date(), kept: new Date(5).getTime(), parsed: Date.UTC(2000, 0) };
    };`);
    const { payload } = await run(fn);
    const { before, now, passed, is, text, kept, parsed } = payload as Record<
      string,
      number | string | boolean
    >;
    expect(Number(before) - start).toBeLessThan(1_000);
    expect(now).toMatch(/^2031-03-04T05:06:0/);
    expect(passed).toBeGreaterThanOrEqual(29);
    expect([is, text, kept, parsed]).toEqual([true, 'string', 5, 946684800000]);
    expect(Number.isInteger(before)).toBe(true);
  });
});

describe('the network of a function', () => {
  const asks = (code: string) =>
    bundle(`import http from 'node:http'; import net from 'node:net'; import dns from 'node:dns';
    import { lookup, Resolver } from 'node:dns/promises';
    export const handler = async (event) => { ${code} };`);

  test('leads from a name of the world to the loopback port behind it, with http and fetch', async () => {
    book = { ...book, hosts: { 'app.example.com': '192.0.2.10' }, tcp: { '192.0.2.10:80': port } };
    const fn = asks(`
      const plain = await new Promise((done, fail) => http.get('http://app.example.com/a', (r) => {
        r.setEncoding('utf8'); r.on('data', done); }).on('error', fail));
      return [plain, await (await fetch('http://app.example.com/b')).text(), await lookup('app.example.com')];`);
    expect((await run(fn)).payload).toEqual([
      'app.example.com /a',
      'app.example.com /b',
      { address: '192.0.2.10', family: 4 },
    ]);
  });

  test('leads nowhere else', async () => {
    const fn = asks(`
      const failure = (target) => new Promise((done) => net.connect(target).on('error', (e) => done([e.code, e.message])));
      return [await failure({ host: '203.0.113.9', port: 443 }), await failure({ host: 'nowhere.example.com', port: 1 })];`);
    const { payload } = await run(fn);
    expect(payload).toEqual([
      ['ENETUNREACH', expect.stringMatching(/203\.0\.113\.9:443 \(the world has nothing/)],
      [expect.stringMatching(/EAI_AGAIN|ENOTFOUND/), expect.stringMatching(/nowhere\.example\.com/)],
    ]);
  });

  test('names the address of the world when a connection is refused', async () => {
    book = { ...book, tcp: { '192.0.2.99:443': 1 } };
    const fn = asks(
      `return new Promise((done) => net.connect(443, '192.0.2.99').on('error', (e) => done(e.message)));`,
    );
    expect((await run(fn)).payload).toBe('connect ECONNREFUSED 192.0.2.99:443');
  });

  test('follows the address book from one invocation to the next', async () => {
    const fn = asks(`return fetch('http://192.0.2.50/').then((r) => r.status, (e) => e.cause.code);`);
    book = { ...book, tcp: {} };
    const before = await run(fn);
    book = { ...book, tcp: { '192.0.2.50:80': port } };
    expect([before.payload, (await run(fn)).payload]).toEqual(['ENETUNREACH', 200]);
  });

  test('refuses datagrams and resolvers outside the world', async () => {
    const fn = bundle(`import dgram from 'node:dgram'; import { Resolver } from 'node:dns/promises';
      export const handler = async () => {
        const socket = dgram.createSocket('udp4');
        let refused;
        try { socket.send('x', 53, '8.8.4.4'); } catch (error) { refused = error.code; }
        socket.close();
        const resolver = new Resolver();
        resolver.setServers(['9.9.9.9']);
        return [refused, resolver.getServers(), await resolver.resolve4('a.example').catch((e) => e.code)];
      };`);
    expect((await run(fn)).payload).toEqual(['ENETUNREACH', ['9.9.9.9'], 'ECONNREFUSED']);
  });
});
