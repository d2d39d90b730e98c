import { gates } from '../incident/approval.ts';
import type { ActionId, ButtonValue } from './contract.ts';

/** What Slack says that somebody did (docs.slack.dev, interaction payloads), as far as it is read. Pure. */

/** A button was pressed. */
export interface Press {
  readonly type: 'press';
  /** Name and id of the Slack user. */
  readonly by: string;
  readonly userId: string;
  readonly channel: string;
  /** Opens one view, within 3 s. */
  readonly triggerId: string;
  readonly action: ActionId;
  readonly about: About;
  /** Of a button in a thread; absent in the channel, where who has pressed it looks. */
  readonly thread?: string;
}

/** A view's form was sent. */
export interface Submission {
  readonly type: 'submission';
  readonly by: string;
  readonly view: 'answer' | 'note';
  readonly about: About;
  /** Of an answer. */
  readonly decision?: 'approve' | 'reject';
  readonly text: string;
}

/** Only a name of what is meant: whether it may be answered is looked up. */
export type About = ButtonValue;

const actions: readonly ActionId[] = [
  'lifeboat_acknowledge',
  'lifeboat_note',
  'lifeboat_approve',
  'lifeboat_reject',
];

export const views = { answer: 'lifeboat_answer', note: 'lifeboat_note' } as const;
/** Block and action of the one input that each view has. */
export const input = { block: 'text', action: 'text' } as const;

/**
 * Undefined for anything else that Slack may send: a link button, a view that was closed, another app's button.
 *
 * @param body of the request: `payload=<json>`
 */
export function readPayload(body: string): Press | Submission | undefined {
  const payload = parsed(new URLSearchParams(body).get('payload'));
  const by = nameOf(payload);
  if (by === undefined) return undefined;
  switch (text(payload, 'type')) {
    case 'block_actions':
      return pressOf(payload, by);
    case 'view_submission':
      return submissionOf(payload, by);
    default:
      return undefined;
  }
}

function pressOf(payload: unknown, by: string): Press | undefined {
  const pressed = member(payload, 'actions');
  const button: unknown = Array.isArray(pressed) ? pressed[0] : undefined;
  const action = actions.find((each) => each === text(button, 'action_id'));
  const about = aboutOf(parsed(text(button, 'value')));
  const [userId, channel] = [text(payload, 'user', 'id'), text(payload, 'channel', 'id')];
  if (!action || !about || userId === undefined || channel === undefined) return undefined;
  const [ts, thread] = [text(payload, 'message', 'ts'), text(payload, 'message', 'thread_ts')];
  return {
    type: 'press',
    by,
    userId,
    channel,
    triggerId: text(payload, 'trigger_id') ?? '',
    action,
    about,
    ...(thread === undefined || thread === ts ? {} : { thread }),
  };
}

function submissionOf(payload: unknown, by: string): Submission | undefined {
  const metadata = parsed(text(payload, 'view', 'private_metadata'));
  const about = aboutOf(metadata);
  const id = text(payload, 'view', 'callback_id');
  const view = (['answer', 'note'] as const).find((each) => views[each] === id);
  if (!about || !view) return undefined;
  const decision = (['approve', 'reject'] as const).find((each) => each === text(metadata, 'decision'));
  const typed = text(payload, 'view', 'state', 'values', input.block, input.action, 'value');
  return {
    type: 'submission',
    by,
    view,
    about,
    ...(decision ? { decision } : {}),
    text: typed ?? '',
  };
}

function aboutOf(value: unknown): About | undefined {
  const incident = text(value, 'incident');
  if (incident === undefined || !/^[a-zA-Z0-9][\w-]{0,99}$/.test(incident)) return undefined;
  const gate = gates.find((each) => each === text(value, 'gate'));
  const askedAt = text(value, 'askedAt');
  return { incident, ...(gate ? { gate } : {}), ...(askedAt === undefined ? {} : { askedAt }) };
}

/** `Ada Lovelace (U0ADA)`: the id, because anybody can call himself so. One line of at most 120 characters. */
function nameOf(payload: unknown): string | undefined {
  const id = text(payload, 'user', 'id');
  if (id === undefined || !/^[A-Z0-9]{1,30}$/.test(id)) return undefined;
  const name = text(payload, 'user', 'name') ?? text(payload, 'user', 'username') ?? '';
  const line = name
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 80)
    .toWellFormed();
  return line === '' ? id : `${line} (${id})`;
}

function parsed(json: string | null | undefined): unknown {
  try {
    return JSON.parse(json ?? 'null');
  } catch {
    return null;
  }
}

function text(value: unknown, ...names: readonly string[]): string | undefined {
  const found = names.reduce<unknown>(member, value);
  return typeof found === 'string' ? found : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
