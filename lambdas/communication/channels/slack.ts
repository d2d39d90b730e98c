import type { WebClient } from '@slack/web-api';
import type { ActionId } from '../../answer-slack/contract.ts';
import { gates } from '../../incident/approval.ts';
import type { NoticeKind } from '../../incident/contract.ts';
import { log } from '../../runtime/log.ts';
import { ChannelFailure } from '../channel-failure.ts';
import type { ChannelSettings, Delivered, Delivery, Send } from '../contract.ts';
import { withToken } from './http.ts';
import { blocksOf, fallbackText, type Buttons } from './slack-blocks.ts';
import { mayHaveArrived, refusalOf, slackClient, slackFailure } from './slack-client.ts';
import { headBlocks, headText } from './slack-head.ts';
import { findHead, findInChannel, headKey, metadataOf, readThread, type Mark } from './slack-history.ts';

/** One thread per incident. Its head shows how things stand, and is kept up to date; what happens is told below it. */

type Settings = NonNullable<ChannelSettings['slack']>;

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
/** The thread is gone or closed: what must be told is told beside it (docs.slack.dev, chat.postMessage, errors). */
const noThread: ReadonlySet<string> = new Set([
  'cannot_reply_to_message',
  'restricted_action_thread_locked',
  'restricted_action_non_threadable_channel',
  'message_not_found',
  'thread_not_found',
  'invalid_thread_ts',
]);
/** The message cannot be changed any more: people have deleted it, or the workspace allows it only for a while. */
const noChange: ReadonlySet<string> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
]);
/** Older than this, somebody else may have begun the thread: a function that died, or that could not write it down. */
const youngFor = 30_000;

/** What this process knows beyond the record. */
interface Memory {
  /** Heads that were posted, by incident, whether or not what followed was. */
  readonly heads: Map<string, string>;
  /** Posts without an answer: they may be there. */
  readonly unsure: Set<string>;
}

interface Talk {
  readonly slack: WebClient;
  readonly settings: Settings;
  readonly application: string;
  readonly memory: Memory;
  readonly delivery: Delivery;
  /** What went wrong, without what proves who we are. */
  readonly failureOf: (error: unknown) => ChannelFailure;
}

/**
 * Tell Slack once. The first message of an incident becomes the head of its thread; later ones are answers below it, and
 * the head is brought up to date with each. An update that says that nothing has changed takes the place of the one before
 * that said the same.
 *
 * A message that may be there already, because an answer was lost, is looked for before it is posted. That needs the
 * scope channels:history (groups:history in a private channel) besides chat:write; without it, it is posted again: told
 * twice is better than not at all.
 */
export function sendToSlack(settings: Settings, about: { readonly application: string }): Send {
  const memory: Memory = { heads: new Map(), unsure: new Set() };
  return (delivery, signal) =>
    withToken(settings.tokenSecret, async (token) => {
      if (signal.aborted) {
        throw new ChannelFailure('Slack was not asked: there was no time left', { again: true });
      }
      const failureOf = (error: unknown) => slackFailure(error, token, signal);
      try {
        const slack = slackClient(token, signal);
        return await deliver({ slack, settings, ...about, memory, delivery, failureOf });
      } catch (error) {
        throw failureOf(error);
      }
    });
}

async function deliver(talk: Talk): Promise<Delivered> {
  const { delivery, memory } = talk;
  const { incident, message, ref } = delivery;
  const known = ref ?? memory.heads.get(incident.id);
  if (known === undefined && asides.has(message.kind)) {
    await tellBesideThreads(talk);
    return {};
  }
  const begun = known === undefined ? await begin(talk) : undefined;
  const thread = known ?? begun?.ts ?? '';
  const given = ref === undefined ? { ref: thread } : {};
  let merged: boolean;
  try {
    merged = await tellInThread(talk, thread, begun?.fresh === true);
  } catch (error) {
    const refusal = refusalOf(error);
    if (begun === undefined || refusal === undefined) throw error;
    // The head stands and says that it began; that it began is not told again because of the details.
    return { ...given, shortfall: `Slack has the head of the thread and refused the details: ${refusal}` };
  }
  if (begun?.fresh !== true) await refresh(talk, thread);
  return { ...given, ...(merged ? { merged: true as const } : {}) };
}

interface Begun {
  readonly ts: string;
  /** It was posted now and shows how things stand. */
  readonly fresh: boolean;
}

/** The head of the thread: the one that is there already, or a new one. */
async function begin(talk: Talk): Promise<Begun> {
  const { slack, settings, memory, delivery } = talk;
  const { incident } = delivery;
  const mark: Mark = { incident: incident.id, key: headKey };
  const name = nameOf(mark);
  const before = await headBefore(talk, memory.unsure.has(name));
  if (before !== undefined) {
    memory.heads.set(incident.id, before);
    return { ts: before, fresh: false };
  }
  const standing = standingOf(talk);
  const { ts } = await surely(memory, name, () =>
    slack.chat.postMessage({
      channel: settings.channel,
      text: headText(standing),
      blocks: headBlocks(standing),
      metadata: metadataOf(mark),
      unfurl_links: false,
    }),
  );
  if (ts === undefined || ts === '') {
    memory.unsure.add(name);
    throw new ChannelFailure('Slack did not say which message it posted', { again: true });
  }
  memory.heads.set(incident.id, ts);
  return { ts, fresh: true };
}

