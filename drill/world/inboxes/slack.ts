import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import type { Clock } from '../../clock.ts';
import type { Authority } from '../certificates.ts';
import { startLoopbackServer } from '../loopback-server.ts';

/** A message as the channel shows it now. */
export interface SlackMessage {
  readonly channel: string;
  /** Slack's id of a message: its time, unique in the channel. */
  readonly ts: string;
  /** The message it answers, when it is in a thread. */
  readonly threadTs?: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
  /** Milliseconds since the epoch, incident time. */
  readonly at: number;
  /** When `chat.update` last changed it. */
  readonly editedAt?: number;
}

/**
 * What Slack does instead of its work: refuses the token, asks to wait, answers 503, or is not there at all.
 */
export type SlackFailure = 'invalid_auth' | 'ratelimited' | 'error' | 'down';

interface SlackOptions {
  readonly clock: Clock;
  readonly authority: Authority;
  /** The bot token it accepts. */
  readonly token: string;
  /** Ids of the channels that the bot is a member of. */
  readonly channels: readonly string[];
  readonly preferredPort?: number;
}

export interface Slack {
  readonly port: number;
  messages(): readonly SlackMessage[];
  /** `times` counts requests, default until mended with null; `retryAfter` in seconds, default 30. */
  fail(
    failure: SlackFailure | null,
    options?: { readonly times?: number; readonly retryAfter?: number },
  ): void;
  stop(): Promise<void>;
}

type Arguments = Readonly<Record<string, unknown>>;
type Answer =
  { readonly ok: true; readonly [member: string]: unknown } | { readonly ok: false; readonly error: string };

interface Reply {
  readonly status: number;
  readonly answer: Answer;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** Limits of a message (Slack's block and chat.postMessage reference). */
const limits = { text: 40_000, blocks: 50, section: 3_000, header: 150 } as const;

/** Slack's Web API for one workspace, under the names `slack.com` and `www.slack.com`. */
export async function startSlack(options: SlackOptions): Promise<Slack> {
  const { clock, authority, token } = options;
  const workspace = new Workspace(clock, options.channels);
  let failing: { readonly failure: SlackFailure; times: number; readonly retryAfter: number } | null = null;

  const handle = async (request: IncomingMessage): Promise<Reply> => {
    const body = await readText(request);
    const failure = failing;
    if (failure && --failure.times <= 0) failing = null;
    if (failure?.failure === 'ratelimited') {
      return { status: 429, answer: refusal('ratelimited'), retryAfter: failure.retryAfter };
    }
    if (failure?.failure === 'error') return { status: 503, answer: refusal('service_unavailable') };
    const given = parse(request, body);
    const presented = bearer(request) ?? given['token'];
    if (presented === undefined) return { status: 200, answer: refusal('not_authed') };
    if (presented !== token || failure?.failure === 'invalid_auth') {
      return { status: 200, answer: refusal('invalid_auth') };
    }
    const path = new URL(request.url ?? '/', 'https://slack.com').pathname;
    return { status: 200, answer: workspace.call(path.replace(/^\/api\//, ''), given) };
  };

  const server = await startLoopbackServer({
    certificate: await authority.issue(['slack.com', 'www.slack.com']),
    handler: (request, response) =>
      void clock.busy(async () => {
        const malformed: Reply = { status: 400, answer: refusal('invalid_arguments') };
        send(response, await handle(request).catch(() => malformed));
      }),
    ...(options.preferredPort === undefined ? {} : { preferredPort: options.preferredPort }),
  });

  return {
    port: server.port,
    messages: () => workspace.messages(),
    fail(failure, { times = Infinity, retryAfter = 30 } = {}) {
      failing = failure === null || failure === 'down' ? null : { failure, times, retryAfter };
      if (failure === 'down') server.shut();
      else server.open();
    },
    stop: () => server.close(),
  };
}

class Workspace {
  readonly #clock: Clock;
  readonly #channels: readonly string[];
  #messages: SlackMessage[] = [];
  #lastMicroseconds = 0;

  constructor(clock: Clock, channels: readonly string[]) {
    this.#clock = clock;
    this.#channels = channels;
  }

  messages(): readonly SlackMessage[] {
    return this.#messages;
  }

  call(method: string, given: Arguments): Answer {
    switch (method) {
      case 'auth.test':
        return { ok: true, url: 'https://lifeboat.slack.com/', team: 'lifeboat', user: 'lifeboat' };
      case 'chat.postMessage':
        return this.#post(given);
      case 'chat.update':
        return this.#update(given);
      default:
        return refusal('unknown_method');
    }
  }

  #post(given: Arguments): Answer {
    const refused = this.#refuse(given);
    if (refused) return refusal(refused);
    const threadTs = given['thread_ts'];
    const at = this.#clock.now();
    const message: SlackMessage = {
      channel: String(given['channel']),
      ts: this.#nextTs(at),
      ...(typeof threadTs === 'string' && threadTs !== '' ? { threadTs } : {}),
      text: textOf(given),
      blocks: blocksOf(given) ?? [],
      at,
    };
    this.#messages.push(message);
    return { ok: true, channel: message.channel, ts: message.ts, message: shown(message) };
  }

  #update(given: Arguments): Answer {
    const refused = this.#refuse(given);
    if (refused) return refusal(refused);
    const { channel, ts } = given;
    const index = this.#messages.findIndex((message) => message.channel === channel && message.ts === ts);
    const before = this.#messages[index];
    if (!before) return refusal('message_not_found');
    const after = {
      ...before,
      text: textOf(given),
      blocks: blocksOf(given) ?? [],
      editedAt: this.#clock.now(),
    };
    this.#messages[index] = after;
    return { ok: true, channel, ts, text: after.text, message: shown(after) };
  }

  #refuse(given: Arguments): string | undefined {
    const { channel } = given;
    if (typeof channel !== 'string' || !this.#channels.includes(channel)) return 'channel_not_found';
    const blocks = blocksOf(given);
    if (blocks === undefined) return 'invalid_blocks_format';
    if (blocks.length > limits.blocks || blocks.some(tooLong)) return 'invalid_blocks';
    const text = textOf(given);
    if (text === '' && blocks.length === 0) return 'no_text';
    return text.length > limits.text ? 'msg_too_long' : undefined;
  }

  #nextTs(at: number): string {
    this.#lastMicroseconds = Math.max(Math.floor(at * 1000), this.#lastMicroseconds + 1);
    return (this.#lastMicroseconds / 1e6).toFixed(6);
  }
}

function textOf({ text }: Arguments): string {
  return typeof text === 'string' ? text : '';
}

/** Blocks come as an array in JSON and as JSON text in a form; undefined when they are neither. */
function blocksOf({ blocks }: Arguments): readonly unknown[] | undefined {
  if (blocks === undefined) return [];
  if (typeof blocks !== 'string') return Array.isArray(blocks) ? (blocks as unknown[]) : undefined;
  try {
    const parsed: unknown = JSON.parse(blocks);
    return Array.isArray(parsed) ? (parsed as unknown[]) : undefined;
  } catch {
    return undefined;
  }
}

function tooLong(block: unknown): boolean {
  const { type, text } = (block ?? {}) as { type?: unknown; text?: { text?: unknown } };
  const length = typeof text?.text === 'string' ? text.text.length : 0;
  return length > (type === 'header' ? limits.header : limits.section);
}

function shown({ ts, threadTs, text, blocks }: SlackMessage) {
  return { type: 'message', ts, text, blocks, ...(threadTs === undefined ? {} : { thread_ts: threadTs }) };
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
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
  response.end(JSON.stringify(answer));
}
