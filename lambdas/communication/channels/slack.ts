import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
  type KnownBlock,
} from '@slack/web-api';
import type { ActionId } from '../../answer-slack/contract.ts';
import { describeFailure } from '../../aws/api-failure.ts';
import { gates } from '../../incident/approval.ts';
import type { NoticeKind } from '../../incident/contract.ts';
import { log } from '../../runtime/log.ts';
import { ChannelFailure } from '../channel-failure.ts';
import type { ChannelSettings, Delivered, Delivery, Message, Send } from '../contract.ts';
import { withToken } from './http.ts';
import { blocksOf, fallbackText, type Buttons } from './slack-blocks.ts';
import { headBlocks, headText } from './slack-head.ts';

/** One thread per incident. Its head shows how things stand, and is kept up to date; what happens is told below it. */

type Settings = NonNullable<ChannelSettings['slack']>;

const timeoutMs = 3_000;
const event = 'lifeboat_notice';
/** Notes about another start may come before the opening notice; they do not begin the thread. */
const asides: ReadonlySet<NoticeKind> = new Set(['joined', 'ignored']);
/** For everybody in the channel, not only for those who follow the thread. */
const forTheWholeChannel: ReadonlySet<NoticeKind> = new Set([
  'approval',
  'unacknowledged',
  'escalation',
  'recovered',
  'ignored',
]);
/** Errors by which Slack says that it is Slack's own fault, or that it was too busy (docs.slack.dev, chat.postMessage). */
const passing: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
]);
/** How far back a message is looked for that may have been posted although its answer was lost. */
const looked = 20;

/**
 * Tell Slack once. The first message of an incident becomes the head of its thread; later ones are answers below it, and
 * the head is brought up to date with each. An update that says that nothing has changed takes the place of the one before
 * that said the same.
 *
 * Slack has no keys by which a repeated post would be known, so a message carries its own as metadata, and a try after a
 * lost answer looks for it first. That needs the scope channels:history (groups:history in a private channel); without
 * it, it is posted again.
 */
export function sendToSlack(settings: Settings, about: { readonly application: string }): Send {
  /** Keys that were tried in this process: what was not tried cannot have been posted. */
  const tried = new Set<string>();
  return (delivery, signal) =>
    withToken(settings.tokenSecret, async (token) => {
      const slack = new WebClient(token, {
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: timeoutMs,
        logLevel: LogLevel.ERROR,
      });
      if (signal.aborted)
        throw new ChannelFailure('Slack was not asked: there was no time left', { again: true });
      try {
        return await deliver(slack, settings, about, delivery, tried);
      } catch (error) {
        throw failureOf(error);
      }
    });
}

async function deliver(
  slack: WebClient,
  { channel, buttons }: Settings,
  { application }: { readonly application: string },
  delivery: Delivery,
  tried: Set<string>,
): Promise<Delivered> {
  const { incident, record, message, ref, now } = delivery;
  const { kind, key, content } = message;
  const name = `${incident.id} ${key}`;
  const standing = { incident, record, application, now, buttons };
  const metadata = {
    event_type: event,
    event_payload: { incident: incident.id, key, unchanged: content.unchanged === true },
  };
  const begins = ref === undefined && !asides.has(kind);
  if (begins) {
    const before = tried.has(name) ? await found(slack, channel, undefined, incident.id, key) : undefined;
    tried.add(name);
    const head =
      before ??
      (await slack.chat.postMessage({
        channel,
        text: headText(standing),
        blocks: headBlocks(standing),
        metadata,
        unfurl_links: false,
      }));
    const ts = head.ts ?? '';
    try {
      await reply(slack, channel, ts, message, buttonsOf(delivery, buttons), metadata);
    } catch (error) {
      // The head says that it began; a second head would be worse than a thread without the first details.
      if (kind !== 'opened') throw error;
      log('slack-details-not-posted', { incident: incident.id, failure: describeFailure(error) });
    }
    return { ref: ts };
  }
  const lastOfThread =
    content.unchanged && ref !== undefined ? await unchangedBefore(slack, channel, ref) : undefined;
  if (lastOfThread !== undefined) {
    await slack.chat.update({
      channel,
      ts: lastOfThread,
      text: fallbackText(content),
      blocks: blocksOf(content),
      metadata,
    });
    await refresh(slack, channel, ref, standing);
    return { merged: true };
  }
  const posted = tried.has(name) ? await found(slack, channel, ref, incident.id, key) : undefined;
  tried.add(name);
  if (!posted) await reply(slack, channel, ref, message, buttonsOf(delivery, buttons), metadata);
  await refresh(slack, channel, ref, standing);
  return {};
}

