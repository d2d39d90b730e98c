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
    ['msg_too_long', { channel, text: 'x'.repeat(40_001) }],
  ])('refuses with %s', async (error, body) => {
    const answer = await call('chat.postMessage', body);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ok: false, error });
    expect(slack.messages()).toEqual([]);
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
    slack.fail('down');
    await expect(call('chat.postMessage', { channel, text: 'x' })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    slack.fail(null);
    expect((await call('chat.postMessage', { channel, text: 'x' })).body['ok']).toBe(true);
  });
});