/** Looked for when there is a reason to think that there is one; only then an answer is worth waiting for. */
async function headBefore(
  { slack, settings, delivery, failureOf }: Talk,
  answerWasLost: boolean,
): Promise<string | undefined> {
  const { incident, record, now } = delivery;
  const suspected =
    answerWasLost || record === null || record.notices.some(({ channel }) => channel === 'slack');
  if (!suspected && now - Date.parse(incident.startedAt) < youngFor) return undefined;
  try {
    return (await findHead(slack, settings.channel, incident.id))?.ts;
  } catch (error) {
    if (answerWasLost) throw error;
    log('slack-history-not-read', { incident: incident.id, failure: failureOf(error).message });
    return undefined;
  }
}

async function tellBesideThreads({ slack, settings, memory, delivery }: Talk): Promise<void> {
  const mark = markOf(delivery);
  if (mayBeThere(memory, delivery) && (await findInChannel(slack, settings.channel, mark))) return;
  await surely(memory, nameOf(mark), () => slack.chat.postMessage(postOf(settings, delivery)));
}

/**
 * Post it below the head, unless it is there; or put it in the place of the last message, when both say that nothing has
 * changed.
 *
 * @returns whether it took the place of another one
 */
async function tellInThread(talk: Talk, thread: string, isEmpty: boolean): Promise<boolean> {
  const { slack, settings, memory, delivery } = talk;
  const mark = markOf(delivery);
  if (!isEmpty && (mark.unchanged === true || mayBeThere(memory, delivery))) {
    const all = await readThread(slack, settings.channel, thread);
    const there = all.find((each) => each?.key === mark.key);
    if (there) return there.merged === true;
    const last = all.at(-1);
    if (mark.unchanged === true && last?.unchanged === true && (await replace(talk, last.ts))) return true;
  }
  const post = postOf(settings, delivery);
  await surely(memory, nameOf(mark), async () => {
    const answer = forTheWholeChannel.has(delivery.message.kind)
      ? { ...post, thread_ts: thread, reply_broadcast: true as const }
      : { ...post, thread_ts: thread };
    try {
      return await slack.chat.postMessage(answer);
    } catch (error) {
      if (!noThread.has(refusalOf(error) ?? '')) throw error;
      return slack.chat.postMessage(post);
    }
  });
  return false;
}

/** False when that message cannot be changed any more. */
async function replace({ slack, settings, delivery }: Talk, ts: string): Promise<boolean> {
  try {
    const { channel, text, blocks } = postOf(settings, delivery);
    const metadata = metadataOf({ ...markOf(delivery), merged: true });
    await slack.chat.update({ channel, ts, text, blocks, metadata });
    return true;
  } catch (error) {
    if (!noChange.has(refusalOf(error) ?? '')) throw error;
    return false;
  }
}

function postOf({ channel, buttons }: Settings, delivery: Delivery) {
  const { content } = delivery.message;
  return {
    channel,
    text: fallbackText(content),
    blocks: blocksOf(content, buttonsOf(delivery, buttons)),
    metadata: metadataOf(markOf(delivery)),
    unfurl_links: false,
  };
}

function markOf({ incident, message: { key, content } }: Delivery): Mark {
  return { incident: incident.id, key, ...(content.unchanged === true ? { unchanged: true } : {}) };
}

function nameOf({ incident, key }: Mark): string {
  return `${incident} ${key}`;
}

/** An answer was lost, another call tried in vain, or nobody knows: it may have been heard all the same. */
function mayBeThere({ unsure }: Memory, delivery: Delivery): boolean {
  const { record, message } = delivery;
  return (
    unsure.has(nameOf(markOf(delivery))) ||
    record === null ||
    record.notices.some(({ channel, key }) => channel === 'slack' && key === message.key)
  );
}

/** What may have arrived although nobody said so is remembered. */
async function surely<Result>(memory: Memory, name: string, post: () => Promise<Result>): Promise<Result> {
  try {
    const result = await post();
    memory.unsure.delete(name);
    return result;
  } catch (error) {
    if (mayHaveArrived(error)) memory.unsure.add(name);
    throw error;
  }
}

/** The head is shown as it was until the next notice, when this fails: what had to be told was told. */
async function refresh(talk: Talk, ts: string): Promise<void> {
  const { slack, settings, delivery, failureOf } = talk;
  const { incident } = delivery;
  const standing = standingOf(talk);
  try {
    await slack.chat.update({
      channel: settings.channel,
      ts,
      text: headText(standing),
      blocks: headBlocks(standing),
      metadata: metadataOf({ incident: incident.id, key: headKey }),
    });
  } catch (error) {
    log('slack-head-not-updated', { incident: incident.id, failure: failureOf(error).message });
  }
}

function standingOf({ settings, application, delivery }: Talk): Parameters<typeof headBlocks>[0] {
  const { incident, record, now, message } = delivery;
  return { incident, record, application, now, buttons: settings.buttons, links: message.content.links };
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
