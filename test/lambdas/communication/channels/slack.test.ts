import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { refusalOfBlocks } from '../../../../drill/world/inboxes/slack-limits.ts';
import { startSlack, type Slack, type SlackMessage } from '../../../../drill/world/inboxes/slack.ts';
import { forgetSecretToken } from '../../../../lambdas/aws/secret-token.ts';
import { sendToSlack } from '../../../../lambdas/communication/channels/slack.ts';
import type { Message, Send } from '../../../../lambdas/communication/contract.ts';
import { deliverPatiently } from '../../../../lambdas/communication/patience.ts';
import type { IncidentRecord, Notice } from '../../../../lambdas/incident/contract.ts';
import { fakeSecrets } from '../../fake-secrets.ts';
import { incident } from '../../memory-ledger.ts';
import { openRecord } from '../routing.ts';
import { failureOf } from './failure-of.ts';
import { reach } from './reach.ts';
import { content, delivery, inTime, newClock, start } from './world.ts';

const clock = newClock();
const channel = 'C0INCIDENTS';
const token = 'xoxb-1';
let authority: Authority;
let slack: Slack;
let away: () => Promise<void>;
let send: Send;

const sender = (buttons = true) =>
  sendToSlack({ channel, tokenSecret: 'slack', buttons }, { application: 'erlmcp' });
const tell = (
  kind: Message['kind'],
  changes: Parameters<typeof delivery>[1] = {},
  message: Partial<Message> = {},
) => send(delivery({ kind, channel: 'slack', ...message }, changes), inTime());
const same = (n: number) => ({ key: `update ${n}`, content: { ...content, unchanged: true } });
const untold = (key: string): Notice => ({
  at: incident.startedAt,
  kind: 'update',
  channel: 'slack',
  audience: 'oncall',
  subject: 'x',
  delivered: false,
  key,
});
const heads = () => slack.messages().filter(({ threadTs }) => threadTs === undefined);
const replies = () => slack.messages().filter(({ threadTs }) => threadTs !== undefined);
const textOf = (message: SlackMessage | undefined) => JSON.stringify(message?.blocks);
const asked = (method: string) => slack.calls().filter((each) => each === method).length;

async function open(scopes?: readonly string[]): Promise<void> {
  slack = await startSlack({ clock, authority, token, channels: [channel], ...(scopes ? { scopes } : {}) });
}

beforeAll(async () => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  authority = await createAuthority();
});
beforeEach(async () => {
  forgetSecretToken('slack');
  fakeSecrets().put('eu-central-1', 'slack', token);
  await open();
  away = await reach({ 'slack.com': () => slack.port }, authority.certificatePem);
  send = sender();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await away();
  await slack.stop();
});
afterAll(() => {
  clock.stop();
  vi.unstubAllEnvs();
});

