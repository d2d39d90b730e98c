import type { Content, Section } from '../contract.ts';
import { cutToCharacters } from './cut.ts';
import { escapeHtml } from './escape.ts';

/** A notice as a formatted mail. Pure. */

/** Bytes: Gmail shows 102 KB of a mail and hides the rest, links and all. */
const limit = 100_000;
/** Characters of a text and of a line, and lines of a list; the first at which the mail is small enough. */
const sizes = [
  { text: 6_000, line: 1_500, lines: 30 },
  { text: 2_000, line: 500, lines: 20 },
  { text: 500, line: 200, lines: 12 },
  { text: 150, line: 100, lines: 4 },
] as const;
const longest = { subject: 300, preview: 200, label: 100, url: 2_000 } as const;

const cutNote: Section = {
  title: '',
  body: 'What ends with … was cut: the rest is on the record of the incident.',
};

const bands: Readonly<Record<Content['tone'], { readonly color: string; readonly word: string }>> = {
  trouble: { color: '#b3261e', word: 'Incident' },
  progress: { color: '#8a5300', word: 'Update' },
  recovered: { color: '#1b6e3c', word: 'Recovered' },
  plan: { color: '#39527a', word: 'Plan' },
};

type Size = (typeof sizes)[number];

/**
 * Tables and inline styles, because that is what mail programs show; no image, no script, nothing from elsewhere. Every
 * text is escaped, and only links to https are links.
 */
export function emailHtml(content: Content): string {
  for (const size of sizes) {
    const html = render(shortened(content, size));
    if (Buffer.byteLength(html) <= limit) return html;
  }
  const body = cutToCharacters(content.short, 1_000);
  return render({ ...content, facts: [], sections: [{ title: '', body }, cutNote], links: [] });
}

function render({ subject, short, facts, sections, links, tone }: Content): string {
  const { color, word } = bands[tone];
  const title = escapeHtml(cutToCharacters(subject, longest.subject));
  const severity = facts.find(([label]) => label === 'Severity')?.[1];
  const band = severity === undefined ? word : `${word} · ${severity}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${title}</title></head>`,
    '<body style="margin:0;padding:0;background:#f2f3f5;">',
    // What a list of mails shows beside the subject.
    `<div style="display:none;max-height:0;overflow:hidden;">${escapeHtml(cutToCharacters(short, longest.preview))}</div>`,
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f3f5;"><tr><td align="center" style="padding:16px 8px;">',
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border-radius:6px;font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;color:#1c1e21;">',
    `<tr><td style="background:${color};color:#ffffff;padding:14px 20px;border-radius:6px 6px 0 0;"><div style="font-size:12px;letter-spacing:1px;text-transform:uppercase;">${escapeHtml(band)}</div><div style="font-size:19px;font-weight:bold;word-break:break-word;">${title}</div></td></tr>`,
    facts.length > 0 ? row(factTable(facts)) : '',
    ...sections.map((section) => row(sectionHtml(section))),
    ...links.map(({ label, url }) => row(button(label, url, color))),
    '<tr><td style="padding:0 20px 20px;"></td></tr></table></td></tr></table></body></html>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** With nothing longer than that, and a note where something was; only links that may be followed. */
function shortened(content: Content, { text, line, lines }: Size): Content {
  const { facts, sections, links } = content;
  const listed = (body: readonly string[]) => [
    ...body.slice(0, lines).map((item) => cutToCharacters(item, line)),
    ...(body.length > lines ? [`${body.length - lines} more …`] : []),
  ];
  const shorter = {
    facts: facts.map(([label, value]) => [label, cutToCharacters(value, line)] as const),
    sections: sections.map(({ title, body }) => ({
      title: cutToCharacters(title, longest.label),
      body: typeof body === 'string' ? cutToCharacters(body, text) : listed(body),
    })),
  };
  const isCut = JSON.stringify(shorter) !== JSON.stringify({ facts, sections });
  return {
    ...content,
    ...shorter,
    sections: isCut ? [...shorter.sections, cutNote] : shorter.sections,
    links: links.filter(({ url }) => url.startsWith('https://') && url.length <= longest.url),
  };
}

function row(content: string): string {
  return content === '' ? '' : `<tr><td style="padding:16px 20px 0;">${content}</td></tr>`;
}

function factTable(facts: Content['facts']): string {
  const rows = facts.map(
    ([label, value]) =>
      `<tr><td valign="top" style="padding:2px 12px 2px 0;color:#5b6169;">${escapeHtml(label)}</td><td valign="top" style="padding:2px 0;word-break:break-word;">${escapeHtml(value)}</td></tr>`,
  );
  return `<table role="presentation" cellpadding="0" cellspacing="0" style="font-size:15px;line-height:1.5;color:#1c1e21;">${rows.join('')}</table>`;
}

function sectionHtml({ title, body }: Section): string {
  if (body.length === 0) return '';
  const head = title === '' ? '' : `<div style="font-weight:bold;margin:0 0 4px;">${escapeHtml(title)}</div>`;
  if (typeof body === 'string') return `${head}<div style="word-break:break-word;">${lined(body)}</div>`;
  const items = body.map((item) => `<li style="word-break:break-word;">${lined(item)}</li>`);
  return `${head}<ul style="margin:0;padding:0 0 0 20px;">${items.join('')}</ul>`;
}

function lined(text: string): string {
  return escapeHtml(text).replace(/\n/g, '<br>');
}

function button(label: string, url: string, color: string): string {
  return `<a href="${escapeHtml(url)}" style="display:inline-block;background:${color};color:#ffffff;text-decoration:none;font-weight:bold;padding:10px 18px;border-radius:4px;">${escapeHtml(cutToCharacters(label, longest.label))}</a>`;
}
