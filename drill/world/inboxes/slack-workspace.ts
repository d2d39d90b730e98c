import { request } from 'node:http';
import { createServer } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { createEmulator, type Emulator, type SeedConfig } from 'emulate';
import type { Clock } from '../../clock.ts';
import type { SlackMessage, SlackView } from './slack.ts';
import { refusalOfBlocks } from './slack-limits.ts';

/** One workspace, kept and answered by emulate. */

export type Arguments = Readonly<Record<string, unknown>>;
export interface Answer {
  readonly ok: boolean;
  readonly [member: string]: unknown;
}

interface WorkspaceOptions {
  readonly clock: Clock;
  readonly token: string;
  /** Of the token: without one of them emulate answers missing_scope. */
  readonly scopes: readonly string[];
  readonly channels: readonly string[];
}

/** By which the world itself looks around; it may do everything. */
const ofTheWorld = 'xoxp-of-the-world';
/** Methods whose messages are held to Slack's limits. */
const writes: ReadonlySet<string> = new Set(['chat.postMessage', 'chat.update']);
const reads: ReadonlySet<string> = new Set(['conversations.history', 'conversations.replies']);
/** Of the text that chat.update takes; chat.postMessage cuts what is beyond 40,000, as emulate does. */
const longestUpdate = 4_000;
/** Between asking for a free port and listening at it another world may take it. */
const portsTried = 5;

/**
 * What emulate answers, in the words of the drill: its channels have the ids of the environment (emulate makes its own),
 * messages have incident time beside emulate's ids (whose seconds are the machine's), metadata is read only by who asks
 * for it, and what is beyond Slack's limits is refused.
 */
export class Workspace {
  readonly #clock: Clock;
  readonly #emulator: Emulator;
  readonly #token: string;
  /** Our channel's id to emulate's. */
  readonly #channels: ReadonlyMap<string, string>;
  #messages: SlackMessage[] = [];
  #views: SlackView[] = [];

  private constructor(
    { clock, token }: WorkspaceOptions,
    emulator: Emulator,
    channels: ReadonlyMap<string, string>,
  ) {
    this.#clock = clock;
    this.#token = token;
    this.#emulator = emulator;
    this.#channels = channels;
  }

  static async open(options: WorkspaceOptions): Promise<Workspace> {
    const { token, scopes, channels } = options;
    const emulator = await startEmulator({
      slack: {
        team: { name: 'lifeboat', domain: 'lifeboat' },
        // Names are in lower case in Slack.
        channels: channels.map((channel) => ({ name: channel.toLowerCase() })),
        tokens: [{ token, scopes }, { token: ofTheWorld }],
        strict_scopes: true,
      },
    });
    const known = new Workspace(options, emulator, new Map());
    const { channels: found } = await known.#post('conversations.list', {}, ofTheWorld);
    const ids = new Map(
      (found as readonly { readonly id: string; readonly name: string }[]).map(({ id, name }) => [name, id]),
    );
    return new Workspace(
      options,
      emulator,
      new Map(channels.map((channel) => [channel, ids.get(channel.toLowerCase()) ?? ''])),
    );
  }

  messages(): readonly SlackMessage[] {
    return this.#messages;
  }

  views(): readonly SlackView[] {
    return this.#views;
  }

  /** What Slack gives who presses a button; good for one view, for three seconds. */
  async trigger(): Promise<string> {
    const { trigger_id: id } = await this.#post('views.generateTriggerId', {}, ofTheWorld);
    return String(id);
  }

  async call(method: string, given: Arguments): Promise<Answer> {
    const refused = writes.has(method) ? this.#refusal(method, given) : undefined;
    if (refused) return refused;
    const { channel } = given;
    const id = typeof channel === 'string' ? this.#channels.get(channel) : undefined;
    if (channel !== undefined && id === undefined) return { ok: false, error: 'channel_not_found' };
    const answer = await this.#post(method, { ...given, ...(id === undefined ? {} : { channel: id }) });
    if (!answer.ok) return answer;
    if (reads.has(method)) return readAnswer(method, given, answer);
    if (method === 'chat.postMessage') this.#keep(String(channel), answer['message'] as Kept);
    if (method === 'chat.update') this.#change(answer['message'] as Kept);
    if (method === 'views.open') {
      this.#views.push({ at: this.#clock.now(), view: answer['view'] });
    }
    return answer;
  }

