import type { Measure } from './loss.ts';
import type { Report } from './report.ts';
import { originOf, sectionsOf, type Section } from './sections.ts';
import { budget, cutWith, fitting, longest } from './shape.ts';

/** A report as Markdown, for a ticket, a wiki or a terminal. Pure. */
export function reportMarkdown(report: Report): string {
  const { title, headline, story, rto, rpo, facts, source } = report;
  const text = (words: string) => escapeMarkdown(cutWith(words, longest.paragraph, source));
  const parts = [
    `# ${text(title)}`,
    `**Incident report: ${text(headline)}**`,
    table(
      ['', 'Target', 'Measured', '', 'From'],
      [measure('RTO', rto, source), measure('RPO', rpo, source)],
      budget.list,
      source,
    ),
    `## What happened\n\n${story.map(text).join('\n\n')}`,
    ...sectionsOf(report).map((section) => sectionMarkdown(section, source)),
    `## About the incident\n\n${table(
      ['', ''],
      facts.map(([label, value]) => [label, cutWith(value, longest.text * 2, source)]),
      budget.list,
      source,
    )}`,
    text(originOf(report)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function measure(
  name: string,
  { target, value, verdict, explanation }: Measure,
  source: string,
): readonly string[] {
  return [name, target, value, verdict, cutWith(explanation.join('; '), longest.text * 2, source)];
}

function sectionMarkdown(section: Section, source: string): string {
  const { title, none } = section;
  const count = section.kind === 'list' ? section.items.length : section.rows.length;
  if (count === 0) return none === undefined ? '' : `## ${title}\n\n${none}`;
  if (section.kind === 'table') {
    return `## ${title}\n\n${table(section.head, section.rows, section.bytes, source)}`;
  }
  const lines = section.items.map((item) => `- ${escapeMarkdown(item)}`);
  return `## ${title}\n\n${fitted(lines, budget.list, (left) => `- ${leftOut(left, source)}`)}`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  bytes: number,
  source: string,
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const gap = (left: number) => `| ${[leftOut(left, source), ...head.slice(1).map(() => '')].join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, fitted(rows.map(line), bytes, gap)].join('\n');
}

function fitted(lines: readonly string[], bytes: number, gap: (left: number) => string): string {
  const { head, tail, left } = fitting(lines, bytes);
  return [...head, ...(left > 0 ? [gap(left)] : []), ...tail].join('\n');
}

function leftOut(left: number, source: string): string {
  return `… ${left} more, in ${escapeMarkdown(source)} on the ledger …`;
}

/**
 * On one line, with nothing in it that Markdown or the HTML in it would take for its own. A `<`, `>` or `&` is written
 * as an entity, which no renderer takes for markup, whatever it thinks of backslashes.
 */
export function escapeMarkdown(words: string): string {
  return (
    words
      .replace(/\s*[\r\n\u2028\u2029]\s*/g, ' ')
      .replace(/[\\`*_{}[\]|#~!$]/g, (character) => `\\${character}`)
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      // At the beginning of an item it would begin another list.
      .replace(/^(\s*)([-+=])/, '$1\\$2')
      .replace(/^(\s*\d+)([.)])(?=\s)/, '$1\\$2')
  );
}
