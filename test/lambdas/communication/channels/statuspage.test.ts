import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { startStatuspage, type Statuspage } from '../../../../drill/world/inboxes/statuspage.ts';
import { forgetSecretToken } from '../../../../lambdas/aws/secret-token.ts';
import { sendToStatuspage } from '../../../../lambdas/communication/channels/statuspage.ts';
import type { Delivery, Message } from '../../../../lambdas/communication/contract.ts';
import { fakeSecrets, type FakeSecrets } from '../../fake-secrets.ts';
import { incident, planOnly } from '../../memory-ledger.ts';
import { openRecord } from '../routing.ts';
import { failureOf } from './failure-of.ts';
import { reach } from './reach.ts';
import { content, delivery, inTime, newClock, start } from './world.ts';

const clock = newClock();
const pageId = 'kctbh9vrtdwd';
let authority: Authority;
let statuspage: Statuspage;
let secrets: FakeSecrets;
let away: () => Promise<void>;

const words = { ...content, subject: 'erlmcp: service interrupted', links: [] };
const send = sendToStatuspage({ pageId, keySecret: 'statuspage' });
const deliver = (message: Partial<Message> = {}, changes: Partial<Omit<Delivery, 'message'>> = {}) =>
  send(
    delivery({ channel: 'statuspage', audience: 'public', content: words, ...message }, changes),
    inTime(),
  );
const confirmed = openRecord({}, { confirmedAt: incident.startedAt });

beforeAll(async () => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  authority = await createAuthority();
});
beforeEach(async () => {
  forgetSecretToken('statuspage');
  secrets = fakeSecrets();
  secrets.put('eu-central-1', 'statuspage', 'key-1');
  statuspage = await startStatuspage({ clock, authority, apiKey: 'key-1', pageId });
  away = await reach({ 'api.statuspage.io': () => statuspage.port }, authority.certificatePem);
});
afterEach(async () => {
  vi.useRealTimers();
  await away();
  await statuspage.stop();
});
afterAll(() => {
  clock.stop();
  vi.unstubAllEnvs();
});

describe('an incident on the page', () => {
  it('is opened, updated and resolved, under the name that it was opened with', async () => {
    const { ref } = await deliver();
    expect(ref).toMatch(/^inc/);
    const at = { ref: ref ?? '', record: confirmed };
    await deliver({ kind: 'update', key: 'update 1' }, at);
    await deliver({ kind: 'escalation' }, at);
    expect(
      await deliver({ kind: 'recovered', content: { ...words, subject: 'Service restored' } }, at),
    ).toEqual({
      ref,
    });
    expect(statuspage.incidents()).toMatchObject([
      {
        id: ref,
        name: 'erlmcp: service interrupted',
        status: 'resolved',
        impact: 'critical',
        resolvedAt: clock.now(),
      },
    ]);
    expect(statuspage.messages().map(({ status }) => status)).toEqual([
      'investigating',
      'identified',
      'identified',
      'resolved',
    ]);
    expect(statuspage.messages()[0]).toMatchObject({
      body: expect.stringContaining('- Fence the primary site'),
      delivered: true,
    });
  });

  it.each([
    ['P0', 'critical'],
    ['P1', 'major'],
    ['P2', 'minor'],
    ['P3', 'none'],
  ] as const)('is of %s %s', async (severity, impact) => {
    await deliver({}, { incident: { ...incident, severity } });
    expect(statuspage.incidents()[0]?.impact).toBe(impact);
  });

  it('is not said to be identified before it is known to be real', async () => {
    const { ref = '' } = await deliver();
    await deliver({ kind: 'update' }, { ref });
    expect(statuspage.incidents()[0]?.status).toBe('investigating');
    await deliver({ kind: 'update', key: 'update 2' }, { ref, record: confirmed });
    // The ledger is silent: what it was is what it stays.
    await deliver({ kind: 'update', key: 'update 3' }, { ref, record: null });
    expect(statuspage.messages().map(({ status }) => status)).toEqual([
      'investigating',
      'investigating',
      'identified',
      'identified',
    ]);
  });

  it('mails nobody that nothing has happened', async () => {
    const { ref = '' } = await deliver();
    await deliver({ kind: 'update', content: { ...words, unchanged: true } }, { ref });
    expect(statuspage.messages().map(({ delivered }) => delivered)).toEqual([true, false]);
  });
});

