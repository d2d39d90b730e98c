import { setTimeout as delay } from 'node:timers/promises';

const endpoint = 'https://slack.com/api/chat.postMessage';
const requestTimeoutMs = 3_000;
/** Longer than this a function does not wait: the notice is recorded as failed, and the next one comes. */
const maxWaitSeconds = 3;
/** Slack truncates at 40,000 characters (aws-facts §7). */
const maxTextLength = 39_000;

interface SlackPost {
  readonly channel: string;
  readonly text: string;
  /** The message to answer; without one this begins a thread. */
  readonly thread?: string;
  /** Also show the answer in the channel. */
  readonly broadcast?: boolean;
}

/**
 * Post a message and answer its id, for the thread. Waits once when Slack asks for a short patience.
 *
 * @throws Error that says in Slack's words why it was not posted
 */
export async function postToSlack(
  token: string,
  post: SlackPost,
  sleep: (ms: number) => Promise<unknown> = delay,
): Promise<string> {
  const first = await send(token, post);
  if (first.retryAfter === undefined) return first.ts;
  if (first.retryAfter > maxWaitSeconds) {
    throw new Error(
      `Slack asks to wait ${first.retryAfter} s, longer than the ${maxWaitSeconds} s there are`,
    );
  }
  await sleep(first.retryAfter * 1_000);
  const second = await send(token, post);
  if (second.retryAfter === undefined) return second.ts;
  throw new Error(`Slack asks to wait another ${second.retryAfter} s`);
}

type Sent = { readonly ts: string; readonly retryAfter?: never } | { readonly retryAfter: number };

async function send(token: string, { channel, text, thread, broadcast }: SlackPost): Promise<Sent> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({
      channel,
      text: escaped(text).slice(0, maxTextLength),
      unfurl_links: false,
      ...(thread === undefined ? {} : { thread_ts: thread, reply_broadcast: broadcast ?? false }),
    }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (response.status === 429) {
    const seconds = Number(response.headers.get('retry-after') ?? '1');
    return { retryAfter: Number.isFinite(seconds) && seconds >= 0 ? seconds : 1 };
  }
  if (!response.ok) throw new Error(`Slack answered ${response.status}`);
  const answer = (await response.json()) as {
    readonly ok?: unknown;
    readonly ts?: unknown;
    readonly error?: unknown;
  };
  if (answer.ok === true && typeof answer.ts === 'string') return { ts: answer.ts };
  throw new Error(`Slack refused: ${typeof answer.error === 'string' ? answer.error : 'no reason given'}`);
}

/** The three characters that mean something in Slack's text. */
function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
