import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { startPagerDuty, type PagerDuty } from '../../../../drill/world/inboxes/pagerduty.ts';
import { forgetSecretToken } from '../../../../lambdas/aws/secret-token.ts';
import { sendToPagerDuty } from '../../../../lambdas/communication/channels/pagerduty.ts';
import type { NoticeKind } from '../../../../lambdas/incident/contract.ts';
import { fakeSecrets, type FakeSecrets } from '../../fake-secrets.ts';
import { incident, planOnly } from '../../memory-ledger.ts';
import { failureOf } from './failure-of.ts';
import { reach } from './reach.ts';
import { content, delivery, inTime, newClock, start } from './world.ts';

const clock = newClock();
const key = 'a'.repeat(32);
let authority: Authority;
let pagerDuty: PagerDuty;
let secrets: FakeSecrets;
let away: () => Promise<void>;

const send = sendToPagerDuty(
  { routingKeySecret: 'pagerduty' },
  { application: 'erlmcp', publicName: 'erlmcp.company.com' },
);
const deliver = (kind: NoticeKind = 'opened', changes: Parameters<typeof delivery>[1] = {}) =>
  send(delivery({ kind, channel: 'pagerduty' }, changes), inTime());
beforeAll(async () => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  authority = await createAuthority();
});
beforeEach(async () => {
  forgetSecretToken('pagerduty');
  secrets = fakeSecrets();
  secrets.put('eu-central-1', 'pagerduty', key);
  pagerDuty = await startPagerDuty({ clock, authority, routingKey: key });
  away = await reach({ 'events.pagerduty.com': () => pagerDuty.port }, authority.certificatePem);
});
afterEach(async () => {
  vi.useRealTimers();
  await away();
  await pagerDuty.stop();
});
afterAll(() => {
  clock.stop();
  vi.unstubAllEnvs();
});

describe('one alert per incident', () => {
  it('is triggered, told more, acknowledged and resolved', async () => {
    for (const kind of ['opened', 'approval', 'acknowledged', 'update', 'recovered'] as const) {
      expect(await deliver(kind)).toEqual({});
    }
    expect(pagerDuty.alerts()).toHaveLength(1);
    expect(pagerDuty.alerts()[0]).toMatchObject({
      dedupKey: incident.id,
      status: 'resolved',
      summary: content.subject,
      severity: 'critical',
      openedAt: clock.now(),
    });
    expect(pagerDuty.messages().map(({ action }) => action)).toEqual([
      'trigger',
      'trigger',
      'acknowledge',
      'trigger',
      'resolve',
    ]);
  });

  it('says where it is and what is known', async () => {
    await deliver();
    expect(pagerDuty.messages()[0]).toMatchObject({
      source: 'erlmcp.company.com',
      component: 'erlmcp',
      group: 'dev',
      class: 'site-failure',
      details: {
        Message: 'Seen by two regions.',
        Severity: 'P0',
        'Next steps': ['Fence the primary site', 'Promote the standby'],
      },
      links: [{ href: 'https://console.example/report?region=eu', text: 'Read the report' }],
    });
  });

  it.each([
    ['P0', 'critical'],
    ['P1', 'error'],
    ['P2', 'warning'],
    ['P3', 'info'],
  ] as const)('is for %s %s', async (severity, expected) => {
    await deliver('opened', { incident: { ...incident, severity } });
    expect(pagerDuty.alerts()[0]?.severity).toBe(expected);
  });

  it('is the same one when the answer to the first was lost', async () => {
    pagerDuty.fail('lost', { times: 1 });
    expect((await failureOf(deliver())).again).toBe(true);
    await deliver();
    expect(pagerDuty.messages()).toHaveLength(2);
    expect(pagerDuty.alerts()).toHaveLength(1);
  });
});

describe('what is too large', () => {
  it('is cut, and the alert is still one that PagerDuty takes', async () => {
    const large = {
      ...content,
      subject: 'é😀'.repeat(2_000),
      sections: [
        { title: 'Evidence', body: '<&"'.repeat(300_000) },
        { title: 'Lines', body: Array.from({ length: 40_000 }, (_, line) => `line ${line} 😀`) },
      ],
    };
    await send(delivery({ content: large }), inTime());
    expect(pagerDuty.alerts()[0]?.summary.length).toBeLessThanOrEqual(1_024);
  });

  it('keeps what fits, and cuts only the rest', async () => {
    const large = { ...content, sections: [{ title: 'Evidence', body: 'x'.repeat(60_000) }] };
    await send(delivery({ content: large }), inTime());
    expect(pagerDuty.messages()[0]?.details).toMatchObject({
      Severity: 'P0',
      Evidence: expect.stringMatching(/^x{19999}…$/),
    });
  });
});

describe('what PagerDuty does not hear', () => {
  it.each(['note', 'joined', 'ignored'] as const)('is %s', async (kind) => {
    expect((await failureOf(deliver(kind))).again).toBe(false);
    expect(pagerDuty.messages()).toEqual([]);
  });

  it('is a plan, but for its end', async () => {
    const failure = await failureOf(deliver('opened', { incident: planOnly }));
    expect(failure).toMatchObject({ again: false, message: 'a plan calls nobody' });
    await deliver('planned', { incident: planOnly });
    expect(pagerDuty.alerts()).toEqual([]);
  });
});

describe('when PagerDuty fails', () => {
  it('says how long it asks to wait, in seconds or as a date', async () => {
    pagerDuty.fail('ratelimited', { times: 1, retryAfter: 7 });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: 7 });
    vi.useFakeTimers({ now: start, toFake: ['Date'] });
    pagerDuty.fail('ratelimited', { times: 1, retryAfter: 'Mon, 23 Nov 2026 12:03:45 GMT' });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: 40 });
    pagerDuty.fail('ratelimited', { times: 1, retryAfter: 'soon' });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: undefined });
  });

  it('is worth another try when it is ill, or not there', async () => {
    pagerDuty.fail('error', { times: 1 });
    expect(await failureOf(deliver())).toMatchObject({
      again: true,
      message: expect.stringMatching(/^PagerDuty answered 503/),
    });
    pagerDuty.fail('down');
    expect(await failureOf(deliver())).toMatchObject({ again: true });
    pagerDuty.fail(null);
    await deliver();
    expect(pagerDuty.alerts()).toHaveLength(1);
  });

  it('is not waited for longer than there is time', async () => {
    const failure = await failureOf(send(delivery(), AbortSignal.abort()));
    expect(failure).toMatchObject({
      again: true,
      message: 'PagerDuty did not answer: there was no time left',
    });
  });

  it('reads a replaced key after a refusal, and never shows one', async () => {
    secrets.put('eu-central-1', 'pagerduty', 'b'.repeat(32));
    const failure = await failureOf(deliver());
    expect(failure.again).toBe(false);
    expect(failure.message).toContain('Invalid routing key');
    expect(failure.message).not.toContain('b'.repeat(32));
    secrets.put('eu-central-1', 'pagerduty', key);
    await deliver();
    expect(pagerDuty.alerts()).toHaveLength(1);
  });
});
