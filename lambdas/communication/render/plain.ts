import type { Content } from '../contract.ts';
import { cutToBytes } from './cut.ts';

/** A notice as plain text. Pure. */

/** SNS takes 256 KiB, and escaping may double it (aws-facts §7); nobody reads half of that. */
const usual = 60_000;

/** @param maxBytes of UTF-8; what is longer is cut, and says so */
export function plainText({ facts, sections, links }: Content, maxBytes = usual): string {
  const text = [
    facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    ...sections.map(({ title, body }) =>
      typeof body === 'string'
        ? titled(title, body)
        : titled(title, body.map((line) => `- ${line}`).join('\n')),
    ),
    ...links.map(({ label, url }) => `${label}:\n${url}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
  return cutToBytes(text, maxBytes, '\n(cut: the rest is on the record of the incident)');
}

function titled(title: string, body: string): string {
  if (body === '') return '';
  return title === '' ? body : `${title}:\n${body}`;
}
