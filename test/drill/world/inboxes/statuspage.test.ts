import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { startStatuspage, type Statuspage } from '../../../../drill/world/inboxes/statuspage.ts';
import { ask } from '../ask.ts';

let authority: Authority;
let statuspage: Statuspage;
const clock = new WorldClock({ start: Date.UTC(2026, 10, 23), speed: Infinity, whileBusy: 'not-at-all' });
const page = '/v1/pages/kctbh9vrtdwd/incidents';

const call = (
  method: string,
  path: string,
  incident?: object,
  headers: Record<string, string> = { authorization: 'OAuth key-1' },
) =>
  ask(`https://127.0.0.1:${statuspage.port}${path}`, {
    method,
    headers,
    ca: authority.certificatePem,
    servername: 'api.statuspage.io',
    ...(incident === undefined ? {} : { body: { incident } }),
  });
const list = async (path: string) => JSON.parse((await call('GET', path)).text) as { id: string }[];

beforeAll(async () => {
  authority = await createAuthority();
});
beforeEach(async () => {
  statuspage = await startStatuspage({ clock, authority, apiKey: 'key-1', pageId: 'kctbh9vrtdwd' });
});
afterEach(() => statuspage.stop());
afterAll(() => clock.stop());

describe('an incident', () => {
  it('is opened, told on, resolved, and then no longer unresolved', async () => {
    const opened = await call('POST', page, {
      name: 'Interrupted',
      body: 'We look into it.',
      impact_override: 'major',
      metadata: { lifeboat: { incident: 'i-1' } },
    });
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({ name: 'Interrupted', status: 'investigating', impact: 'major' });
    const id = String(opened.body['id']);
    expect(await list(`${page}/unresolved`)).toMatchObject([
      { id, metadata: { lifeboat: { incident: 'i-1' } } },
    ]);
    const createdAt = clock.now();
    await clock.sleep(60_000);
    await call('PATCH', `${page}/${id}`, {
      status: 'identified',
      body: 'Found.',
      deliver_notifications: false,
    });
    await call('PATCH', `${page}/${id}`, { status: 'resolved', body: 'Mended.' });
    expect(statuspage.incidents()).toMatchObject([
      {
        id,
        status: 'resolved',
        impact: 'major',
        createdAt,
        resolvedAt: createdAt + 60_000,
        updates: [
          { status: 'investigating', body: 'We look into it.', delivered: true, at: createdAt },
          { status: 'identified', body: 'Found.', delivered: false },
          { status: 'resolved', body: 'Mended.', delivered: true, at: createdAt + 60_000 },
        ],
      },
    ]);
    expect(await list(`${page}/unresolved`)).toEqual([]);
    expect(await list(page)).toHaveLength(1);
    expect((await call('GET', `${page}/${id}`)).body).toMatchObject({
      incident_updates: [{ body: 'Mended.' }, { body: 'Found.' }, { body: 'We look into it.' }],
    });
  });

  it('says nothing when only its name changes', async () => {
    const { id } = (await call('POST', page, { name: 'One' })).body;
    await call('PATCH', `${page}/${String(id)}`, { name: 'Two' });
    expect(statuspage.incidents()[0]).toMatchObject({ name: 'Two', updates: [{}] });
    expect(statuspage.messages()).toMatchObject([{ incident: id, name: 'Two' }]);
  });
});

describe('what it refuses', () => {
  it.each([
    ['no name', {}, "Name can't be blank"],
    ['a long name', { name: 'x'.repeat(256) }, 'Name is too long (maximum is 255 characters)'],
    ['another status', { name: 'x', status: 'broken' }, 'Status is not included in the list'],
    ['another impact', { name: 'x', impact_override: 'P0' }, 'Impact override is not included in the list'],
    [
      'a long body',
      { name: 'x', body: 'x'.repeat(25_001) },
      'Body is too long (maximum is 25000 characters)',
    ],
    ['flat metadata', { name: 'x', metadata: { a: 'b' } }, 'Metadata top level values must be objects'],
  ])('%s', async (_, incident, message) => {
    const answer = await call('POST', page, incident);
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({ message });
    expect(statuspage.incidents()).toEqual([]);
  });

  it('who has no key, and what is not there', async () => {
    expect((await call('GET', page, undefined, {})).status).toBe(401);
    expect((await call('GET', page, undefined, { authorization: 'OAuth other' })).status).toBe(401);
    expect((await call('GET', page, undefined, { authorization: 'Bearer key-1' })).status).toBe(401);
    expect((await call('POST', '/v1/pages/other/incidents', { name: 'x' })).status).toBe(404);
    expect((await call('PATCH', `${page}/none`, { status: 'resolved' })).status).toBe(404);
    expect((await call('PATCH', `${page}/none`)).status).toBe(404);
  });

  it('more than a request a second, over a minute', async () => {
    const answers: number[] = [];
    for (let request = 0; request < 61; request++) answers.push((await call('GET', page)).status);
    expect(answers).toEqual([...Array<number>(60).fill(200), 420]);
    await clock.sleep(59_999);
    expect((await call('GET', page)).status).toBe(420);
    await clock.sleep(1);
    expect((await call('GET', page)).status).toBe(200);
  });
});

it('fails as told', async () => {
  statuspage.fail('ratelimited', { times: 1, retryAfter: 3 });
  const limited = await call('GET', page);
  expect([limited.status, limited.headers['retry-after']]).toEqual([429, '3']);
  statuspage.fail('error', { times: 1, method: 'POST' });
  expect((await call('GET', page)).status).toBe(200);
  expect((await call('POST', page, { name: 'x' })).status).toBe(503);
  statuspage.fail('unauthorized', { times: 1 });
  expect((await call('GET', page)).status).toBe(401);
  statuspage.fail('down');
  await expect(call('GET', page)).rejects.toMatchObject({ code: 'ECONNRESET' });
  statuspage.fail(null);
  expect((await call('GET', page)).status).toBe(200);
});
