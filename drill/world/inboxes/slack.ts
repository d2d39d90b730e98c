import { createServer } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { createEmulator, type Emulator } from 'emulate';
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
  /** What the message carries for programs. */
  readonly metadata?: unknown;
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
  /** Each request fails with this probability, as a 503 or as a 429 that asks for two seconds; 0 mends it. */
  failEvery(share: number, random: () => number): void;
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

/**
 * Slack's Web API for one workspace, under the names `slack.com` and `www.slack.com`.
 *
 * It is answered by `emulate`, an emulator made by others: methods, tokens, channels, threads and their errors are not
 * what we believe of Slack. In front of it is what it does not do: to be rate limited, ill, or not there at all, the
 * limits of messages and blocks, the metadata of messages, and incident time.
 */
export async function startSlack(options: SlackOptions): Promise<Slack> {
  const { clock, authority, token } = options;
  const [emulator, ids] = await startEmulator(token, options.channels);
  const workspace = new Workspace(clock, emulator, token, ids);
  let flaky: { readonly share: number; readonly random: () => number } = { share: 0, random: () => 1 };
  let failing: { readonly failure: SlackFailure; times: number; readonly retryAfter: number } | null = null;

  const handle = async (request: IncomingMessage): Promise<Reply> => {
    const body = await readText(request);
    const failure = failing;
    if (failure && --failure.times <= 0) failing = null;
    if (failure?.failure === 'ratelimited') {
      return { status: 429, answer: refusal('ratelimited'), retryAfter: failure.retryAfter };
    }
    const draw = flaky.share > 0 ? flaky.random() : 1;
    if (draw < flaky.share) {
      return draw < flaky.share / 2
        ? { status: 429, answer: refusal('ratelimited'), retryAfter: 2 }
        : { status: 503, answer: refusal('service_unavailable') };
    }
    if (failure?.failure === 'error') return { status: 503, answer: refusal('service_unavailable') };
    const given = parse(request, body);
    const presented = bearer(request) ?? given['token'];
    if (presented === undefined) return { status: 200, answer: refusal('not_authed') };
    if (presented !== token || failure?.failure === 'invalid_auth') {
      return { status: 200, answer: refusal('invalid_auth') };
    }
    const path = new URL(request.url ?? '/', 'https://slack.com').pathname;
    return { status: 200, answer: await workspace.call(path.replace(/^\/api\//, ''), given) };
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
    failEvery(share, random) {
      flaky = { share, random };
    },
    async stop() {
      await server.close();
      await emulator.close();
    },
  };
}

/** What emulate keeps, as the drill asks for it: in incident time, and with the metadata that emulate drops. */
class Workspace {
  readonly #clock: Clock;
  readonly #emulator: Emulator;
  readonly #token: string;
  /** Our channel's id to emulate's, which makes its own. */
  readonly #channels: ReadonlyMap<string, string>;
  #messages: SlackMessage[] = [];

  constructor(clock: Clock, emulator: Emulator, token: string, channels: ReadonlyMap<string, string>) {
    this.#clock = clock;
    this.#emulator = emulator;
    this.#token = token;
    this.#channels = channels;
  }

  messages(): readonly SlackMessage[] {
    return this.#messages;
  }

  async call(method: string, given: Arguments): Promise<Answer> {
    const refused = writes.has(method) ? this.#refuse(given) : undefined;
    if (refused) return refusal(refused);
    const answer = await this.#ask(method, given);
    if (!answer.ok) return answer;
    switch (method) {
      case 'chat.postMessage':
        this.#posted(given, String(answer['ts']));
        break;
      case 'chat.update':
        this.#updated(given);
        break;
      default:
        break;
    }
    const { messages } = answer;
    return Array.isArray(messages)
      ? { ...answer, messages: messages.map((each) => this.#withMetadata(each)) }
      : answer;
  }

  async #ask(method: string, given: Arguments): Promise<Answer> {
    const { channel } = given;
    const id = typeof channel === 'string' ? this.#channels.get(channel) : undefined;
    if (channel !== undefined && id === undefined) return refusal('channel_not_found');
    const response = await fetch(new URL(`/api/${method}`, loopback(this.#emulator)), {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...given,
        blocks: blocksOf(given),
        ...(id === undefined ? {} : { channel: id }),
      }),
    });
    if (response.status === 404) return refusal('unknown_method');
    const answer = (await response.json()) as Answer;
    return 'channel' in answer && id !== undefined ? { ...answer, channel } : answer;
  }

  #posted(given: Arguments, ts: string): void {
    const threadTs = given['thread_ts'];
    this.#messages.push({
      channel: String(given['channel']),
      ts,
      ...(typeof threadTs === 'string' && threadTs !== '' ? { threadTs } : {}),
      text: textOf(given),
      blocks: blocksOf(given) ?? [],
      metadata: jsonOf(given['metadata']),
      at: this.#clock.now(),
    });
  }

  #updated(given: Arguments): void {
    const { channel, ts, metadata } = given;
    this.#messages = this.#messages.map((message) =>
      message.channel === channel && message.ts === ts
        ? {
            ...message,
            text: textOf(given),
            blocks: blocksOf(given) ?? [],
            ...(metadata === undefined ? {} : { metadata: jsonOf(metadata) }),
            editedAt: this.#clock.now(),
          }
        : message,
    );
  }

  #withMetadata(message: unknown): unknown {
    const { ts } = (message ?? {}) as { readonly ts?: unknown };
    const known = this.#messages.find((each) => each.ts === ts);
    return known?.metadata === undefined ? message : { ...(message as object), metadata: known.metadata };
  }

  #refuse(given: Arguments): string | undefined {
    const { channel } = given;
    if (typeof channel !== 'string' || !this.#channels.has(channel)) return 'channel_not_found';
    const blocks = blocksOf(given);
    if (blocks === undefined) return 'invalid_blocks_format';
    if (blocks.length > limits.blocks || blocks.some(tooLong)) return 'invalid_blocks';
    const text = textOf(given);
    if (text === '' && blocks.length === 0) return 'no_text';
    return text.length > limits.text ? 'msg_too_long' : undefined;
  }
}

/** Methods whose messages are held to Slack's limits. */
const writes: ReadonlySet<string> = new Set(['chat.postMessage', 'chat.update']);

/** emulate's Slack, with the token and the channels of this world. */
async function startEmulator(
  token: string,
  channels: readonly string[],
): Promise<readonly [Emulator, ReadonlyMap<string, string>]> {
  const emulator = await createEmulator({
    service: 'slack',
    port: await freePort(),
    seed: {
      slack: {
        team: { name: 'lifeboat', domain: 'lifeboat' },
        channels: channels.map((name) => ({ name: name.toLowerCase() })),
        tokens: [{ token }],
      },
    },
  });
  const response = await fetch(new URL('/api/conversations.list', loopback(emulator)), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { channels: found = [] } = (await response.json()) as {
    readonly channels?: readonly { readonly id: string; readonly name: string }[];
  };
  const ids = new Map(
    channels.flatMap((channel) => {
      const id = found.find(({ name }) => name === channel.toLowerCase())?.id;
      return id === undefined ? [] : [[channel, id] as const];
    }),
  );
  return [emulator, ids];
}

/** By its address: a name may mean another one. */
function loopback({ url }: Emulator): string {
  return url.replace('localhost', '127.0.0.1');
}

/** emulate takes 0 for its own favourite port. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return typeof address === 'object' && address ? address.port : 0;
}

function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
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
