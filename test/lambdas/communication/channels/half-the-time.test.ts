import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import type { ApiLevers } from '../../../../drill/world/inboxes/api-server.ts';
import { startPagerDuty } from '../../../../drill/world/inboxes/pagerduty.ts';
import { startStatuspage } from '../../../../drill/world/inboxes/statuspage.ts';
import { startTickets } from '../../../../drill/world/inboxes/tickets.ts';
import { forgetSecretToken } from '../../../../lambdas/aws/secret-token.ts';
import { sendToPagerDuty } from '../../../../lambdas/communication/channels/pagerduty.ts';
import { sendToStatuspage } from '../../../../lambdas/communication/channels/statuspage.ts';
import { sendToTicket } from '../../../../lambdas/communication/channels/ticket.ts';
import type { Send, TicketSettings } from '../../../../lambdas/communication/contract.ts';
import { deliverPatiently } from '../../../../lambdas/communication/patience.ts';
import { fakeSecrets } from '../../fake-secrets.ts';
import { reach } from './reach.ts';
import { delivery, newClock } from './world.ts';

/** An incident told through channels of which half of the requests fail, and some answers are lost. */

const clock = newClock();
const token = 'a'.repeat(32);
const jira: TicketSettings = {
  system: 'jira',
  url: 'https://company.atlassian.net',
  project: 'OPS',
  issueType: 'Incident',
  tokenSecret: 'half',
};
let authority: Authority;

beforeAll(async () => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  authority = await createAuthority();
});
beforeEach(() => {
  forgetSecretToken('half');
  fakeSecrets().put('eu-central-1', 'half', token);
});
afterAll(() => {
  clock.stop();
  vi.unstubAllEnvs();
});

/** Park and Miller's generator: the same numbers each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** The first word, eight updates and the last word; the one who tells tries until each is taken. */
async function tell(send: Send, levers: ApiLevers, seed: number): Promise<void> {
  const random = numbers(seed);
  levers.failEvery(0.5, random);
  const kinds = ['opened', ...Array<'update'>(8).fill('update'), 'recovered'] as const;
  let ref: string | undefined;
  for (const [index, kind] of kinds.entries()) {
    const key = `${kind} ${String(index)}`;
    if (index % 3 === 0) levers.fail('lost', { times: 1, method: index === 0 ? 'POST' : 'PATCH' });
    for (let look = 1, taken = false; !taken; look++) {
      expect(look).toBeLessThan(20);
      const told = await deliverPatiently(
        send,
        delivery({ kind, key }, { now: clock.now(), ...(ref === undefined ? {} : { ref }) }),
        Date.now() + 3_600_000,
        (ms) => clock.sleep(ms),
        random,
      );
      taken = told.ok;
      if (told.ok) ref = told.delivered.ref ?? ref;
    }
    await clock.sleep(15 * 60_000);
  }
}

describe.each([1, 2, 3])('a channel that fails half of the time (%i)', (seed) => {
  it('PagerDuty has one alert, and it is resolved', async () => {
    const pagerDuty = await startPagerDuty({ clock, authority, routingKey: token });
    const away = await reach({ 'events.pagerduty.com': () => pagerDuty.port }, authority.certificatePem);
    const send = sendToPagerDuty(
      { routingKeySecret: 'half' },
      { application: 'erlmcp', publicName: 'erlmcp.de' },
    );
    await tell(send, pagerDuty, seed);
    expect(pagerDuty.alerts()).toMatchObject([{ status: 'resolved' }]);
    await away();
    await pagerDuty.stop();
  });

  it('Statuspage has every word, in order, once', async () => {
    const page = await startStatuspage({ clock, authority, apiKey: token, pageId: 'kctbh9vrtdwd' });
    const away = await reach({ 'api.statuspage.io': () => page.port }, authority.certificatePem);
    await tell(sendToStatuspage({ pageId: 'kctbh9vrtdwd', keySecret: 'half' }), page, seed);
    expect(page.incidents()).toMatchObject([{ status: 'resolved' }]);
    expect(page.messages()).toHaveLength(10);
    await away();
    await page.stop();
  });

  it('Jira has one issue, with every word once, and it is done', async () => {
    const tickets = await startTickets({ clock, authority, settings: jira, token });
    const away = await reach({ 'company.atlassian.net': () => tickets.port }, authority.certificatePem);
    await tell(sendToTicket(jira), tickets, seed);
    expect(tickets.tickets()).toMatchObject([{ state: 'closed' }]);
    expect(tickets.tickets()[0]?.comments).toHaveLength(9);
    await away();
    await tickets.stop();
  });
});
