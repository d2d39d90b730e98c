import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { startSlack, type Slack } from '../../../../drill/world/inboxes/slack.ts';
import { ask } from '../ask.ts';

let authority: Authority;
let slack: Slack;
const clock = new WorldClock({ start: Date.UTC(2026, 10, 23), speed: Infinity, whileBusy: 'not-at-all' });
const channel = 'C0INCIDENTS';

const call = (
  method: string,
  body: unknown,
  headers: Record<string, string> = { authorization: 'Bearer xoxb-1' },
) =>
  ask(`https://127.0.0.1:${slack.port}/api/${method}`, {
    method: 'POST',
    body,
    headers,
    ca: authority.certificatePem,
    servername: 'slack.com',
  });

beforeAll(async () => {
  authority = await createAuthority();
});
beforeEach(async () => {
  slack = await startSlack({ clock, authority, token: 'xoxb-1', channels: [channel] });
});
afterEach(() => slack.stop());
afterAll(() => clock.stop());

describe('chat.postMessage', () => {
  it('keeps a thread per root message, with ids that differ within one millisecond', async () => {
    const root = await call('chat.postMessage', { channel, text: 'Incident opened' });
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'Scaling' } }];
    const answer = await call('chat.postMessage', {
      channel,
      text: 'Update',
      blocks,
      thread_ts: root.body['ts'],
    });
    expect(root.body).toMatchObject({ ok: true, channel, ts: expect.stringMatching(/^\d{10}\.\d{6}$/) });
    expect(answer.body['ts']).not.toBe(root.body['ts']);
    expect(slack.messages()).toMatchObject([
      { channel, text: 'Incident opened', at: clock.now() },
      { text: 'Update', blocks, threadTs: root.body['ts'] },
    ]);
    expect(slack.messages()[0]).not.toHaveProperty('threadTs');
  });

  it('accepts a form', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await call('chat.postMessage', `token=xoxb-1&channel=${channel}&text=Hello+there`, form);
    expect(answer.body['ok']).toBe(true);
    expect(slack.messages()[0]?.text).toBe('Hello there');
  });

  it.each([
    ['channel_not_found', { channel: 'C0OTHER', text: 'x' }],
    ['no_text', { channel }],
    [
      'invalid_blocks',
      { channel, text: 'x', blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) },
    ],
    [
      'invalid_blocks',
      { channel, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3_001) } }] },
    ],
    ['invalid_blocks_format', { channel, text: 'x', blocks: 'no json' }],
  ])('refuses with %s', async (error, body) => {
    const answer = await call('chat.postMessage', body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ok: false, error });
    expect(slack.messages()).toEqual([]);
  });

  it('cuts a text beyond 40,000 characters, as Slack does', async () => {
    const answer = await call('chat.postMessage', { channel, text: 'x'.repeat(40_001) });
    expect(answer.body).toMatchObject({ ok: true, warning: 'message_truncated' });
    expect(slack.messages()[0]?.text).toHaveLength(40_000);
  });

  it('wants the right token', async () => {
    expect((await call('chat.postMessage', { channel, text: 'x' }, {})).body['error']).toBe('not_authed');
    const wrong = await call('chat.postMessage', { channel, text: 'x' }, { authorization: 'Bearer other' });
    expect(wrong.body['error']).toBe('invalid_auth');
    expect((await call('files.upload', {})).body['error']).toBe('unknown_method');
  });
});

describe('chat.update', () => {
  it('changes a message in place', async () => {
    const ts = (await call('chat.postMessage', { channel, text: 'Open' })).body['ts'];
    await clock.sleep(5_000);
    expect((await call('chat.update', { channel, ts, text: 'Recovered' })).body).toMatchObject({
      ok: true,
      ts,
    });
    expect(slack.messages()).toMatchObject([{ ts, text: 'Recovered', editedAt: clock.now() }]);
    expect((await call('chat.update', { channel, ts: '1.000000', text: 'x' })).body['error']).toBe(
      'message_not_found',
    );
  });
});

