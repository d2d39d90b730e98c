import { createHash } from 'node:crypto';
import type { IncidentRef, Severity } from '../../incident/contract.ts';
import type { Content, Message } from '../contract.ts';
import { cutToCharacters } from '../render/cut.ts';
import { plainText } from '../render/plain.ts';

/** A notice as each ticket system wants it: its fields, its markup, its limits. Pure. */

/**
 * What a channel keeps of a word, so that it is known when it is tried again: the same key is the same word. Its text
 * may be a person's, so it is not in there.
 */
export function referenceOf({ id }: IncidentRef, { key }: Pick<Message, 'key'>): string {
  return `lifeboat/${id}/${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

/** A signed link acts for whoever follows it; a ticket is read by more people than may. */
function publicLinks({ links }: Content): Content['links'] {
  return links.filter(({ url }) => !URL.parse(url)?.searchParams.has('signature'));
}

/** A node of the Atlassian Document Format, version 1. */
export interface AdfNode {
  readonly type: string;
  readonly version?: 1;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly marks?: readonly { readonly type: string; readonly attrs?: Readonly<Record<string, unknown>> }[];
  readonly content?: readonly AdfNode[];
}

/**
 * Characters. Jira takes 255 of a summary, and 32,767 of a text in the form that it keeps it in, which has markup and
 * escapes that ours does not show: each piece counts twice its length, and what stands around it.
 */
const jiraLimits = { summary: 255, text: 30_000, around: 130 } as const;

export interface JiraPlace {
  readonly project: string;
  readonly issueType: string;
}

export function jiraIssue(incident: IncidentRef, message: Message, { project, issueType }: JiraPlace) {
  return {
    fields: {
      project: { key: project },
      issuetype: { name: issueType },
      summary: oneLine(message.content.subject, jiraLimits.summary),
      description: jiraText(incident, message, ''),
      labels: ['lifeboat', incident.id],
    },
  };
}

/** Text in text nodes is no markup, whatever it says. A description has no head line: the summary is it. */
export function jiraText(
  incident: IncidentRef,
  message: Message,
  headLine = message.content.subject,
): AdfNode {
  const { content } = message;
  const budget = new Budget(jiraLimits.text);
  const nodes = [
    ...block('paragraph', text(headLine, budget, [{ type: 'strong' }])),
    ...list(
      content.facts.map(([label, value]) => [
        ...text(`${label}: `, budget, [{ type: 'strong' }]),
        ...lines(value, budget),
      ]),
    ),
    ...content.sections.flatMap(({ title, body }) => [
      ...block('heading', text(title, budget), { level: 3 }),
      ...(typeof body === 'string'
        ? paragraphs(body, budget)
        : list(body.map((item) => lines(item, budget)))),
    ]),
    ...list(
      publicLinks(content).map(({ label, url }) =>
        text(label, budget, [{ type: 'link', attrs: { href: url } }]),
      ),
    ),
    ...block('paragraph', [
      { type: 'text', text: referenceOf(incident, message), marks: [{ type: 'code' }] },
    ]),
  ];
  return { type: 'doc', version: 1, content: nodes };
}

/** So much altogether; what comes after it is left out, and a mark says so. */
class Budget {
  #left: number;

  constructor(room: number) {
    this.#left = room;
  }

  take(value: string, extra = 0): string {
    const characters = Math.floor((this.#left - jiraLimits.around - extra) / 2);
    if (characters < 1) {
      this.#left = 0;
      return '';
    }
    const taken = cutToCharacters(value, characters);
    this.#left = taken === value ? this.#left - jiraLimits.around - extra - 2 * value.length : 0;
    return taken;
  }
}

/** Jira refuses a text node without text. */
function text(value: string, budget: Budget, marks: AdfNode['marks'] = []): readonly AdfNode[] {
  if (value === '') return [];
  const taken = budget.take(withoutControls(value), marks.length > 0 ? JSON.stringify(marks).length : 0);
  return taken === '' ? [] : [{ type: 'text', text: taken, ...(marks.length > 0 ? { marks } : {}) }];
}

/** Empty lines are none: a paragraph has no use for them. */
function lines(value: string, budget: Budget): readonly AdfNode[] {
  return value
    .split('\n')
    .map((line) => text(line, budget))
    .filter((line) => line.length > 0)
    .flatMap((line, index) => [...(index > 0 ? [{ type: 'hardBreak' }] : []), ...line]);
}

function paragraphs(value: string, budget: Budget): readonly AdfNode[] {
  return value.split(/\n{2,}/).flatMap((part) => block('paragraph', lines(part, budget)));
}

function block(
  type: string,
  content: readonly AdfNode[],
  attrs?: Readonly<Record<string, unknown>>,
): readonly AdfNode[] {
  if (!content.some((node) => node.type === 'text')) return [];
  return [{ type, ...(attrs ? { attrs } : {}), content }];
}

function list(items: readonly (readonly AdfNode[])[]): readonly AdfNode[] {
  const content = items.flatMap((item) => {
    const paragraph = block('paragraph', item);
    return paragraph.length > 0 ? [{ type: 'listItem', content: paragraph }] : [];
  });
  return content.length > 0 ? [{ type: 'bulletList', content }] : [];
}

/** Characters that ServiceNow's incident table keeps; it cuts without a word. */
const serviceNowLimits = { shortDescription: 160, text: 4_000 } as const;

/** 1 is high, 3 is low. */
const serviceNowUrgency: Readonly<Record<Severity, { readonly urgency: string; readonly impact: string }>> = {
  P0: { urgency: '1', impact: '1' },
  P1: { urgency: '1', impact: '2' },
  P2: { urgency: '2', impact: '2' },
  P3: { urgency: '3', impact: '3' },
};

export function serviceNowIncident(incident: IncidentRef, message: Message) {
  return {
    short_description: oneLine(message.content.subject, serviceNowLimits.shortDescription),
    description: serviceNowText(incident, message, ''),
    correlation_id: incident.id,
    correlation_display: 'Lifeboat',
    ...serviceNowUrgency[incident.severity],
  };
}

/** Text fields and journals are shown as they are, but for `[code]`, between whose marks a journal shows HTML. */
export function serviceNowText(
  incident: IncidentRef,
  message: Message,
  headLine = message.content.subject,
): string {
  const reference = `\n\n${referenceOf(incident, message)}`;
  const { content } = message;
  const head = headLine === '' ? '' : `${oneLine(headLine, serviceNowLimits.shortDescription)}\n\n`;
  const room = serviceNowLimits.text - Buffer.byteLength(head) - reference.length;
  const words = `${head}${plainText({ ...content, links: publicLinks(content) }, room)}`.replace(
    /\[(\/?code)\]/gi,
    '($1)',
  );
  return `${words}${reference}`;
}

/** State 6 is Resolved; the code is one of the base system's. */
export function serviceNowResolution(content: Content) {
  return {
    state: '6',
    close_code: 'Solution provided',
    close_notes: cutToCharacters(content.short, serviceNowLimits.text),
  };
}

/** Characters: GitHub refuses more than 256 of a title and 65,536 of a body. */
const gitHubLimits = { title: 256, body: 65_000 } as const;

export function gitHubIssue(incident: IncidentRef, message: Message) {
  return {
    title: oneLine(withoutReferences(message.content.subject), gitHubLimits.title),
    body: gitHubText(incident, message, ''),
  };
}

/** In Markdown, of which our text is none; the reference is in a comment that the page does not show. */
export function gitHubText(
  incident: IncidentRef,
  message: Message,
  headLine = message.content.subject,
): string {
  const { content } = message;
  const parts = [
    headLine === '' ? '' : `**${inline(headLine)}**`,
    content.facts.map(([label, value]) => `- **${inline(label)}:** ${inline(value)}`).join('\n'),
    ...content.sections.flatMap(({ title, body }) => [
      title === '' ? '' : `### ${inline(title)}`,
      typeof body === 'string' ? markdown(body) : body.map((item) => `- ${inline(item)}`).join('\n'),
    ]),
    publicLinks(content)
      .map(({ label, url }) => `- ${inline(label)}: <${addressOf(url)}>`)
      .join('\n'),
  ];
  const reference = `<!-- ${gitHubMark(incident.id)} ${referenceOf(incident, message)} -->`;
  const words = parts.filter((part) => part !== '').join('\n\n');
  return `${reference}\n${cutToCharacters(words, gitHubLimits.body - reference.length - 1)}`;
}

