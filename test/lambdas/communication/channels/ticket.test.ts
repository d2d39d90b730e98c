import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { startTickets, type Tickets } from '../../../../drill/world/inboxes/tickets.ts';
import { forgetSecretToken } from '../../../../lambdas/aws/secret-token.ts';
import { sendToTicket } from '../../../../lambdas/communication/channels/ticket.ts';
import type {
  Content,
  Delivery,
  Message,
  TicketSettings,
} from '../../../../lambdas/communication/contract.ts';
import { fakeSecrets, type FakeSecrets } from '../../fake-secrets.ts';
import { incident } from '../../memory-ledger.ts';
import { failureOf } from './failure-of.ts';
import { reach } from './reach.ts';
import { content, delivery, inTime, newClock } from './world.ts';

const clock = newClock();
const systems: Readonly<Record<TicketSettings['system'], { settings: TicketSettings; token: string }>> = {
  jira: {
    settings: {
      system: 'jira',
      url: 'https://company.atlassian.net',
      project: 'OPS',
      issueType: 'Incident',
      tokenSecret: 'ticket',
    },
    token: 'bot@company.com:jira-token-1',
  },
  servicenow: {
    settings: { system: 'servicenow', url: 'https://company.service-now.com', tokenSecret: 'ticket' },
    token: 'lifeboat:password-1',
  },
  github: {
    settings: {
      system: 'github',
      url: 'https://api.github.com',
      repository: 'company/erlmcp',
      tokenSecret: 'ticket',
    },
    token: 'github_pat_1',
  },
};

let authority: Authority;
let tickets: Tickets;
let secrets: FakeSecrets;
let away: () => Promise<void>;
let settings: TicketSettings;

const use = (system: TicketSettings['system']) => {
  beforeEach(async () => {
    const { token } = systems[system];
    ({ settings } = systems[system]);
    forgetSecretToken('ticket');
    secrets = fakeSecrets();
    secrets.put('eu-central-1', 'ticket', token);
    tickets = await startTickets({ clock, authority, settings, token });
    away = await reach({ [new URL(settings.url).hostname]: () => tickets.port }, authority.certificatePem);
  });
  afterEach(async () => {
    await away();
    await tickets.stop();
  });
};
/** At the time that the world has, as functions are. */
const deliver = (message: Partial<Message> = {}, changes: Partial<Omit<Delivery, 'message'>> = {}) =>
  sendToTicket(settings)(delivery(message, { now: clock.now(), ...changes }), inTime());

beforeAll(async () => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  authority = await createAuthority();
});
afterAll(() => {
  clock.stop();
  vi.unstubAllEnvs();
});

