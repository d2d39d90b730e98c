import type { WebClient } from '@slack/web-api';
import { log } from '../../runtime/log.ts';
import { refusalOf } from './slack-client.ts';

/**
 * What a channel holds already. Slack has no keys by which a repeated post would be known, so each message carries its
 * own as metadata, and after a lost answer it is looked for.
 *
 * It needs the scope channels:history (groups:history in a private channel). Without it, nothing is found.
 */

/** What a message says of itself to programs: its key, or `head`. */
export interface Mark {
  readonly incident: string;
  readonly key: string;
  /** An update that says that nothing has changed. */
  readonly unchanged?: boolean;
  /** It took the place of another one. */
  readonly merged?: boolean;
}

export const headKey = 'head';

const eventType = 'lifeboat_notice';
/** Slack advises 200 at most; an incident's thread has that many after days. */
const pageSize = 200;
const maxPages = 5;
/** How far back in the channel a head is looked for. */
const maxPagesOfChannel = 2;

export interface Found extends Mark {
  readonly ts: string;
}

interface Answer {
  readonly messages?: readonly unknown[];
  readonly response_metadata?: { readonly next_cursor?: string };
}

export function metadataOf(mark: Mark): {
  event_type: string;
  event_payload: Record<string, string | boolean>;
} {
  return { event_type: eventType, event_payload: { ...mark } };
}

/** The head of an incident's thread, which a lost answer or a function that died has left behind. */
export async function findHead(
  slack: WebClient,
  channel: string,
  incident: string,
): Promise<Found | undefined> {
  const all = await messages(maxPagesOfChannel, (cursor) =>
    slack.conversations.history({ channel, limit: pageSize, include_all_metadata: true, ...cursor }),
  );
  // Newest first; of two heads the first one is the one that people have answered to.
  return all.map(markOf).findLast((mark) => mark?.incident === incident && mark.key === headKey);
}

/** A message that was posted outside of any thread. */
export async function findInChannel(
  slack: WebClient,
  channel: string,
  { incident, key }: Mark,
): Promise<Found | undefined> {
  const all = await messages(1, (cursor) =>
    slack.conversations.history({ channel, limit: pageSize, include_all_metadata: true, ...cursor }),
  );
  return all.map(markOf).find((mark) => mark?.incident === incident && mark.key === key);
}

/** What is in a thread, oldest first; undefined for what others wrote there. */
export async function readThread(
  slack: WebClient,
  channel: string,
  ts: string,
): Promise<readonly (Found | undefined)[]> {
  const all = await messages(maxPages, (cursor) =>
    slack.conversations.replies({ channel, ts, limit: pageSize, include_all_metadata: true, ...cursor }),
  );
  return all.map(markOf).filter((mark) => mark?.ts !== ts);
}

/** Empty also when Slack does not let us read; throws when it cannot be said. */
async function messages(
  most: number,
  ask: (cursor: { cursor?: string }) => Promise<Answer>,
): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  try {
    let cursor: string | undefined;
    for (let page = 1; page <= most; page++) {
      const answer = await ask(cursor === undefined ? {} : { cursor });
      all.push(...(answer.messages ?? []));
      cursor = answer.response_metadata?.next_cursor;
      if (cursor === undefined || cursor === '') break;
    }
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    log('slack-history-not-read', { failure: `Slack refused: ${refusal}` });
    return [];
  }
  return all;
}

function markOf(message: unknown): Found | undefined {
  const { ts, metadata } = (message ?? {}) as {
    readonly ts?: unknown;
    readonly metadata?: {
      readonly event_type?: unknown;
      readonly event_payload?: Readonly<Record<string, unknown>>;
    };
  };
  const { incident, key, unchanged, merged } = metadata?.event_payload ?? {};
  return metadata?.event_type === eventType &&
    typeof ts === 'string' &&
    typeof incident === 'string' &&
    typeof key === 'string'
    ? { ts, incident, key, unchanged: unchanged === true, merged: merged === true }
    : undefined;
}