describe('when an answer is lost', () => {
  it('opens no second incident', async () => {
    statuspage.fail('lost', { times: 1, method: 'POST' });
    expect((await failureOf(deliver())).again).toBe(true);
    expect(await deliver()).toEqual({ ref: statuspage.incidents()[0]?.id });
    expect(statuspage.messages()).toHaveLength(1);
  });

  it('says the next word at the incident that was left behind', async () => {
    statuspage.fail('lost', { times: 1, method: 'POST' });
    await failureOf(deliver());
    await deliver({ kind: 'update' });
    expect(statuspage.incidents()).toHaveLength(1);
    expect(statuspage.messages()).toHaveLength(2);
  });

  it('says the same update once, also the last one', async () => {
    const { ref = '' } = await deliver();
    for (const kind of ['update', 'recovered'] as const) {
      statuspage.fail('lost', { times: 1, method: 'PATCH' });
      await failureOf(deliver({ kind }, { ref }));
      await deliver({ kind }, { ref });
    }
    expect(statuspage.messages().map(({ status }) => status)).toEqual([
      'investigating',
      'investigating',
      'resolved',
    ]);
    // Even when nobody wrote down what the page calls it.
    await deliver({ kind: 'recovered' });
    expect(statuspage.incidents()).toHaveLength(1);
    expect(statuspage.messages()).toHaveLength(3);
  });

  it('leaves the incidents of others alone', async () => {
    await deliver({}, { incident: { ...incident, id: 'dev-20261122-101010' } });
    await deliver();
    expect(statuspage.incidents()).toHaveLength(2);
  });
});

describe('words that the page would not take, or not show', () => {
  it('are shown as text', async () => {
    await deliver({
      content: {
        ...words,
        sections: [{ title: 'Issue', body: '<script>alert("1")</script> & <b>bold</b>' }],
      },
    });
    expect(statuspage.messages()[0]?.body).toContain(
      '&lt;script&gt;alert("1")&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;',
    );
  });

  it.each(['<', '&', 'é', '😀'])('are cut to what the page takes (%s)', async (character) => {
    const body = character.repeat(60_000);
    await deliver({ content: { ...words, subject: body, sections: [{ title: 'Issue', body }] } });
    const [shown] = statuspage.incidents();
    expect(shown?.name.length).toBeLessThanOrEqual(255);
    const text = shown?.updates[0]?.body ?? '';
    expect(text.length).toBeLessThanOrEqual(25_000);
    expect(text).not.toMatch(/&(?!(amp|lt|gt);)/);
    expect(text.isWellFormed()).toBe(true);
  });
});

describe('what the public does not hear', () => {
  it.each([
    'approval',
    'milestone',
    'unacknowledged',
    'undelivered',
    'note',
    'joined',
    'acknowledged',
  ] as const)('is %s', async (kind) => {
    expect((await failureOf(deliver({ kind }))).again).toBe(false);
    expect(statuspage.incidents()).toEqual([]);
  });

  it('is a plan', async () => {
    expect(await failureOf(deliver({}, { incident: planOnly }))).toMatchObject({ again: false });
  });
});

describe('when the page fails', () => {
  it('says how long it asks to wait', async () => {
    statuspage.fail('ratelimited', { times: 1, retryAfter: 3 });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: 3 });
    vi.useFakeTimers({ now: start, toFake: ['Date'] });
    statuspage.fail('ratelimited', { times: 1, retryAfter: new Date(start + 9_500).toUTCString() });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: 9 });
  });

  it('takes 420 for a limit too', async () => {
    await statuspage.stop();
    statuspage = await startStatuspage({ clock, authority, apiKey: 'key-1', pageId, requestsPerMinute: 2 });
    await deliver();
    expect(await failureOf(deliver({ kind: 'update' }))).toMatchObject({
      again: true,
      message: expect.stringContaining('Statuspage answered 420') as string,
    });
    await clock.sleep(60_000);
    await deliver({ kind: 'update' });
    expect(statuspage.messages()).toHaveLength(2);
  });

  it('reads a replaced key after a refusal, and never shows one', async () => {
    secrets.put('eu-central-1', 'statuspage', 'key-old');
    const failure = await failureOf(deliver());
    expect(failure).toMatchObject({ again: false, message: expect.stringContaining('401') as string });
    expect(failure.message).not.toContain('key-old');
    secrets.put('eu-central-1', 'statuspage', 'key-1');
    await deliver();
    expect(statuspage.incidents()).toHaveLength(1);
  });

  it('says that an incident was removed from the page', async () => {
    expect(await failureOf(deliver({ kind: 'update' }, { ref: 'inc-gone' }))).toMatchObject({
      again: false,
      message: expect.stringContaining('404') as string,
    });
  });
});