describe.each(['jira', 'servicenow', 'github'] as const)('a ticket at %s', (system) => {
  use(system);

  it('is opened, commented on, and closed at the recovery', async () => {
    const { ref = '' } = await deliver();
    await deliver({ kind: 'escalation' }, { ref });
    expect(await deliver({ kind: 'recovered' }, { ref })).toEqual({ ref });
    expect(tickets.tickets()).toMatchObject([
      {
        ref,
        title: content.subject,
        state: 'closed',
        comments: [{}, {}],
        openedAt: expect.any(Number) as number,
        closedAt: clock.now(),
      },
    ]);
    const [ticket] = tickets.tickets();
    expect(ticket?.text).toContain('Fence the primary site');
    expect(ticket?.comments[0]?.text).toContain('Fence the primary site');
    // A comment says what it is about; a description has its title for that.
    expect(ticket?.comments[0]?.text).toContain('recovery started');
    expect(ticket?.text).not.toContain('recovery started');
  });

  it('is one ticket when the answer that opened it is lost', async () => {
    tickets.fail('lost', { times: 1, method: 'POST' });
    const { again, retryAfterSeconds = 0 } = await failureOf(deliver());
    expect(again).toBe(true);
    await clock.sleep(retryAfterSeconds * 1_000);
    expect(await deliver()).toEqual({ ref: tickets.tickets()[0]?.ref });
    expect(tickets.tickets()).toHaveLength(1);
    expect(tickets.tickets()[0]?.comments).toEqual([]);
  });

  it('is found by the next word when nobody wrote down which it is', async () => {
    await deliver();
    await clock.sleep(10_000);
    await deliver({ kind: 'escalation' });
    await deliver({ kind: 'escalation' });
    expect(tickets.tickets()).toHaveLength(1);
    expect(tickets.tickets()[0]?.comments).toHaveLength(1);
  });

  it('says the same once when the answer to a comment is lost, and is closed all the same', async () => {
    const { ref = '' } = await deliver();
    tickets.fail('lost', { times: 1, method: system === 'servicenow' ? 'PATCH' : 'POST' });
    expect((await failureOf(deliver({ kind: 'recovered' }, { ref }))).again).toBe(true);
    await deliver({ kind: 'recovered' }, { ref });
    await deliver({ kind: 'recovered' }, { ref });
    expect(tickets.tickets()[0]).toMatchObject({ state: 'closed', comments: [{}] });
  });

  it('is not the ticket of another incident', async () => {
    await deliver({}, { incident: { ...incident, id: 'dev-20261122-101010' } });
    await clock.sleep(10_000);
    await deliver();
    expect(tickets.tickets()).toHaveLength(2);
  });

  it('is cut to what the system takes', async () => {
    const large: Content = {
      ...content,
      subject: `one\nline ${'é😀'.repeat(1_000)}`,
      facts: [['Long', '*'.repeat(50_000)]],
      sections: [
        { title: 'Evidence', body: '&*_@x #1\n'.repeat(20_000) },
        { title: 'Lines', body: Array.from({ length: 5_000 }, () => '<b>😀</b>') },
      ],
    };
    const { ref = '' } = await deliver({ content: large });
    await deliver({ kind: 'escalation', content: large }, { ref });
    const [ticket] = tickets.tickets();
    expect(ticket?.title).toMatch(/^one line é/);
    expect(ticket?.title.isWellFormed()).toBe(true);
    expect(ticket?.comments).toHaveLength(1);
    // What finds it again is not what is cut.
    await clock.sleep(10_000);
    await deliver({ kind: 'escalation', content: large });
    expect(tickets.tickets()[0]?.comments).toHaveLength(1);
  });

  it('has no link that acts for whoever reads it', async () => {
    const link = { label: 'Take the call', url: 'https://x.lambda-url.example/?incident=1&signature=abc' };
    await deliver({ content: { ...content, links: [...content.links, link] } });
    const raw = JSON.stringify(tickets.tickets()[0]?.raw);
    expect(raw).toContain('console.example/report');
    expect(raw).not.toContain('signature=abc');
  });

  it('can wait when the system is busy, ill or away, and not when it refuses', async () => {
    tickets.fail('ratelimited', { times: 1, retryAfter: 11 });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: 11 });
    vi.useFakeTimers({ now: Date.parse(incident.startedAt), toFake: ['Date'] });
    tickets.fail('ratelimited', { times: 1, retryAfter: 'Mon, 23 Nov 2026 12:04:05 GMT' });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: 60 });
    vi.useRealTimers();
    tickets.fail('error', { times: 1 });
    expect((await failureOf(deliver())).again).toBe(true);
    tickets.fail('down');
    expect((await failureOf(deliver())).again).toBe(true);
    tickets.fail(null);
    expect((await failureOf(deliver({ kind: 'escalation' }, { ref: 'OPS-404' }))).again).toBe(false);
  });

  it('reads a replaced token after a refusal, and never shows one', async () => {
    secrets.put('eu-central-1', 'ticket', 'somebody:revoked-token');
    const failure = await failureOf(deliver());
    expect(failure).toMatchObject({ again: false, message: expect.stringContaining('401') as string });
    expect(failure.message).not.toContain('revoked');
    secrets.put('eu-central-1', 'ticket', systems[system].token);
    await deliver();
    expect(tickets.tickets()).toHaveLength(1);
  });
});

