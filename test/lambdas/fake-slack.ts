import { vi } from 'vitest';

export interface Post {
  readonly channel: string;
  readonly text: string;
  readonly thread_ts?: string;
  readonly reply_broadcast?: boolean;
  readonly token: string;
}

/** Slack behind `fetch`: takes posts with its token, answers their ids, and fails as told. */
export interface FakeSlack {
  readonly posts: readonly Post[];
  readonly asked: number;
  token: string;
  /** Answers to give before it works again. */
  readonly instead: (() => Response | Promise<Response>)[];
}

export function startSlack(token: string): FakeSlack {
  const posts: Post[] = [];
  const slack = { posts, asked: 0, token, instead: [] as FakeSlack['instead'] };
  vi.stubGlobal('fetch', async (url: string, request: { headers: Record<string, string>; body: string }) => {
    slack.asked += 1;
    const other = slack.instead.shift();
    if (other) return other();
    if (url !== 'https://slack.com/api/chat.postMessage')
      return Response.json({ ok: false, error: 'unknown_method' });
    const given = new Headers(request.headers).get('authorization') ?? '';
    if (given !== `Bearer ${slack.token}`) return Response.json({ ok: false, error: 'invalid_auth' });
    posts.push({ ...(JSON.parse(request.body) as Post), token: given });
    return Response.json({ ok: true, ts: `1700000000.00000${posts.length}` });
  });
  return slack;
}

export const rateLimited = (retryAfter: string) => () =>
  new Response('{"ok":false,"error":"ratelimited"}', { status: 429, headers: { 'retry-after': retryAfter } });