describe('one thread per incident', () => {
  it('begins with the head, and tells the details below it', async () => {
    const { ref } = await tell('opened', { now: start + 5_000 });
    expect(ref).toBe(heads()[0]?.ts);
    expect(heads()).toHaveLength(1);
    expect(replies()).toMatchObject([{ threadTs: ref, text: `${content.subject}\n${content.short}` }]);
    expect(slack.calls()).toEqual(['chat.postMessage', 'chat.postMessage']);
  });

  it('goes on below it, with the head brought up to date, in two calls', async () => {
    const { ref = '' } = await tell('opened');
    const before = slack.calls().length;
    const record = openRecord(
      {},
      { acknowledged: { at: incident.startedAt, by: 'John Doe', via: 'Slack' }, confirmedAt: 'x' },
    );
    const told = await tell('update', { ref, record, now: start + 15 * 60_000 }, { key: 'update 1' });
    expect(told).toEqual({});
    expect(slack.calls().slice(before)).toEqual(['chat.postMessage', 'chat.update']);
    expect(replies().map(({ threadTs }) => threadTs)).toEqual([ref, ref]);
    expect(textOf(heads()[0])).toContain('recovering');
    expect(textOf(heads()[0])).toContain('John Doe');
    expect(textOf(heads()[0])).toContain('25 % of the RTO');
    expect(heads()[0]?.editedAt).toBe(clock.now());
  });

  it.each([
    ['approval', true],
    ['unacknowledged', true],
    ['escalation', true],
    ['recovered', true],
    ['ignored', true],
    ['update', undefined],
    ['note', undefined],
    ['milestone', undefined],
  ] as const)('%s is shown to the whole channel: %s', async (kind, shown) => {
    const { ref = '' } = await tell('opened');
    await tell(kind, { ref });
    expect(replies().at(-1)?.broadcast).toBe(shown);
  });

  it('is not begun by what comes beside it', async () => {
    expect(await tell('joined', {}, { key: 'joined x' })).toEqual({});
    const { ref } = await tell('opened');
    expect(heads()).toHaveLength(2);
    expect(ref).toBe(heads()[1]?.ts);
  });

  it('has told it although the head could not be changed', async () => {
    const { ref = '' } = await tell('opened');
    slack.fail('error', { method: 'chat.update' });
    expect(await tell('update', { ref })).toEqual({});
    expect(replies()).toHaveLength(2);
  });

  it('shows how it ended, with the report', async () => {
    const { ref = '' } = await tell('opened');
    const record: IncidentRecord = {
      ...openRecord(),
      state: 'closed',
      outcome: 'recovered',
      closedAt: new Date(start + 22 * 60_000).toISOString(),
      summary: 'It is served by the standby site.',
    };
    await tell('recovered', { ref, record, now: start + 40 * 60_000 });
    expect(heads()[0]?.text).toBe(`P0 erlmcp: recovered (${incident.id})`);
    expect(textOf(heads()[0])).toContain('37 % of the RTO');
    expect(textOf(heads()[0])).toContain('Read the report');
    expect(textOf(heads()[0])).not.toContain('lifeboat_acknowledge');
  });
});

describe('an update that says that nothing has changed', () => {
  it('takes the place of the one before that said the same', async () => {
    const { ref = '' } = await tell('opened');
    expect(await tell('update', { ref }, same(1))).toEqual({});
    const again = { ...same(2), content: { ...same(2).content, short: '30 min are over.' } };
    expect(await tell('update', { ref }, again)).toEqual({ merged: true });
    expect(await tell('update', { ref }, same(3))).toEqual({ merged: true });
    expect(replies()).toHaveLength(2);
    expect(asked('chat.postMessage')).toBe(3);
  });

  it('does not when something else was said meanwhile, by us or by a person', async () => {
    const { ref = '' } = await tell('opened');
    await tell('update', { ref }, same(1));
    await tell('note', { ref });
    expect(await tell('update', { ref }, same(2))).toEqual({});
    await slackSays('I am looking at it', ref);
    expect(await tell('update', { ref }, same(3))).toEqual({});
    expect(replies()).toHaveLength(6);
  });

  it('is posted where the history may not be read', async () => {
    await slack.stop();
    await open(['chat:write']);
    const { ref = '' } = await tell('opened');
    await tell('update', { ref }, same(1));
    expect(await tell('update', { ref }, same(2))).toEqual({});
    expect(replies()).toHaveLength(3);
  });

  it('is posted when the one before is gone', async () => {
    const { ref = '' } = await tell('opened');
    await tell('update', { ref }, same(1));
    const fetched = globalThis.fetch;
    const gone = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation((url, init) =>
        (url instanceof Request ? url.url : url.toString()).endsWith('chat.update')
          ? Promise.resolve(Response.json({ ok: false, error: 'edit_window_closed' }))
          : fetched(url, init),
      );
    expect(await tell('update', { ref }, same(2))).toEqual({});
    gone.mockRestore();
    expect(replies()).toHaveLength(3);
  });
});