describe('Jira', () => {
  use('jira');

  it('gets labels, and text in which nothing is markup', async () => {
    await deliver({
      content: {
        ...content,
        sections: [{ title: 'Note', body: '*bold* {code}x{code} [~admin]\n\nsecond\u0007' }],
      },
    });
    const [ticket] = tickets.tickets();
    expect(ticket?.fields).toEqual({ labels: ['lifeboat', incident.id] });
    expect(ticket?.text).toContain('Note\n*bold* {code}x{code} [~admin]\nsecond ');
    expect(ticket?.resolution).toBeUndefined();
    await deliver({ kind: 'recovered' }, { ref: ticket?.ref ?? '' });
    expect(tickets.tickets()[0]?.resolution).toBe('Resolved');
  });

  it('asks for the time that its search is behind, after an answer that may be lost', async () => {
    tickets.fail('error', { times: 1, method: 'POST' });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: 5 });
    tickets.fail('ratelimited', { times: 1, retryAfter: 20, method: 'POST' });
    expect(await failureOf(deliver())).toMatchObject({ again: true, retryAfterSeconds: 20 });
  });

  it('says what was wrong with a project that is not there', async () => {
    settings = { ...systems.jira.settings, issueType: 'Outage' } as TicketSettings;
    expect(await failureOf(deliver())).toMatchObject({
      again: false,
      message: expect.stringMatching(/^Jira answered 400: .*valid issue type/) as string,
    });
  });
});

describe('ServiceNow', () => {
  use('servicenow');

  it.each([
    ['P0', '1', '1'],
    ['P1', '1', '2'],
    ['P2', '2', '2'],
    ['P3', '3', '3'],
  ] as const)('gets urgency and impact of %s', async (severity, urgency, impact) => {
    await deliver({}, { incident: { ...incident, severity } });
    expect(tickets.tickets()[0]?.fields).toMatchObject({
      urgency,
      impact,
      correlation_id: incident.id,
      number: expect.stringMatching(/^INC/) as string,
    });
  });

  it('gets text between whose marks nothing is HTML, and a resolution at the end', async () => {
    const body = '[code]<img src=x onerror=alert(1)>[/CODE]';
    const { ref = '' } = await deliver();
    await deliver({ kind: 'escalation', content: { ...content, sections: [{ title: '', body }] } }, { ref });
    expect(tickets.tickets()[0]?.comments[0]?.text).toContain('(code)<img');
    expect(tickets.tickets()[0]?.comments[0]?.text).toContain('(/CODE)');
    await deliver({ kind: 'recovered' }, { ref });
    expect(tickets.tickets()[0]).toMatchObject({
      resolution: 'Solution provided',
      fields: { state: '6', close_notes: content.short },
    });
  });
});

describe('GitHub', () => {
  use('github');
  const bodyWith = async (value: string) => {
    await deliver({ content: { ...content, sections: [{ title: 'Note', body: value }], links: [] } });
    return tickets.tickets().at(-1)?.text ?? '';
  };

  it('calls nobody, mentions no other issue, and shows no HTML', async () => {
    const text = await bodyWith('@company/ops look at #12 and GH-12: <img src=x> <!-- hidden --> a@b.com');
    expect(text).not.toMatch(/(?<!\w)@\w|#\d|GH-\d|<img|<!--/);
    expect(text).toContain('@\u200bcompany/ops look at #\u200b12');
    expect(text).toContain('&lt;img src=x&gt;');
    expect(text).toContain('a@b.com');
  });

  it('takes markup for text, and leaves addresses whole', async () => {
    const text = await bodyWith(
      '**bold** [a](http://x.example/a_b?c=*&d=1). `code` ~~no~~\n# head\n- item\n1. one',
    );
    expect(text).toContain(String.raw`\*\*bold\*\* \[a\](<http://x.example/a_b?c=*&d=1>).`);
    expect(text).toContain(String.raw`\`code\` \~\~no\~\~`);
    expect(text).toMatch(/\n&#8203;# head {2}\n&#8203;- item {2}\n&#8203;1\. one/);
  });

  it('shows facts and lists as lists', async () => {
    await deliver();
    const [ticket] = tickets.tickets();
    expect(ticket?.text).toContain('- **Severity:** P0');
    expect(ticket?.text).toContain('### Next steps\n\n- Fence the primary site\n- Promote the standby');
    expect(ticket?.text).toContain('- Read the report: <https://console.example/report?region=eu>');
  });

  it("holds no person's words in its reference", async () => {
    const { ref = '' } = await deliver({ key: 'note --> @all <b>' });
    expect(tickets.tickets()[0]?.raw).toMatch(
      /^<!-- lifeboat incident dev-20261123-120305 lifeboat\/dev-20261123-120305\/[0-9a-f]{16} -->\n/,
    );
    expect(ref).toBe('1');
  });

  it('closes as completed', async () => {
    const { ref = '' } = await deliver();
    await deliver({ kind: 'recovered' }, { ref });
    expect(tickets.tickets()[0]?.resolution).toBe('completed');
  });
});
