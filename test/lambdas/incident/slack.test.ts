import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { postToSlack } from '../../../lambdas/incident/slack.ts';
import { rateLimited, startSlack, type FakeSlack } from '../fake-slack.ts';

let slack: FakeSlack;
const slept: number[] = [];
const post = (changes: object = {}) =>
  postToSlack('xoxb-1', { channel: 'C0', text: 'hello', ...changes }, async (ms) => slept.push(ms));

beforeEach(() => {
  slack = startSlack('xoxb-1');
  slept.length = 0;
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it('posts and answers the id of the message', async () => {
  expect(await post()).toBe('1700000000.000001');
  expect(slack.posts).toMatchObject([{ channel: 'C0', text: 'hello' }]);
  expect(slack.posts[0]).not.toHaveProperty('thread_ts');
});

it('answers in a thread, and shows the end of it in the channel', async () => {
  await post({ thread: '1.000001', broadcast: true });
  expect(slack.posts[0]).toMatchObject({ thread_ts: '1.000001', reply_broadcast: true });
});

it("escapes what means something to Slack, and keeps within Slack's length", async () => {
  await post({ text: `<!channel> & ${'x'.repeat(50_000)}` });
  expect(slack.posts[0]!.text).toMatch(/^&lt;!channel&gt; &amp; x+$/);
  expect(slack.posts[0]!.text.length).toBeLessThanOrEqual(40_000);
});

describe('when Slack asks to wait', () => {
  it('waits as long as it asks, once', async () => {
    slack.instead.push(rateLimited('2'));
    expect(await post()).toBe('1700000000.000001');
    expect(slept).toEqual([2_000]);
  });

  it('does not wait longer than a recovery can afford', async () => {
    slack.instead.push(rateLimited('30'));
    await expect(post()).rejects.toThrow('Slack asks to wait 30 s, longer than the 3 s there are');
    expect(slept).toEqual([]);
  });

  it('gives up the second time', async () => {
    slack.instead.push(rateLimited('1'), rateLimited('1'));
    await expect(post()).rejects.toThrow('Slack asks to wait another 1 s');
    expect(slack.asked).toBe(2);
  });

  it('takes nonsense for a second', async () => {
    slack.instead.push(rateLimited('soon'));
    await post();
    expect(slept).toEqual([1_000]);
  });
});

it.each<[string, () => Response | Promise<Response>, string]>([
  [
    'refuses',
    () => Response.json({ ok: false, error: 'channel_not_found' }),
    'Slack refused: channel_not_found',
  ],
  ['says nothing', () => Response.json({}), 'Slack refused: no reason given'],
  ['is broken', () => new Response('<html>', { status: 503 }), 'Slack answered 503'],
  ['cannot be reached', () => Promise.reject(new TypeError('fetch failed')), 'fetch failed'],
])('says why it was not posted when Slack %s', async (_, answer, why) => {
  slack.instead.push(answer);
  await expect(post()).rejects.toThrow(why);
});
