import type { Content, Section } from '../contract.ts';
import { cutToCharacters } from './cut.ts';
import { escapeHtml } from './escape.ts';

/** A notice as a formatted mail. Pure. */

/** Of one text; a mail of more than 102 KB is clipped by some readers. */
const longest = { text: 6_000, line: 1_500, lines: 30 } as const;

const bands: Readonly<Record<Content['tone'], { readonly color: string; readonly word: string }>> = {
  trouble: { color: '#b3261e', word: 'Incident' },
  progress: { color: '#8a5300', word: 'Update' },
  recovered: { color: '#1b6e3c', word: 'Recovered' },
  plan: { color: '#39527a', word: 'Plan' },
};

/**
 * Tables and inline styles, because that is what mail programs show; no image, no script, nothing from elsewhere. Every
 * text is escaped, and only links to https are links.
 */
export function emailHtml({ subject, facts, sections, links, tone }: Content): string {
  const { color, word } = bands[tone];
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(subject)}</title></head>`,
    '<body style="margin:0;padding:0;background:#f2f3f5;">',
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f3f5;"><tr><td align="center" style="padding:16px 8px;">',
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border-radius:6px;font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;color:#1c1e21;">',
    `<tr><td style="background:${color};color:#ffffff;padding:14px 20px;border-radius:6px 6px 0 0;"><div style="font-size:12px;letter-spacing:1px;text-transform:uppercase;">${word}</div><div style="font-size:19px;font-weight:bold;">${escapeHtml(subject)}</div></td></tr>`,
    facts.length > 0 ? row(factTable(facts)) : '',
    ...sections.map((section) => row(sectionHtml(section))),
    ...links
      .filter(({ url }) => url.startsWith('https://'))
      .map(({ label, url }) => row(button(label, url, color))),
    '<tr><td style="padding:0 20px 20px;"></td></tr></table></td></tr></table></body></html>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function row(content: string): string {
  return content === '' ? '' : `<tr><td style="padding:16px 20px 0;">${content}</td></tr>`;
}

function factTable(facts: Content['facts']): string {
  const rows = facts.map(
    ([label, value]) =>
      `<tr><td valign="top" style="padding:2px 12px 2px 0;color:#5b6169;white-space:nowrap;">${escapeHtml(label)}</td><td style="padding:2px 0;word-break:break-word;">${escapeHtml(cutToCharacters(value, longest.line))}</td></tr>`,
  );
  return `<table role="presentation" cellpadding="0" cellspacing="0" style="font-size:15px;line-height:1.5;color:#1c1e21;">${rows.join('')}</table>`;
}

function sectionHtml({ title, body }: Section): string {
  const head = title === '' ? '' : `<div style="font-weight:bold;margin:0 0 4px;">${escapeHtml(title)}</div>`;
  if (typeof body === 'string') return body === '' ? '' : `${head}<div>${paragraph(body)}</div>`;
  if (body.length === 0) return '';
  const shown = body.slice(0, longest.lines);
  const left = body.length - shown.length;
  const items = [...shown, ...(left > 0 ? [`${left} more, on the record of the incident`] : [])];
  return `${head}<ul style="margin:0;padding:0 0 0 20px;">${items.map((line) => `<li style="word-break:break-word;">${escapeHtml(cutToCharacters(line, longest.line))}</li>`).join('')}</ul>`;
}

function paragraph(text: string): string {
  return escapeHtml(
    cutToCharacters(text, longest.text, '… (cut: the rest is on the record of the incident)'),
  ).replace(/\n/g, '<br>');
}

function button(label: string, url: string, color: string): string {
  return `<a href="${escapeHtml(url)}" style="display:inline-block;background:${color};color:#ffffff;text-decoration:none;font-weight:bold;padding:10px 18px;border-radius:4px;">${escapeHtml(label)}</a>`;
}