  close(): Promise<void> {
    return this.#emulator.close();
  }

  /** Over node:http: a test's, or the drill's, own way out of `fetch` leads to the world and not to emulate. */
  async #post(method: string, given: Arguments, token = this.#token): Promise<Answer> {
    const [status, text] = await post(
      new URL(`/api/${method}`, this.#emulator.url),
      token,
      JSON.stringify(given),
    );
    if (status === 404) return { ok: false, error: 'unknown_method' };
    let ours = text;
    for (const [channel, id] of this.#channels) ours = ours.replaceAll(id, channel);
    return JSON.parse(ours) as Answer;
  }

  #keep(channel: string, { ts, text, thread_ts: threadTs, blocks, metadata, reply_broadcast }: Kept): void {
    this.#messages.push({
      channel,
      ts,
      ...(threadTs === undefined ? {} : { threadTs }),
      ...(reply_broadcast === true ? { broadcast: true as const } : {}),
      text,
      blocks: blocks ?? [],
      ...(metadata === undefined ? {} : { metadata }),
      at: this.#clock.now(),
    });
  }

  #change({ ts, text, blocks, metadata }: Kept): void {
    this.#messages = this.#messages.map((message) =>
      message.ts === ts
        ? {
            ...message,
            text,
            blocks: blocks ?? [],
            ...(metadata === undefined ? {} : { metadata }),
            editedAt: this.#clock.now(),
          }
        : message,
    );
  }

  #refusal(method: string, given: Arguments): Answer | undefined {
    const blocks = blocksOf(given);
    if (blocks === undefined) return { ok: false, error: 'invalid_blocks_format' };
    const wrong = refusalOfBlocks(blocks);
    if (wrong) {
      const { error, messages } = wrong;
      return { ok: false, error, ...(messages.length > 0 ? { response_metadata: { messages } } : {}) };
    }
    const { text } = given;
    return method === 'chat.update' && typeof text === 'string' && text.length > longestUpdate
      ? { ok: false, error: 'msg_too_long' }
      : undefined;
  }
}

/** A message as emulate answers it. */
interface Kept {
  readonly ts: string;
  readonly text: string;
  readonly thread_ts?: string;
  readonly blocks?: readonly unknown[];
  readonly metadata?: unknown;
  readonly reply_broadcast?: boolean;
}

/** emulate gives metadata to everybody, and an empty thread where there is none. */
function readAnswer(method: string, given: Arguments, answer: Answer): Answer {
  const messages = answer['messages'] as readonly Readonly<Record<string, unknown>>[];
  if (method === 'conversations.replies' && messages.length === 0) {
    return { ok: false, error: 'thread_not_found' };
  }
  const asked = given['include_all_metadata'];
  if (asked === true || asked === 'true') return answer;
  return { ...answer, messages: messages.map((message) => ({ ...message, metadata: undefined })) };
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

async function startEmulator(seed: SeedConfig): Promise<Emulator> {
  for (let tried = 1; ; tried++) {
    try {
      return await createEmulator({ service: 'slack', port: await freePort(), seed });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tried >= portsTried) throw error;
    }
  }
}

/** emulate takes 0 for its own favourite port. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return typeof address === 'object' && address ? address.port : 0;
}

function post(url: URL, token: string, body: string): Promise<readonly [status: number, text: string]> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    sent.once('error', reject);
    sent.once('response', (response) => {
      readText(response).then((text) => resolve([response.statusCode ?? 0, text]), reject);
    });
    sent.end(body);
  });
}
