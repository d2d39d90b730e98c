import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import type { Clock } from '../../clock.ts';
import type { Authority } from '../certificates.ts';
import { startLoopbackServer } from '../loopback-server.ts';
import { Workspace, type Answer, type Arguments } from './slack-workspace.ts';

/** A message as the channel shows it now. */
export interface SlackMessage {
  readonly channel: string;
  /** Slack's id of a message: its time, unique in the channel. */
  readonly ts: string;
  /** The message it answers, when it is in a thread. */
  readonly threadTs?: string;
  /** An answer in a thread that the channel shows, too. */
  readonly broadcast?: true;
  readonly text: string;
  readonly blocks: readonly unknown[];
  /** What the message carries for programs. */
  readonly metadata?: unknown;
  /** Milliseconds since the epoch, incident time. */
  readonly at: number;
  /** When `chat.update` last changed it. */
  readonly editedAt?: number;
}

/** What opened for somebody who pressed a button. */
export interface SlackView {
  readonly at: number;
  readonly view: unknown;
}

/**
 * What Slack does instead of its work: refuses the token, asks to wait, answers 503, or is not there at all. `lost`: it
 * does its work, and nobody hears the answer.
 */
export type SlackFailure = 'invalid_auth' | 'token_revoked' | 'ratelimited' | 'error' | 'lost' | 'down';

interface SlackOptions {
  readonly clock: Clock;
  readonly authority: Authority;
  /** The bot token it accepts. */
  readonly token: string;
  /** Ids of the channels that the bot is a member of. */
  readonly channels: readonly string[];
  /** Of the bot; default those that the deployment guide asks for. */
  readonly scopes?: readonly string[];
  readonly preferredPort?: number;
}

export interface Slack {
  readonly port: number;
  messages(): readonly SlackMessage[];
  views(): readonly SlackView[];
  /** What Slack would send with a button that is pressed now, to open a view with. */
  trigger(): Promise<string>;
  /** What it was asked since it started, in order, refused or not: `chat.postMessage`. */
  calls(): readonly string[];
  /**
   * `times` counts requests, default until mended with null; `retryAfter` in seconds, default 30, null for an answer
   * that does not say it; `method`: only requests of it.
   */
  fail(
    failure: SlackFailure | null,
    options?: { readonly times?: number; readonly retryAfter?: number | null; readonly method?: string },
  ): void;
  /** Each request fails with this probability, as a 503 or as a 429 that asks for two seconds; 0 mends it. */
  failEvery(share: number, random: () => number): void;
  stop(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly answer: Answer;
  /** Seconds. */
  readonly retryAfter?: number | null;
}

interface Failing {
  readonly failure: Exclude<SlackFailure, 'down'>;
  times: number;
  readonly retryAfter: number | null;
  readonly method: string | undefined;
}

/**
 * Slack's Web API for one workspace, under the names `slack.com` and `www.slack.com`.
 *
 * It is answered by `emulate`, an emulator made by others: methods, tokens, scopes, channels, threads, views, metadata and
 * their errors are not what we believe of Slack. In front of it is what it does not do: to be rate limited, ill, deaf or
 * not there at all; a token that is revoked; the limits of messages and blocks; incident time, and our channels' ids. What
 * neither does: the channel's history has no broadcast replies.
 */
export async function startSlack(options: SlackOptions): Promise<Slack> {
  const { clock, authority, token, channels, scopes = ['chat:write', 'channels:history'] } = options;
  const workspace = await Workspace.open({ clock, token, channels, scopes });
  const calls: string[] = [];
  let flaky: { readonly share: number; readonly random: () => number } = { share: 0, random: () => 1 };
  let failing: Failing | null = null;

  const failureOf = (method: string): Failing | undefined => {
    if (!failing || (failing.method !== undefined && failing.method !== method)) return undefined;
    const now = failing;
    if (--now.times <= 0) failing = null;
    return now;
  };

  /** Null: nobody is answered. */
  const handle = async (request: IncomingMessage): Promise<Reply | null> => {
    const body = await readText(request);
    const method = new URL(request.url ?? '/', 'https://slack.com').pathname.replace(/^\/api\//, '');
    calls.push(method);
    const now = failureOf(method);
    if (now?.failure === 'ratelimited') {
      return { status: 429, answer: refusal('ratelimited'), retryAfter: now.retryAfter };
    }
    const draw = flaky.share > 0 ? flaky.random() : 1;
    if (draw < flaky.share) {
      return draw < flaky.share / 2
        ? { status: 429, answer: refusal('ratelimited'), retryAfter: 2 }
        : { status: 503, answer: refusal('service_unavailable') };
    }
    if (now?.failure === 'error') return { status: 503, answer: refusal('service_unavailable') };
    const given = parse(request, body);
    const presented = bearer(request) ?? given['token'];
    if (presented === undefined) return { status: 200, answer: refusal('not_authed') };
    if (presented !== token || now?.failure === 'invalid_auth') {
      return { status: 200, answer: refusal('invalid_auth') };
    }
    if (now?.failure === 'token_revoked') return { status: 200, answer: refusal('token_revoked') };
    const answer = await workspace.call(method, given);
    return now?.failure === 'lost' ? null : { status: 200, answer };
  };

  const server = await startLoopbackServer({
    certificate: await authority.issue(['slack.com', 'www.slack.com']),
    handler: (request, response) =>
      void clock.busy(async () => {
        const malformed: Reply = { status: 400, answer: refusal('invalid_arguments') };
        const reply = await handle(request).catch(() => malformed);
        if (reply) send(response, reply);
        else response.destroy();
      }),
    ...(options.preferredPort === undefined ? {} : { preferredPort: options.preferredPort }),
  });

  return {
    port: server.port,
    messages: () => workspace.messages(),
    views: () => workspace.views(),
    trigger: () => clock.busy(() => workspace.trigger()),
    calls: () => calls,
    fail(failure, { times = Infinity, retryAfter = 30, method } = {}) {
      failing = failure === null || failure === 'down' ? null : { failure, times, retryAfter, method };
      if (failure === 'down') server.shut();
      else server.open();
    },
    failEvery(share, random) {
      flaky = { share, random };
    },
    async stop() {
      await server.close();
      await workspace.close();
    },
  };
}

function refusal(error: string): Answer {
  return { ok: false, error };
}

function bearer({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}

function parse(request: IncomingMessage, body: string): Arguments {
  if ((request.headers['content-type'] ?? '').startsWith('application/json')) {
    return JSON.parse(body) as Arguments;
  }
  return Object.fromEntries(new URLSearchParams(body));
}

function send(response: ServerResponse, { status, answer, retryAfter }: Reply): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    ...(retryAfter === undefined || retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
  });
  response.end(JSON.stringify(answer));
}