describe('what is kept', () => {
  const mark = { event_type: 'note', event_payload: { key: 'a' } };

  it('is read by who may, with metadata for who asks for it', async () => {
    const { ts } = (await call('chat.postMessage', { channel, text: 'Open', metadata: mark })).body;
    await call('chat.postMessage', { channel, text: 'Update', thread_ts: ts, reply_broadcast: true });
    const history = await call('conversations.history', { channel, include_all_metadata: true });
    expect(history.body['messages']).toMatchObject([{ text: 'Open', metadata: mark, reply_count: 1 }]);
    const replies = await call('conversations.replies', { channel, ts });
    expect(replies.body['messages']).toMatchObject([{ text: 'Open' }, { text: 'Update' }]);
    expect(JSON.stringify(replies.body)).not.toContain('metadata":{"event');
    expect(slack.messages()).toMatchObject([{ metadata: mark }, { broadcast: true, threadTs: ts }]);
    const none = await call('conversations.replies', { channel, ts: '1.000000' });
    expect(none.body).toEqual({ ok: false, error: 'thread_not_found' });
  });

  it('is not read without the scope', async () => {
    const poor = await startSlack({
      clock,
      authority,
      token: 'xoxb-1',
      channels: [channel],
      scopes: ['chat:write'],
    });
    await slack.stop();
    slack = poor;
    expect((await call('chat.postMessage', { channel, text: 'x' })).body['ok']).toBe(true);
    expect((await call('conversations.history', { channel })).body).toMatchObject({
      error: 'missing_scope',
      needed: 'channels:history',
    });
  });

  it('is a view for who has pressed a button, once', async () => {
    const view = {
      type: 'modal',
      title: { type: 'plain_text', text: 'Note' },
      blocks: [{ type: 'divider' }],
    };
    const trigger = await slack.trigger();
    expect((await call('views.open', { trigger_id: trigger, view })).body['ok']).toBe(true);
    expect((await call('views.open', { trigger_id: trigger, view })).body['error']).toBe(
      'exchanged_trigger_id',
    );
    expect(slack.views()).toMatchObject([{ at: clock.now(), view: { type: 'modal' } }]);
  });
});

describe('when Slack fails', () => {
  it('asks to wait, as often as told', async () => {
    slack.fail('ratelimited', { times: 1, retryAfter: 7 });
    const refused = await call('chat.postMessage', { channel, text: 'x' });
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('7');
    expect(refused.body).toEqual({ ok: false, error: 'ratelimited' });
    expect((await call('chat.postMessage', { channel, text: 'x' })).body['ok']).toBe(true);
  });

  it('answers 503, refuses the token, or is gone, until mended', async () => {
    slack.fail('error');
    expect((await call('chat.postMessage', { channel, text: 'x' })).status).toBe(503);
    slack.fail('invalid_auth');
    expect((await call('chat.postMessage', { channel, text: 'x' })).body['error']).toBe('invalid_auth');
    slack.fail('token_revoked', { method: 'chat.update' });
    expect((await call('chat.postMessage', { channel, text: 'x' })).body['ok']).toBe(true);
    expect((await call('chat.update', { channel, ts: '1.0', text: 'x' })).body['error']).toBe(
      'token_revoked',
    );
    slack.fail('down');
    await expect(call('chat.postMessage', { channel, text: 'x' })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    slack.fail(null);
    expect((await call('chat.postMessage', { channel, text: 'x' })).body['ok']).toBe(true);
  });

  it('does what it was asked and loses the answer', async () => {
    slack.fail('lost', { times: 1 });
    await expect(call('chat.postMessage', { channel, text: 'x' })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect(slack.messages()).toHaveLength(1);
  });

  it('fails as often as it is told to, half of it as a 429', async () => {
    const draws = [0.1, 0.4, 0.9];
    slack.failEvery(0.5, () => draws.shift() ?? 1);
    const answers = [];
    for (let asked = 0; asked < 3; asked++) {
      answers.push((await call('chat.postMessage', { channel, text: 'x' })).status);
    }
    expect(answers).toEqual([429, 503, 200]);
    expect(slack.calls()).toEqual(Array(3).fill('chat.postMessage'));
  });
});