describe('an answer that was lost', () => {
  const lose = (method: string) => slack.fail('lost', { times: 1, method });

  it('leaves one head, whoever tries again', async () => {
    lose('chat.postMessage');
    expect(await failureOf(tell('opened'))).toMatchObject({ again: true });
    const { ref } = await tell('opened');
    expect(heads()).toMatchObject([{ ts: ref }]);
    expect(replies()).toHaveLength(1);
  });

  it('leaves one head, when another function goes on, which knows only the record', async () => {
    lose('chat.postMessage');
    await failureOf(tell('opened'));
    send = sender();
    const record = openRecord({}, { notices: [untold('opened')] });
    await tell('update', { record }, { key: 'update 1' });
    expect(heads()).toHaveLength(1);
    send = sender();
    await tell('update', { record: null, now: start + 3_600_000 }, { key: 'update 2' });
    send = sender();
    await tell('update', { now: start + 60_000 }, { key: 'update 3' });
    expect(heads()).toHaveLength(1);
  });

  it('does not double the details of the head', async () => {
    slack.fail('lost', { times: 2, method: 'chat.postMessage' });
    const told = await deliverPatiently(send, delivery({ channel: 'slack' }), Date.now() + 10_000, () =>
      Promise.resolve(),
    );
    expect(told).toMatchObject({ ok: true, attempts: 3 });
    expect(slack.messages()).toHaveLength(2);
  });

  it('does not double a reply, in this function or in the next', async () => {
    const { ref = '' } = await tell('opened');
    lose('chat.postMessage');
    await failureOf(tell('update', { ref }, { key: 'update 1' }));
    await tell('update', { ref }, { key: 'update 1' });
    expect(replies()).toHaveLength(2);
    lose('chat.postMessage');
    await failureOf(tell('update', { ref }, { key: 'update 2' }));
    send = sender();
    await tell(
      'update',
      { ref, record: openRecord({}, { notices: [untold('update 2')] }) },
      { key: 'update 2' },
    );
    expect(replies()).toHaveLength(3);
  });

  it('does not take a first unchanged update for a merged one, nor a merged one for a first', async () => {
    const { ref = '' } = await tell('opened');
    lose('chat.postMessage');
    await failureOf(tell('update', { ref }, same(1)));
    expect(await tell('update', { ref }, same(1))).toEqual({});
    lose('chat.update');
    await failureOf(tell('update', { ref }, same(2)));
    expect(await tell('update', { ref }, same(2))).toEqual({ merged: true });
    expect(replies()).toHaveLength(2);
  });

  it('is not looked for when it was a refusal', async () => {
    const { ref = '' } = await tell('opened');
    slack.fail('ratelimited', { times: 1 });
    await failureOf(tell('update', { ref }));
    await tell('update', { ref });
    expect(asked('conversations.replies')).toBe(0);
  });

  it('is told twice rather than not at all, where the history may not be read', async () => {
    await slack.stop();
    await open(['chat:write']);
    const { ref = '' } = await tell('opened');
    lose('chat.postMessage');
    await failureOf(tell('update', { ref }));
    await tell('update', { ref });
    expect(replies()).toHaveLength(3);
  });
});