async function reply(
  slack: WebClient,
  channel: string,
  thread: string | undefined,
  { kind, content }: Message,
  buttons: Buttons | undefined,
  metadata: { event_type: string; event_payload: Record<string, string | boolean> },
): Promise<void> {
  const said = {
    channel,
    text: fallbackText(content),
    blocks: blocksOf(content, buttons),
    metadata,
    unfurl_links: false,
  };
  await slack.chat.postMessage(
    thread === undefined
      ? said
      : forTheWholeChannel.has(kind)
        ? { ...said, thread_ts: thread, reply_broadcast: true }
        : { ...said, thread_ts: thread },
  );
}

/** The head is shown as it was until the next notice, when this fails: what had to be told was told. */
async function refresh(
  slack: WebClient,
  channel: string,
  ts: string | undefined,
  standing: Parameters<typeof headBlocks>[0],
): Promise<void> {
  if (ts === undefined) return;
  try {
    const blocks: KnownBlock[] = headBlocks(standing);
    await slack.chat.update({ channel, ts, text: headText(standing), blocks });
  } catch (error) {
    log('slack-head-not-updated', { incident: standing.incident.id, failure: describeFailure(error) });
  }
}

interface Posted {
  readonly ts?: string;
}

interface Seen {
  readonly ts?: string;
  readonly metadata?: {
    readonly event_type?: string;
    readonly event_payload?: Readonly<Record<string, unknown>>;
  };
}

/** A message of this key that a lost answer has left behind; undefined also when the history may not be read. */
async function found(
  slack: WebClient,
  channel: string,
  thread: string | undefined,
  incident: string,
  key: string,
): Promise<Posted | undefined> {
  const seen = await history(slack, channel, thread);
  return seen.find(
    ({ metadata }) =>
      metadata?.event_payload?.['incident'] === incident && metadata.event_payload['key'] === key,
  );
}

/** The last message of the thread, when it said that nothing had changed. */
async function unchangedBefore(
  slack: WebClient,
  channel: string,
  thread: string,
): Promise<string | undefined> {
  const last = (await history(slack, channel, thread)).at(-1);
  return last?.ts !== thread && last?.metadata?.event_payload?.['unchanged'] === true ? last.ts : undefined;
}

/** Oldest first. */
async function history(
  slack: WebClient,
  channel: string,
  thread: string | undefined,
): Promise<readonly Seen[]> {
  try {
    if (thread === undefined) {
      const { messages = [] } = await slack.conversations.history({
        channel,
        limit: looked,
        include_all_metadata: true,
      });
      return (messages as Seen[]).toReversed();
    }
    const { messages = [] } = await slack.conversations.replies({
      channel,
      ts: thread,
      limit: 200,
      include_all_metadata: true,
    });
    return messages;
  } catch (error) {
    if (error instanceof WebAPIPlatformError) {
      log('slack-history-not-read', { failure: describeFailure(error) });
      return [];
    }
    throw error;
  }
}

/** Approving and rejecting below the question; the head has the others. */
function buttonsOf({ incident, message, record, now }: Delivery, buttons: boolean): Buttons | undefined {
  if (!buttons || message.kind !== 'approval') return undefined;
  const asked = record?.pending?.find(
    ({ gate, askedAt, expiresAt }) =>
      message.key === `approval ${gate} ${askedAt}` && Date.parse(expiresAt) > now,
  );
  const gate = gates.find((each) => each === asked?.gate);
  if (!asked || !gate) return undefined;
  const both: readonly ActionId[] = ['lifeboat_approve', 'lifeboat_reject'];
  return { value: { incident: incident.id, gate, askedAt: asked.askedAt }, actions: both };
}

function failureOf(error: unknown): ChannelFailure {
  if (error instanceof ChannelFailure) return error;
  if (error instanceof WebAPIRateLimitedError) {
    return new ChannelFailure(`Slack asks to wait ${error.retryAfter} s`, {
      again: true,
      retryAfterSeconds: error.retryAfter,
    });
  }
  if (error instanceof WebAPIPlatformError) {
    const reason = error.data.error;
    return new ChannelFailure(`Slack refused: ${reason}`, { again: passing.has(reason), cause: error });
  }
  if (error instanceof WebAPIHTTPError) {
    return new ChannelFailure(`Slack answered ${error.statusCode}`, {
      again: error.statusCode >= 500,
      cause: error,
    });
  }
  return new ChannelFailure(`Slack did not answer: ${describeFailure(error)}`, { again: true, cause: error });
}
