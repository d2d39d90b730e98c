/**
 * What Slack refuses of a message's blocks (docs.slack.dev, Block Kit reference), which emulate takes as they are. Pure.
 */

/** Blocks that a message may have; those that we do not send are not looked into. */
const types: ReadonlySet<string> = new Set([
  'actions',
  'context',
  'context_actions',
  'divider',
  'file',
  'header',
  'image',
  'input',
  'markdown',
  'rich_text',
  'section',
  'table',
  'video',
]);
const most = { blocks: 50, fields: 10, actions: 25, context: 10 } as const;
const longest = {
  header: 150,
  section: 3_000,
  field: 2_000,
  context: 3_000,
  button: 75,
  value: 2_000,
  url: 3_000,
  id: 255,
} as const;
/** All blocks as JSON; Slack documents none, and has refused this much (slackapi/bolt-js, issue 2867). */
const longestMessage = 11_300;

export interface BlockRefusal {
  readonly error: 'invalid_blocks' | 'msg_blocks_too_long';
  /** As Slack words them: what is wrong, and where. */
  readonly messages: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
type Complain = (what: string, where: string) => void;

export function refusalOfBlocks(blocks: readonly unknown[]): BlockRefusal | undefined {
  const messages: string[] = [];
  const complain: Complain = (what, where) => messages.push(`[ERROR] ${what} [json-pointer:/blocks${where}]`);
  atMost(blocks, most.blocks, '', complain);
  blocks.forEach((block, index) => look(jsonOf(block), `/${index}`, complain));
  if (messages.length > 0) return { error: 'invalid_blocks', messages };
  return JSON.stringify(blocks).length > longestMessage
    ? { error: 'msg_blocks_too_long', messages: [] }
    : undefined;
}

function look(block: Json, where: string, complain: Complain): void {
  const { type, text, fields, elements } = block;
  if (typeof type !== 'string' || !types.has(type)) {
    complain(`unsupported type: ${String(type)}`, `${where}/type`);
    return;
  }
  id(block['block_id'], `${where}/block_id`, complain);
  switch (type) {
    case 'header':
      textOf(text, ['plain_text'], longest.header, `${where}/text`, complain);
      break;
    case 'section':
      if (text === undefined && fields === undefined) complain('missing required field: text', where);
      if (text !== undefined) textOf(text, anyText, longest.section, `${where}/text`, complain);
      if (fields === undefined) break;
      for (const [index, field] of list(fields, most.fields, `${where}/fields`, complain).entries()) {
        textOf(field, anyText, longest.field, `${where}/fields/${index}`, complain);
      }
      break;
    case 'context':
      for (const [index, element] of list(elements, most.context, `${where}/elements`, complain).entries()) {
        if (jsonOf(element)['type'] === 'image') continue;
        textOf(element, anyText, longest.context, `${where}/elements/${index}`, complain);
      }
      break;
    case 'actions': {
      const given = list(elements, most.actions, `${where}/elements`, complain);
      given.forEach((element, index) => button(jsonOf(element), `${where}/elements/${index}`, complain));
      const ids = given.map((element) => jsonOf(element)['action_id']).filter((each) => each !== undefined);
      if (new Set(ids).size < ids.length) complain('action_id already exists', `${where}/elements`);
      break;
    }
    default:
      break;
  }
}

const anyText = ['plain_text', 'mrkdwn'] as const;

function textOf(
  value: unknown,
  allowed: readonly string[],
  characters: number,
  where: string,
  complain: Complain,
): void {
  const { type, text } = jsonOf(value);
  if (typeof type !== 'string' || !allowed.includes(type)) {
    complain(`must be one of: ${allowed.join(', ')}`, `${where}/type`);
  }
  if (typeof text !== 'string' || text === '') complain('must be more than 0 characters', `${where}/text`);
  else if (text.length > characters) {
    complain(`must be less than ${characters + 1} characters`, `${where}/text`);
  }
}

function button(element: Json, where: string, complain: Complain): void {
  const { type, text, value, url, style, action_id: actionId } = element;
  if (type !== 'button') return;
  textOf(text, ['plain_text'], longest.button, `${where}/text`, complain);
  id(actionId, `${where}/action_id`, complain);
  if (value !== undefined) limited(value, longest.value, `${where}/value`, complain);
  if (url !== undefined) limited(url, longest.url, `${where}/url`, complain);
  if (style !== undefined && style !== 'primary' && style !== 'danger') {
    complain('must be one of: primary, danger', `${where}/style`);
  }
}

function id(value: unknown, where: string, complain: Complain): void {
  if (value !== undefined) limited(value, longest.id, where, complain);
}

function limited(value: unknown, characters: number, where: string, complain: Complain): void {
  if (typeof value !== 'string') complain('must be a string', where);
  else if (value.length > characters) complain(`must be less than ${characters + 1} characters`, where);
}

function list(value: unknown, items: number, where: string, complain: Complain): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    complain('no fewer than 1 items allowed', where);
    return [];
  }
  atMost(value, items, where, complain);
  return value as readonly unknown[];
}

function atMost(value: readonly unknown[], items: number, where: string, complain: Complain): void {
  if (value.length > items) complain(`no more than ${items} items allowed`, where);
}

function jsonOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