/** What the body of the incident's issue holds. */
export function gitHubMark(incidentId: string): string {
  return `lifeboat incident ${incidentId}`;
}

/** Lines stay lines. */
function markdown(value: string): string {
  return value
    .split('\n')
    .map((line) => inline(line).replace(/^(\s*)([#+=-]|\d+(?=[.)]))/, '$1&#8203;$2'))
    .join('  \n');
}

/** One line, of which nothing is markup: addresses stay addresses, and nobody is called. */
function inline(value: string): string {
  return value
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(https?:\/\/[^\s<>]*[^\s<>.,;:!?)\]'"])/)
    .map((part, index) => (index % 2 === 1 ? `<${addressOf(part)}>` : literal(part)))
    .join('');
}

function literal(value: string): string {
  return withoutReferences(
    withoutControls(value)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/[\\`*_{}[\]~|]/g, '\\$&'),
  );
}

/** A zero-width space keeps `@team` from calling a team, and `#12` from being noted at another issue. */
function withoutReferences(value: string): string {
  return value
    .replace(/(?<![\w.])@(?=\w)/g, '@\u200b')
    .replace(/#(?=\d)/g, '#\u200b')
    .replace(/\bGH-(?=\d)/gi, '$&\u200b');
}

function addressOf(url: string): string {
  return url.replace(/[\s<>]/g, (character) => encodeURIComponent(character));
}

function oneLine(value: string, length: number): string {
  return cutToCharacters(withoutControls(value).replace(/\s+/g, ' ').trim(), length);
}

/** Line breaks and tabs stay. */
function withoutControls(value: string): string {
  // eslint-disable-next-line no-control-regex
  return value.replace(/[\u0000-\u0008\u000B-\u001F\u007F]/g, ' ');
}
