import { isObject, members } from './api-server.ts';

/** The Atlassian Document Format, version 1, as far as text needs it: what is wrong with it, and how it reads. Pure. */

/** What each node holds; null: nothing. */
const nodes: Readonly<Record<string, readonly string[] | null>> = {
  doc: ['paragraph', 'heading', 'bulletList', 'orderedList', 'codeBlock', 'rule'],
  paragraph: ['text', 'hardBreak'],
  heading: ['text', 'hardBreak'],
  bulletList: ['listItem'],
  orderedList: ['listItem'],
  listItem: ['paragraph', 'bulletList', 'orderedList', 'codeBlock'],
  codeBlock: ['text'],
  hardBreak: null,
  rule: null,
  text: null,
};
const marks: readonly unknown[] = ['strong', 'em', 'code', 'link', 'strike', 'underline'];
const mayBeEmpty: readonly string[] = ['doc', 'paragraph', 'heading', 'codeBlock'];

/** Where it is not what the format says; empty when it is. */
export function adfErrors(document: unknown): readonly string[] {
  const { type, version } = members(document);
  if (type !== 'doc' || version !== 1) return ['INVALID_INPUT: a doc of version 1 is wanted'];
  return nodeErrors(document, 'doc');
}

function nodeErrors(node: unknown, path: string): readonly string[] {
  const { type, content, attrs } = members(node);
  const allowed = typeof type === 'string' ? nodes[type] : undefined;
  if (typeof type !== 'string' || allowed === undefined) return [`INVALID_INPUT: ${path}: unknown node`];
  if (type === 'text') return textErrors(node, path);
  if (allowed === null)
    return content === undefined ? [] : [`INVALID_INPUT: ${path}: content is not allowed`];
  if (type === 'heading' && ![1, 2, 3, 4, 5, 6].includes(members(attrs)['level'] as number)) {
    return [`INVALID_INPUT: ${path}: a level from 1 to 6 is wanted`];
  }
  if (!Array.isArray(content) || (content.length === 0 && !mayBeEmpty.includes(type))) {
    return [`INVALID_INPUT: ${path}: content is missing`];
  }
  return content.flatMap((child: unknown, index) => {
    const { type: childType } = members(child);
    const at = `${path}.${String(childType)}[${String(index)}]`;
    if (!allowed.includes(String(childType))) return [`INVALID_INPUT: ${at}: not allowed in ${type}`];
    return nodeErrors(child, at);
  });
}

function textErrors(node: unknown, path: string): readonly string[] {
  const { text, marks: given = [] } = members(node);
  if (typeof text !== 'string' || text === '') return [`INVALID_INPUT: ${path}: text is missing`];
  if (!Array.isArray(given)) return [`INVALID_INPUT: ${path}: marks are no list`];
  return given.flatMap((mark: unknown) => {
    const { type, attrs } = members(mark);
    if (!isObject(mark) || !marks.includes(type)) return [`INVALID_INPUT: ${path}: unknown mark`];
    const isAddress = typeof members(attrs)['href'] === 'string' && members(attrs)['href'] !== '';
    return type === 'link' && !isAddress ? [`INVALID_INPUT: ${path}: a link without href`] : [];
  });
}

/** As it reads: a line for each paragraph, heading and item. */
export function adfText(node: unknown): string {
  const { type, text, content } = members(node);
  if (type === 'text') return String(text);
  if (type === 'hardBreak') return '\n';
  const children = Array.isArray(content) ? content.map(adfText) : [];
  if (type === 'listItem') return `• ${children.join('\n')}`;
  return children.join(type === 'paragraph' || type === 'heading' || type === 'codeBlock' ? '' : '\n');
}
