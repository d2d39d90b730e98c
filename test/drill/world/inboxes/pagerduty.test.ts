import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { startPagerDuty, type PagerDuty } from '../../../../drill/world/inboxes/pagerduty.ts';
import { ask } from '../ask.ts';

let authority: Authority;
let pagerDuty: PagerDuty;
const clock = new WorldClock({ start: Date.UTC(2026, 10, 23), speed: Infinity, whileBusy: 'not-at-all' });
const routingKey = '0123456789abcdef0123456789abcdef';

const payload = { summary: 'Site down', source: 'erlmcp.company.com', severity: 'critical' };
const trigger = { routing_key: routingKey, event_action: 'trigger', dedup_key: 'inc-1', payload };
const enqueue = (body: unknown, path = '/v2/enqueue', method = 'POST') =>
  ask(`https://127.0.0.1:${pagerDuty.port}${path}`, {
    method,
    body,
    ca: authority.certificatePem,
    servername: 'events.pagerduty.com',
  });

beforeAll(async () => {
  authority = await createAuthority();
});
beforeEach(async () => {
  pagerDuty = await startPagerDuty({ clock, authority, routingKey });
});
afterEach(() => pagerDuty.stop());
afterAll(() => clock.stop());

describe('an alert', () => {
  it('is one for its key, until it is resolved', async () => {
    const answer = await enqueue(trigger);
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ status: 'success', message: 'Event processed', dedup_key: 'inc-1' });
    const openedAt = clock.now();
    await clock.sleep(60_000);
    await enqueue({ ...trigger, payload: { ...payload, summary: 'Still down', severity: 'info' } });
    await enqueue({ routing_key: routingKey, event_action: 'acknowledge', dedup_key: 'inc-1' });
    expect(pagerDuty.alerts()).toMatchObject([
      { dedupKey: 'inc-1', status: 'acknowledged', summary: 'Site down', severity: 'critical', openedAt },
    ]);
    await enqueue(trigger);
    expect(pagerDuty.alerts()[0]?.status).toBe('acknowledged');
    await enqueue({ routing_key: routingKey, event_action: 'resolve', dedup_key: 'inc-1' });
    await enqueue({ routing_key: routingKey, event_action: 'acknowledge', dedup_key: 'inc-1' });
    expect(pagerDuty.alerts()[0]?.status).toBe('resolved');
    await enqueue(trigger);
    expect(pagerDuty.alerts().map(({ status }) => status)).toEqual(['resolved', 'triggered']);
    expect(pagerDuty.messages()).toHaveLength(7);
  });

  it('gets a key when it brings none', async () => {
    const { dedup_key: generated } = (await enqueue({ ...trigger, dedup_key: undefined })).body;
    expect(pagerDuty.alerts()[0]?.dedupKey).toBe(generated);
    await enqueue({ ...trigger, dedup_key: undefined });
    expect(pagerDuty.alerts()).toHaveLength(2);
  });
});

describe('what it refuses', () => {
  it.each([
    ['no key', { ...trigger, routing_key: undefined }, "'routing_key' is missing or blank"],
    [
      'a short key',
      { ...trigger, routing_key: 'abc' },
      "Length of 'routing_key' is incorrect (should be 32 characters)",
    ],
    [
      'a key with signs',
      { ...trigger, routing_key: '+'.repeat(32) },
      "'routing_key' cannot contain non-alphanumeric characters.",
    ],
    ['an unknown key', { ...trigger, routing_key: 'z'.repeat(32) }, 'Invalid routing key'],
    ['no action', { ...trigger, event_action: undefined }, "'event_action' is missing or blank"],
    [
      'another action',
      { ...trigger, event_action: 'close' },
      "'event_action' is invalid (must be one of the following: trigger, acknowledge, resolve)",
    ],
    [
      'a long dedup_key',
      { ...trigger, dedup_key: 'x'.repeat(256) },
      "'dedup_key' is too long (maximum is 255 characters)",
    ],
    [
      'an acknowledgement of nothing',
      { ...trigger, event_action: 'acknowledge', dedup_key: undefined },
      "'dedup_key' is missing or blank",
    ],
    ['no payload', { ...trigger, payload: undefined }, "'payload' is missing or blank"],
    [
      'no source',
      { ...trigger, payload: { ...payload, source: '' } },
      "'payload.source' is missing or blank",
    ],
    [
      'a long summary',
      { ...trigger, payload: { ...payload, summary: 'x'.repeat(1_025) } },
      "'payload.summary' is too long (maximum is 1024 characters)",
    ],
    [
      'another severity',
      { ...trigger, payload: { ...payload, severity: 'P0' } },
      "'payload.severity' is invalid (must be one of the following: critical, warning, error, info)",
    ],
    [
      'details that are a text',
      { ...trigger, payload: { ...payload, custom_details: 'text' } },
      "'payload.custom_details' is not an object",
    ],
    [
      'a link to nowhere',
      { ...trigger, links: [{ text: 'x' }] },
      "'links' is invalid (each needs an 'href')",
    ],
    ['what is no JSON', '{"routing_key', 'JSON is invalid'],
  ])('%s', async (_, body, error) => {
    const answer = await enqueue(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: 'invalid event', message: 'Event object is invalid' });
    expect(answer.body['errors']).toContain(error);
    expect(pagerDuty.messages()).toEqual([]);
  });

  it('more than 512 KB, other paths and other methods', async () => {
    const details = { log: 'x'.repeat(512 * 1_024) };
    expect((await enqueue({ ...trigger, payload: { ...payload, custom_details: details } })).status).toBe(
      413,
    );
    expect((await enqueue(trigger, '/v2/other')).status).toBe(404);
    expect((await enqueue(undefined, '/v2/enqueue', 'GET')).status).toBe(405);
  });
});

describe('when it fails', () => {
  it('asks to wait, as often as told, in seconds or until a date', async () => {
    pagerDuty.fail('ratelimited', { times: 1, retryAfter: 7 });
    const refused = await enqueue(trigger);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '7']);
    expect((await enqueue(trigger)).status).toBe(202);
    const date = new Date(clock.now() + 5_000).toUTCString();
    pagerDuty.fail('ratelimited', { times: 1, retryAfter: date });
    expect((await enqueue(trigger)).headers['retry-after']).toBe(date);
  });

  it('refuses the key, answers 503, or is gone, until mended', async () => {
    pagerDuty.fail('unauthorized');
    expect((await enqueue(trigger)).status).toBe(400);
    pagerDuty.fail('error');
    expect((await enqueue(trigger)).status).toBe(503);
    pagerDuty.fail('down');
    await expect(enqueue(trigger)).rejects.toMatchObject({ code: 'ECONNRESET' });
    pagerDuty.fail(null);
    expect((await enqueue(trigger)).status).toBe(202);
    expect(pagerDuty.messages()).toHaveLength(1);
  });

  it('can lose an answer after the work is done', async () => {
    pagerDuty.fail('lost', { times: 1 });
    await expect(enqueue(trigger)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(pagerDuty.alerts()).toHaveLength(1);
  });

  it('fails so many of its requests, as a 503 or a 429', async () => {
    // Which fails, and how; in turn.
    const draws = [0.4, 0.1, 0.6, 0.4, 0.9];
    let next = 0;
    pagerDuty.failEvery(0.5, () => draws[next++] ?? 1);
    const statuses: number[] = [];
    for (let request = 0; request < 3; request++) statuses.push((await enqueue(trigger)).status);
    expect(statuses).toEqual([503, 202, 429]);
    pagerDuty.failEvery(0, () => 0);
    expect((await enqueue(trigger)).status).toBe(202);
  });
});