describe('a failure', () => {
  it('says how long Slack asks to wait', async () => {
    slack.fail('ratelimited', { retryAfter: 7 });
    expect(await failureOf(tell('opened'))).toMatchObject({
      again: true,
      retryAfterSeconds: 7,
      message: 'Slack asks to wait 7 s',
    });
    slack.fail('ratelimited', { retryAfter: null });
    const without = await failureOf(tell('opened'));
    expect(without.again).toBe(true);
    expect(without.retryAfterSeconds).toBeUndefined();
  });

  it('passes when Slack is ill or away', async () => {
    slack.fail('error');
    expect(await failureOf(tell('opened'))).toMatchObject({ again: true, message: 'Slack answered 503' });
    slack.fail('down');
    expect(await failureOf(tell('opened'))).toMatchObject({ again: true });
  });

  it('does not pass when the token is revoked, and the next try reads a new one', async () => {
    fakeSecrets().put('eu-central-1', 'slack', 'xoxb-old');
    expect(await failureOf(tell('opened'))).toMatchObject({
      again: false,
      message: 'Slack refused: invalid_auth',
    });
    fakeSecrets().put('eu-central-1', 'slack', token);
    await tell('opened');
    slack.fail('token_revoked');
    expect((await failureOf(tell('update'))).message).toBe('Slack refused: token_revoked');
  });

  it('is in the words of Slack', async () => {
    send = sendToSlack(
      { channel: 'C0OTHER', tokenSecret: 'slack', buttons: true },
      { application: 'erlmcp' },
    );
    expect(await failureOf(tell('opened'))).toMatchObject({
      again: false,
      message: 'Slack refused: channel_not_found',
    });
    await slack.stop();
    await open(['channels:history']);
    send = sender();
    expect((await failureOf(tell('opened'))).message).toBe(
      'Slack refused: missing_scope (needed: chat:write)',
    );
  });

  it.each([
    ['internal_error', true],
    ['fatal_error', true],
    ['service_unavailable', true],
    ['request_timeout', true],
    ['ratelimited', true],
    ['is_archived', false],
    ['account_inactive', false],
    ['msg_too_long', false],
    ['<html>Log in</html>', true],
  ])('%s: again %s', async (error, again) => {
    const answered = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(() =>
        Promise.resolve(error.startsWith('<') ? new Response(error) : Response.json({ ok: false, error })),
      );
    const failure = await failureOf(tell('opened'));
    answered.mockRestore();
    expect(failure.again).toBe(again);
    expect(failure.message).not.toContain('<html>');
  });

  it('never holds the token', async () => {
    fakeSecrets().put('eu-central-1', 'slack', 'xoxb-not\nto be sent');
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const complained = vi.spyOn(console, 'error').mockReturnValue();
    const failure = await failureOf(tell('opened'));
    const logs = [written.mock.calls, complained.mock.calls];
    written.mockRestore();
    complained.mockRestore();
    expect(failure).toMatchObject({ again: false });
    expect(JSON.stringify(logs)).toContain('slack-history-not-read');
    expect(JSON.stringify([failure.message, failure.stack, failure.cause, logs])).not.toContain('xoxb');
  });

  it('comes in time', async () => {
    const late = AbortSignal.timeout(20);
    const silent = vi.spyOn(globalThis, 'fetch').mockImplementation(
      (_, init) =>
        new Promise((_resolve, reject) => {
          const stop = () => reject(init?.signal?.reason as Error);
          if (init?.signal?.aborted) stop();
          else init?.signal?.addEventListener('abort', stop);
        }),
    );
    const began = performance.now();
    const failure = await failureOf(send(delivery({ channel: 'slack' }), late));
    silent.mockRestore();
    expect(failure).toMatchObject({ again: true, message: 'Slack did not answer: there was no time left' });
    expect(performance.now() - began).toBeLessThan(1_000);
    await expect(send(delivery({ channel: 'slack' }), late)).rejects.toMatchObject({ again: true });
  });

  it('of the details leaves the head, and says so', async () => {
    const fetched = globalThis.fetch;
    const refusing = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation((url, init) =>
        typeof init?.body === 'string' && init.body.includes('thread_ts=')
          ? Promise.resolve(Response.json({ ok: false, error: 'invalid_blocks' }))
          : fetched(url, init),
      );
    const told = await tell('opened');
    refusing.mockRestore();
    expect(told.ref).toBe(heads()[0]?.ts);
    expect(told.shortfall).toContain('invalid_blocks');
  });

  it('of the thread does not silence it', async () => {
    const { ref = '' } = await tell('opened');
    const fetched = globalThis.fetch;
    const locked = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation((url, init) =>
        typeof init?.body === 'string' && init.body.includes('thread_ts=')
          ? Promise.resolve(Response.json({ ok: false, error: 'restricted_action_thread_locked' }))
          : fetched(url, init),
      );
    expect(await tell('update', { ref })).toEqual({});
    locked.mockRestore();
    expect(heads()).toHaveLength(2);
  });
});

