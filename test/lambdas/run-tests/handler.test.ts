import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoadTest, Settings, SmokeTest } from '../../../lambdas/run-tests/contract.ts';
import { handler } from '../../../lambdas/run-tests/handler.ts';
import { runSmokeTests } from '../../../lambdas/service/smoke-tests.ts';
import { loopbackDns, type LoopbackDns } from '../loopback-dns.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

let resolvers: LoopbackDns[];
let server: Server;
let answer: RequestListener;
let requests: string[];
let origin: string;
let ledger: MemoryLedger;

beforeEach(async () => {
  requests = [];
  answer = (_, response) => void response.end('{"status":"ok"}');
  server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.headers.host ?? ''}${request.url ?? ''}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://www.example.com:${(server.address() as AddressInfo).port}`;
  resolvers = [await loopbackDns(), await loopbackDns()];
  for (const { zone } of resolvers) zone.set('A www.example.com', ['127.0.0.1']);
  ledger = memoryLedger();
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await Promise.all(resolvers.map((each) => each.close()));
});

const smoke = (name: string, more: Partial<SmokeTest['request']> = {}, expected = {}): SmokeTest => ({
  name,
  proves: 'application',
  request: { method: 'GET', url: `${origin}/${name}`, headers: {}, ...more },
  expect: { status: 200, headers: {}, json: [], withinMs: 2_000, ...expected },
});
const run = (tests: readonly SmokeTest[], load?: LoadTest, ref = incident, attempt = 1) => {
  const settings: Settings = {
    environment: 'dev',
    ledgerBucket: 'ledger',
    resolvers: resolvers.map(({ address }) => address),
    tests,
    ...(load ? { load } : {}),
  };
  deploy(settings);
  return handler({ incident: ref, attempt });
};
const loadOf = (more: Partial<LoadTest> = {}): LoadTest => ({
  url: `${origin}/load`,
  requests: 40,
  concurrency: 4,
  errorPercent: 1,
  p95Ms: 2_000,
  ...more,
});

describe('tests', () => {
  it('are sent to where the resolvers say, under the name of the service, and are on the record', async () => {
    const output = await run([smoke('home'), smoke('login', { method: 'POST', body: 'user=x' })]);
    expect(output).toMatchObject({ passed: true, summary: 'all 2 tests pass' });
    const host = new URL(origin).host;
    expect(requests.toSorted()).toEqual([`GET ${host}/home`, `POST ${host}/login`]);
    expect(ledger.record().checks).toMatchObject([
      { name: 'test/home', held: true },
      { name: 'test/login', held: true },
    ]);
    expect(output.checks[0]!.evidence).toMatch(/^GET http.*\/home at 127\.0\.0\.1: 200 after \d+ ms$/);
  });

  it('that fail are told, the others with them', async () => {
    answer = ({ url }, response) => void response.writeHead(url === '/login' ? 500 : 200).end();
    const { passed, summary } = await run([smoke('home'), smoke('login')]);
    expect(passed).toBe(false);
    expect(summary).toMatch(/^1 of 2 tests fails: test\/login: .*; status 500, expected 200$/);
  });

  it('carry credentials that are nowhere on the record', async () => {
    answer = (_, response) => void response.writeHead(401).end();
    const secret = 'hunter2hunter2';
    const output = await run([
      smoke('login', { method: 'POST', headers: { authorization: secret }, body: secret }),
    ]);
    expect(output.passed).toBe(false);
    expect(JSON.stringify([output, ledger.record()])).not.toContain(secret);
  });

  it('of a name that nobody resolves do not pass', async () => {
    for (const { zone } of resolvers) zone.clear();
    expect(await run([smoke('home')])).toMatchObject({
      passed: false,
      checks: [{ held: 'unknown', evidence: expect.stringContaining('no resolver knows an address') }],
    });
  });

  it('of which no answer comes fail within their time and a second', async () => {
    answer = () => undefined;
    const { summary } = await run([smoke('home', {}, { withinMs: 50 })]);
    expect(summary).toContain('no answer within 1050 ms');
  });

  it('are all told within the time that they have together', async () => {
    answer = () => undefined;
    const tests = Array.from({ length: 20 }, (_, index) => smoke(`t${index}`, {}, { withinMs: 30_000 }));
    const started = performance.now();
    const results = await runSmokeTests(
      tests,
      resolvers.map(({ address }) => address),
      300,
    );
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(results.map(({ check }) => check.held).filter((held) => held === true)).toEqual([]);
    expect(results.at(-1)?.check.evidence).toContain('not sent, the tests before it took all the time');
  });

  it('of an environment that has none pass', async () => {
    expect(await run([])).toMatchObject({ passed: true, summary: 'the environment has no tests' });
  });
});

describe('a load', () => {
  it('is put on a service whose tests pass, and told', async () => {
    const { summary } = await run([smoke('home')], loadOf());
    expect(requests.filter((each) => each.endsWith('/load'))).toHaveLength(40);
    expect(summary).toMatch(/^the one test passes; under load it held: 40 of 40 requests/);
  });

  it('is not put on a service of which a test fails', async () => {
    answer = (_, response) => void response.writeHead(503).end();
    await run([smoke('home')], loadOf());
    expect(requests.filter((each) => each.endsWith('/load'))).toEqual([]);
  });

  it('is not put on a service by a plan', async () => {
    await run([smoke('home')], loadOf(), planOnly);
    expect(requests.filter((each) => each.endsWith('/load'))).toEqual([]);
  });

  it('that only finds errors ends early, and fails nothing', async () => {
    answer = ({ url }, response) => void response.writeHead(url === '/load' ? 500 : 200).end();
    const { passed, summary } = await run([smoke('home')], loadOf({ requests: 400 }));
    expect(passed).toBe(true);
    expect(summary).toContain('under load it did not hold');
    expect(requests.filter((each) => each.endsWith('/load')).length).toBeLessThan(30);
  });
});
