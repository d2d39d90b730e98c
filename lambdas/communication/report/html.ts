import { escapeHtml } from '../render/escape.ts';
import type { Measure } from './loss.ts';
import type { Report } from './report.ts';
import { originOf, sectionsOf, type Section } from './sections.ts';
import { budget, cutWith, fitting, longest } from './shape.ts';
import { style } from './style.ts';
import { timelineSvg } from './timeline-svg.ts';

/** A report as one page that needs nothing else: no script, no font, nothing from elsewhere. Pure. */
export function reportHtml(report: Report): string {
  const { id, title, subject, headline, tone, story, rto, rpo, facts, source } = report;
  const text = (words: string) => escapeHtml(cutWith(words, longest.paragraph, source));
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="robots" content="noindex">',
    `<title>${text(`${title}, ${headline}`)}</title>`,
    `<style>\n${style}\n</style>`,
    '</head>',
    '<body><main>',
    `<header><p class="kicker">Incident report, ${text(id)}</p><h1>${text(subject)}</h1>`,
    `<p class="end ${tone}">${text(`${headline.slice(0, 1).toUpperCase()}${headline.slice(1)}`)}</p></header>`,
    `<div class="measures">${measure('Recovery time', 'RTO', rto, source)}${measure('Data loss', 'RPO', rpo, source)}</div>`,
    ...story.map((paragraph) => `<p>${text(paragraph)}</p>`),
    '<h2>Timeline</h2>',
    `<figure tabindex="0">${timelineSvg(report)}</figure>`,
    '<p class="legend"><i style="background:var(--did)"></i>did something<i style="background:var(--told)"></i>was told<i style="background:var(--bad)"></i>did not get it</p>',
    ...sectionsOf(report).map((section) => sectionHtml(section, source)),
    '<h2>About the incident</h2>',
    `<dl>${facts.map(([label, value]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(cutWith(value, longest.text * 2, source))}</dd>`).join('')}</dl>`,
    `<footer>${text(originOf(report))}</footer>`,
    '</main></body>',
    '</html>',
    '',
  ].join('\n');
}

const looks: Readonly<Record<Measure['verdict'], string>> = {
  met: 'good',
  missed: 'bad',
  unknown: 'open',
  'not measured': '',
};

function measure(
  name: string,
  short: string,
  { target, value, verdict, explanation }: Measure,
  source: string,
): string {
  const { head, left } = fitting(
    explanation.map((each) => `<p>${escapeHtml(cutWith(each, longest.text, source))}</p>`),
    budget.list,
  );
  return (
    `<div class="measure ${looks[verdict]}"><span>${name}</span><strong>${escapeHtml(value)}</strong>` +
    `<small>${short} ${escapeHtml(target)}: ${verdict}</small>${head.join('')}` +
    `${left > 0 ? `<p>${left} more in ${escapeHtml(source)}</p>` : ''}</div>`
  );
}

function sectionHtml(section: Section, source: string): string {
  const { title, none } = section;
  const count = section.kind === 'list' ? section.items.length : section.rows.length;
  if (count === 0) return none === undefined ? '' : `<h2>${title}</h2>\n<p>${none}</p>`;
  if (section.kind === 'list') {
    const lines = section.items.map((item) => `<li>${escapeHtml(item)}</li>`);
    return `<h2>${title}</h2>\n<ul>\n${fitted(lines, budget.list, (left) => `<li>${leftOut(left, source)}</li>`)}\n</ul>`;
  }
  const { head, rows, bytes, folded } = section;
  const lines = rows.map((cells) => rowHtml(head, cells));
  const gap = (left: number) => `<tr><td colspan="${head.length}">${leftOut(left, source)}</td></tr>`;
  const table =
    `<table><thead><tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead>\n` +
    `<tbody>\n${fitted(lines, bytes, gap)}\n</tbody></table>`;
  return folded
    ? `<details><summary>${title} (${count})</summary>\n${table}\n</details>`
    : `<h2>${title}</h2>\n${table}`;
}

function rowHtml(head: readonly string[], cells: readonly string[]): string {
  const all = cells.map((cell, index) => {
    const name = head[index] ?? '';
    const tight = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/.test(cell) ? ' class="tight"' : '';
    // The first cell says by itself what the row is about.
    const of = index === 0 || name === '' ? '' : ` data-of="${escapeHtml(name)}"`;
    return `<td${tight}${of}>${escapeHtml(cell)}</td>`;
  });
  return `<tr>${all.join('')}</tr>`;
}

function fitted(lines: readonly string[], bytes: number, gap: (left: number) => string): string {
  const { head, tail, left } = fitting(lines, bytes);
  return [...head, ...(left > 0 ? [gap(left)] : []), ...tail].join('\n');
}

function leftOut(left: number, source: string): string {
  return `… ${left} more, in ${escapeHtml(source)} on the ledger …`;
}
