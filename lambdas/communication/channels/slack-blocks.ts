import type {
  ActionsBlock,
  Button,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  SectionBlock,
} from '@slack/web-api';
import type { ActionId, ButtonValue } from '../../answer-slack/contract.ts';
import type { Content, Section } from '../contract.ts';
import { cutToCharacters } from '../render/cut.ts';

/** A notice in Slack's blocks, within Slack's limits. Pure. */

/** Block Kit reference: characters of a header, a section, a field and a button; blocks of a message, fields of a section. */
const limits = {
  header: 150,
  section: 3_000,
  button: 75,
  fields: 10,
  blocks: 50,
  url: 3_000,
} as const;
/**
 * Characters of all blocks of a message, as JSON. Slack documents no limit for their sum and answers msg_blocks_too_long:
 * 11,341 characters of text were refused, 13,200 always (slackapi/bolt-js, issues 2509 and 2867).
 */
const longestBlocks = 9_000;
/** Of one section of a notice, so that a long one leaves room for those that follow. */
const longestSection = 5_000;
/** Of one fact, of which Slack would take 2,000: ten of them are one block, which is shown or is not. */
const longestFact = 500;
/** Of a message that is shown where blocks are not; Slack advises 4,000. */
const longestText = 3_900;
/** A list in a thread is read at a glance; the record has all of it. */
const longestList = 20;

const signs: Readonly<Record<Content['tone'], string>> = {
  trouble: ':red_circle:',
  progress: ':large_orange_circle:',
  recovered: ':large_green_circle:',
  plan: ':large_blue_circle:',
};

/** What the buttons of a message act on; absent: there are links instead. */
export interface Buttons {
  readonly value: ButtonValue;
  readonly actions: readonly ActionId[];
}

export function blocksOf(content: Content, buttons?: Buttons): KnownBlock[] {
  const { subject, facts, sections, links, tone } = content;
  const head: HeaderBlock = {
    type: 'header',
    text: {
      type: 'plain_text',
      text: cutToCharacters(`${signs[tone]} ${subject}`, limits.header),
      emoji: true,
    },
  };
  const tail = [
    ...(buttons ? [actions(buttons)] : []),
    ...(buttons && answersGate(buttons) ? [] : linkBlocks(links)),
  ];
  const body = [...factBlocks(facts), ...sections.flatMap(sectionBlocks)];
  return [head, ...fitting(body, [head, ...tail]), ...tail];
}

/** Those of the blocks that a message takes besides the others; what is too long leaves its place to what follows. */
function fitting(body: readonly KnownBlock[], others: readonly KnownBlock[]): KnownBlock[] {
  const note = more();
  const whole =
    sizeOf(body) + sizeOf(others) <= longestBlocks && body.length + others.length <= limits.blocks;
  if (whole) return [...body];
  let room = longestBlocks - sizeOf([...others, note]);
  const shown: KnownBlock[] = [];
  for (const block of body) {
    const size = sizeOf([block]);
    if (size > room || shown.length + others.length + 1 >= limits.blocks) continue;
    room -= size;
    shown.push(block);
  }
  return [...shown, note];
}

function sizeOf(blocks: readonly KnownBlock[]): number {
  return blocks.reduce((sum, block) => sum + JSON.stringify(block).length + 1, 0);
}

/** Where blocks are not shown: a notification, a screen reader, a search. */
export function fallbackText({ subject, short }: Content): string {
  return cutMarkup(escaped(short === '' ? subject : `${subject}\n${short}`), longestText);
}

function answersGate({ actions: given }: Buttons): boolean {
  return given.includes('lifeboat_approve');
}

export function factBlocks(facts: Content['facts']): SectionBlock[] {
  const fields = facts.map(([label, value]) => ({
    type: 'mrkdwn' as const,
    text: cutMarkup(`*${escaped(label)}*\n${escaped(value)}`, longestFact),
  }));
  return chunks(fields, limits.fields).map((some) => ({ type: 'section', fields: some }));
}

function sectionBlocks({ title, body }: Section): SectionBlock[] {
  const head = title === '' ? '' : `*${escaped(title)}*\n`;
  const lines = typeof body === 'string' ? body.split('\n').map(escaped) : listLines(body);
  return pages(cutMarkup(`${head}${lines.join('\n')}`, longestSection)).map(textBlock);
}

/** @param text escaped; what is beyond the limit is cut */
export function textBlock(text: string): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: cutMarkup(text, limits.section) } };
}

function listLines(body: readonly string[]): readonly string[] {
  const shown = body.slice(0, longestList).map((line) => `• ${escaped(line)}`);
  const left = body.length - shown.length;
  return left > 0 ? [...shown, `• ${left} more, on the record of the incident`] : shown;
}

/** Parts that each fit into a section, broken between lines where that is possible, or between words. */
function pages(text: string): readonly string[] {
  const parts: string[] = [];
  let rest = text.trimEnd();
  while (rest.length > limits.section) {
    const at = ['\n', ' ']
      .map((gap) => rest.lastIndexOf(gap, limits.section))
      .find((place) => place > limits.section / 2);
    const part = rest.slice(0, at ?? limits.section);
    const whole = at === undefined ? part.replace(tornEnd, '') : part;
    parts.push(whole);
    rest = rest.slice(at === undefined ? whole.length : at + 1);
  }
  return rest === '' ? parts : [...parts, rest];
}

/** What is left of an escaped character, or of a pair of surrogates, that was cut in two. */
const tornEnd = /&[a-z]*$|[\ud800-\udbff]$/;

/** At most so many characters of escaped text. */
function cutMarkup(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1).replace(tornEnd, '')}…`;
}

export function linkBlocks(links: Content['links']): ActionsBlock[] {
  const buttons = links
    .filter(({ url }) => url.startsWith('https://') && url.length <= limits.url)
    .map(({ label, url }, index): Button => ({
      type: 'button',
      action_id: `open_link_${index}`,
      text: { type: 'plain_text', text: cutToCharacters(label, limits.button) },
      url,
    }));
  return buttons.length === 0 ? [] : [{ type: 'actions', elements: buttons }];
}

const words: Readonly<Record<ActionId, string>> = {
  lifeboat_acknowledge: 'Take the call',
  lifeboat_note: 'Add a note',
  lifeboat_approve: 'Approve …',
  lifeboat_reject: 'Reject …',
};

export function actions({ value, actions: given }: Buttons): ActionsBlock {
  return {
    type: 'actions',
    elements: given.map((action): Button => ({
      type: 'button',
      action_id: action,
      text: { type: 'plain_text', text: words[action] },
      value: JSON.stringify(value),
      ...(action === 'lifeboat_approve' ? { style: 'primary' as const } : {}),
      ...(action === 'lifeboat_reject' ? { style: 'danger' as const } : {}),
    })),
  };
}

function more(): ContextBlock {
  return {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: 'There is more, on the record of the incident.' }],
  };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/**
 * The three characters that mean something in Slack's text. And what would be bold, a quotation or a call to everybody is
 * shown as it was written, by a character without width: it is for the looks, for a link or a mention needs a `<`.
 */
export function escaped(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/^&gt;/gm, '\u200b&gt;')
    .replace(/@(?=(?:channel|here|everyone|group)\b)/gi, '@\u200b')
    .replace(/(?<![\p{L}\p{N}])([*_~`])(?=\S)/gu, '$1\u200b');
}
