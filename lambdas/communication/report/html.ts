import { moment } from '../../incident/time-words.ts';
import { cutToCharacters } from '../render/cut.ts';
import { escapeHtml } from '../render/escape.ts';
import type { Report } from './report.ts';
import { timelineSvg } from './timeline-svg.ts';

/** A report as one page that needs nothing else: no script, nothing from elsewhere. Pure. */

const longestCell = 1_000;

export function reportHtml(report: Report): string {
  const { facts, story, decisions, changed, unchanged, steps, checks, notices, notes, followUps } = report;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="robots" content="noindex">',
    `<title>${text(report.title)}</title><style>${style}</style></head><body><main>`,
    `<h1>${text(report.title)}</h1>`,
    `<p class="story">${text(story)}</p>`,
    `<dl>${facts.map(([label, value]) => `<dt>${text(label)}</dt><dd>${text(value)}</dd>`).join('')}</dl>`,
    `<h2>Timeline</h2><figure>${timelineSvg(report)}</figure>`,
    list(
      'Decisions',
      decisions.map(
        ({ at, actor, event, detail }) =>
          `${moment(at)}, ${actor}: ${event}${detail === undefined ? '' : ` (${detail})`}`,
      ),
    ),
    list('Changed', changed),
    list('Not changed', unchanged),
    list('What to follow up', followUps),
    list(
      'Notes',
      notes.map(({ at, by, text: words }) => `${moment(at)}, ${by}: ${words}`),
    ),
    table(
      'Evidence',
      ['What was looked at', '', 'What was seen'],
      checks.map(({ name, held, evidence }) => [name, held, evidence]),
    ),
    table(
      'Steps',
      ['Step', 'Status', 'Summary', 'Before', 'After'],
      steps.map(({ step, status, summary, before, after }) => [
        step,
        status,
        summary,
        value(before),
        value(after),
      ]),
    ),
    table(
      'Who was told',
      ['Audience', 'Channel', 'Told', 'First', 'Last', 'Not taken'],
      notices.map(({ audience, channel, told, failed }) => [
        audience,
        channel,
        String(told.length),
        told[0] ? `${told[0].kind}, ${moment(told[0].at)}` : '',
        told.at(-1) ? `${told.at(-1)?.kind ?? ''}, ${moment(told.at(-1)?.at ?? 0)}` : '',
        failed.length === 0 ? '' : `${failed.length}, last: ${failed.at(-1)?.failure ?? ''}`,
      ]),
    ),
    table(
      'Everything, in order',
      ['Time', 'Who', 'What', ''],
      report.timeline.map(({ at, actor, event, detail }) => [moment(at), actor, event, detail ?? '']),
    ),
    report.left > 0 ? `<p>${report.left} more entries are on the record of the incident.</p>` : '',
    '</main></body></html>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `<h2>${text(title)}</h2><ul>${lines.map((line) => `<li>${text(line)}</li>`).join('')}</ul>`;
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (tag: string, of: readonly string[]) =>
    of.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join('');
  return [
    `<h2>${text(title)}</h2><div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>`,
    ...rows.map((row) => `<tr>${cells('td', row)}</tr>`),
    '</tbody></table></div>',
  ].join('\n');
}

function text(words: string): string {
  return escapeHtml(cutToCharacters(words, longestCell));
}

function value(of: unknown): string {
  if (of === null || of === undefined) return '';
  return typeof of === 'string' ? of : JSON.stringify(of);
}

const style = [
  ':root{color-scheme:light dark;--line:#8886;--step:#2f6fde;--notice:#1b8a4b;--rto:#c4342b}',
  'body{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:1rem}main{max-width:64rem;margin:0 auto}',
  'h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}.story{font-size:1.1rem}',
  'dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1rem}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}',
  'figure{margin:0;overflow-x:auto}svg{min-width:40rem;width:100%;height:auto;font:12px system-ui,sans-serif}',
  'svg text{fill:currentColor}.tick{stroke:var(--line)}.axis{opacity:.7}.rto{stroke:var(--rto);stroke-width:2;stroke-dasharray:6 4}svg .rto-label{fill:var(--rto)}',
  '.step{fill:var(--step)}.notice{fill:var(--notice)}.step-span{stroke:var(--step);stroke-width:2;opacity:.5}.notice-span{stroke:var(--notice);stroke-width:1;opacity:.4}',
  '.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}td:first-child{min-width:7rem}',
  'li{overflow-wrap:anywhere}@media print{body{padding:0}.wide,figure{overflow:visible}}',
].join('');
