import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { callApi, retryAfterSeconds } from '../../../../lambdas/communication/channels/http.ts';
import { failureOf } from './failure-of.ts';
import { inTime, start } from './world.ts';

let server: Server | undefined;

afterEach(() => {
  vi.useRealTimers();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function call(listener: RequestListener, secret = 'secret-1', signal = inTime()): Promise<unknown> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return callApi(
    {
      service: 'Desk',
      method: 'POST',
      url: `http://127.0.0.1:${port}/x`,
      headers: { authorization: `Bearer ${secret}` },
      body: { a: 1 },
      secrets: [secret],
    },
    signal,
  );
}

describe('what an answer means', () => {
  it('is its JSON, and nothing when it has none', async () => {
    expect(await call((_, response) => response.end('{"b":2}'))).toEqual({ b: 2 });
    expect(await call((_, response) => response.writeHead(204).end())).toEqual({});
  });

  it('is not that of who answers with a page instead', async () => {
    const failure = await failureOf(call((_, response) => response.end('<html>Log in</html>')));
    expect(failure).toMatchObject({ again: true, message: 'Desk answered, and not with JSON' });
  });

  it('is a refusal when it leads elsewhere, and is not followed', async () => {
    let asked = 0;
    const moved: RequestListener = (_, response) => {
      asked += 1;
      response.writeHead(301, { location: '/elsewhere' }).end();
    };
    expect(await failureOf(call(moved))).toMatchObject({ again: false, message: 'Desk answered 301' });
    expect(asked).toBe(1);
  });

  it.each([
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [408, true],
    [420, true],
    [422, false],
    [429, true],
    [500, true],
    [503, true],
  ])('of %i is that another try is worth it: %s', async (status, again) => {
    expect((await failureOf(call((_, response) => response.writeHead(status).end()))).again).toBe(again);
  });

  it('says when a limit that is used up is full again', async () => {
    vi.useFakeTimers({ now: start, toFake: ['Date'] });
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(start / 1_000 + 90) };
    expect(await failureOf(call((_, response) => response.writeHead(403, headers).end()))).toMatchObject({
      again: true,
      retryAfterSeconds: 90,
    });
    const left = { ...headers, 'x-ratelimit-remaining': '7' };
    expect(await failureOf(call((_, response) => response.writeHead(403, left).end()))).toMatchObject({
      again: false,
    });
  });
});

describe('a failure', () => {
  it('never holds a secret, even when the API repeats it', async () => {
    const echo: RequestListener = (request, response) =>
      response
        .writeHead(400)
        .end(`no such thing:\n ${request.headers.authorization ?? ''} ${'x'.repeat(1_000)}`);
    const { message } = await failureOf(call(echo));
    expect(message).toMatch(/^Desk answered 400: no such thing: Bearer \*\*\* x+$/);
    expect(message.length).toBeLessThan(350);
  });

  it('of a secret that no header can hold does not quote it, and is not tried again', async () => {
    const failure = await failureOf(call((_, response) => response.end(), 'one\ntwo'));
    expect(failure.again).toBe(false);
    expect(`${failure.message} ${String(failure.cause)}`).not.toMatch(/one|two/);
  });

  it('comes after three seconds without an answer', async () => {
    const before = performance.now();
    const failure = await failureOf(call(() => undefined));
    expect(failure).toMatchObject({ again: true, message: 'Desk did not answer: 3 s are over' });
    expect(performance.now() - before).toBeGreaterThan(2_900);
  });

  it('comes earlier when there is no more time', async () => {
    const failure = await failureOf(call(() => undefined, 'secret-1', AbortSignal.timeout(50)));
    expect(failure).toMatchObject({ again: true, message: 'Desk did not answer: there was no time left' });
  });

  it('says what the network said', async () => {
    const failure = await failureOf(call((request) => request.socket.destroy()));
    expect(failure).toMatchObject({ again: true });
    expect(failure.message).toMatch(/^Desk did not answer: (UND_ERR_SOCKET|ECONNRESET)/);
  });
});

it.each([
  ['5', 5],
  [' 0 ', 0],
  ['Mon, 23 Nov 2026 12:03:15 GMT', 10],
  ['Mon, 23 Nov 2026 12:00:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['', undefined],
])('Retry-After: %s is %s seconds', (value, seconds) => {
  expect(retryAfterSeconds(value, start)).toBe(seconds);
});