describe('what is within the limits', () => {
  it.each([
    ['a detail of 4,000 characters', 'x'.repeat(4_000)],
    ['4,000 characters of markup', '<&>*_~`@here '.repeat(310)],
    ['lines', 'a line of some length\n'.repeat(2_000)],
    ['surrogates', '🔥'.repeat(4_000)],
  ])('%s', async (_, text) => {
    const record = openRecord({}, { state: 'escalated', outcome: 'escalated', summary: text, pending: [] });
    const long = {
      ...content,
      subject: text.slice(0, 500),
      short: text,
      facts: Array.from({ length: 23 }, (): [string, string] => [text.slice(0, 300), text]),
      sections: Array.from({ length: 60 }, () => ({ title: text.slice(0, 300), body: [text, text] })),
    };
    const { ref } = await tell('opened', { record }, { content: long });
    expect(ref).toBeDefined();
    expect(slack.messages()).toHaveLength(2);
    for (const { blocks, text: fallback } of slack.messages()) {
      expect(refusalOfBlocks(blocks)).toBeUndefined();
      expect(fallback.length).toBeLessThanOrEqual(4_000);
      expect(JSON.stringify(blocks).isWellFormed()).toBe(true);
      // The header is plain text, in which nothing is markup.
      expect(JSON.stringify(blocks.slice(1))).not.toMatch(/&(?!amp;|lt;|gt;)/);
    }
    const shown = textOf(replies()[0]);
    expect(shown).toContain('There is more, on the record');
    expect(shown).toContain('fields');
    expect(shown.length).toBeGreaterThan(5_000);
  });

  it('what is too long leaves its place to what follows', async () => {
    const long = { title: 'Evidence', body: 'x'.repeat(2_900) };
    const sections = [long, long, long, long, { title: 'Contact', body: 'Ada' }];
    await tell('opened', {}, { content: { ...content, sections } });
    const shown = textOf(replies()[0]);
    expect(shown.split('Evidence')).toHaveLength(3);
    expect(shown).toContain('Ada');
    expect(shown).toContain('There is more, on the record');
  });
});

describe('buttons', () => {
  const actionsOf = (message: SlackMessage | undefined) =>
    (message?.blocks as { type: string; elements: { action_id: string; value?: string; url?: string }[] }[])
      .filter(({ type }) => type === 'actions')
      .flatMap(({ elements }) => elements);
  const askedAt = '2026-11-23T12:10:00.000Z';
  const waiting = (expiresAt = '2026-11-23T13:10:00.000Z') =>
    openRecord({}, { pending: [{ gate: 'promotion', question: 'Promote?', askedAt, expiresAt }] });
  const key = `approval promotion ${askedAt}`;

  it('of the head take the call and add notes', async () => {
    const { ref = '' } = await tell('opened');
    const ids = () => actionsOf(heads()[0]).map(({ action_id: id }) => id);
    expect(ids()).toEqual(['lifeboat_acknowledge', 'lifeboat_note']);
    expect(actionsOf(heads()[0])[0]?.value).toBe(JSON.stringify({ incident: incident.id }));
    const record = openRecord({}, { acknowledged: { at: askedAt, by: 'John', via: 'link' } });
    await tell('acknowledged', { ref, record });
    expect(ids()).toEqual(['lifeboat_note']);
  });

  it('of a question answer this question, instead of links', async () => {
    await tell('approval', { record: waiting() }, { key });
    const elements = actionsOf(replies()[0]);
    expect(elements.map(({ action_id: id }) => id)).toEqual(['lifeboat_approve', 'lifeboat_reject']);
    expect(JSON.parse(elements[0]?.value ?? '')).toEqual({
      incident: incident.id,
      gate: 'promotion',
      askedAt,
    });
    expect(textOf(heads()[0])).toContain('A person must decide');
    expect(textOf(heads()[0])).toContain('waits for a decision');
  });

  it('are not there for a question that is over, nor where there is nobody to answer them', async () => {
    await tell('approval', { record: waiting('2026-11-23T12:03:06.000Z') }, { key });
    expect(actionsOf(replies()[0]).map(({ url }) => url)).toEqual([content.links[0]?.url]);
    await slack.stop();
    await open();
    send = sender(false);
    await tell('approval', { record: waiting() }, { key });
    expect(textOf(heads()[0])).not.toContain('lifeboat_');
    expect(actionsOf(replies()[0]).map(({ url }) => url)).toEqual([content.links[0]?.url]);
  });
});

/** A colleague writes in the thread. */
async function slackSays(text: string, thread: string): Promise<void> {
  await fetch('https://slack.com/api/chat.postMessage', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel, text, thread_ts: thread }),
  });
}
