import { moment } from '../../incident/time-words.ts';
import { cutToCharacters } from '../render/cut.ts';
import type { Report } from './report.ts';

/** A report as Markdown. Pure. */

const longestCell = 600;

export function reportMarkdown(report: Report): string {
  const { facts, story, decisions, changed, unchanged, steps, checks, notices, notes, followUps } = report;
  const parts = [
    `# ${text(report.title)}`,
    table(['', ''], facts),
    `## What happened\n\n${text(story)}`,
    section(
      'Decisions',
      decisions.map(
        ({ at, actor, event, detail }) =>
          `${moment(at)}, ${actor}: ${event}${detail === undefined ? '' : ` (${detail})`}`,
      ),
    ),
    section('Changed', changed),
    section('Not changed', unchanged),
    steps.length === 0
      ? ''
      : `## Steps\n\n${table(
          ['step', 'status', 'summary', 'before', 'after'],
          steps.map(({ step, status, summary, before, after }) => [
            step,
            status,
            summary,
            value(before),
            value(after),
          ]),
        )}`,
    checks.length === 0
      ? ''
      : `## Evidence\n\n${table(
          ['what was looked at', '', 'what was seen'],
          checks.map(({ name, held, evidence }) => [name, held, evidence]),
        )}`,
    notices.length === 0
      ? ''
      : `## Who was told\n\n${table(
          ['audience', 'channel', 'told', 'first', 'last', 'not taken'],
          notices.map(({ audience, channel, told, failed }) => [
            audience,
            channel,
            String(told.length),
            told[0] ? `${told[0].kind}, ${moment(told[0].at)}` : '',
            told.at(-1) ? `${told.at(-1)?.kind ?? ''}, ${moment(told.at(-1)?.at ?? 0)}` : '',
            failed.length === 0 ? '' : `${failed.length}, last: ${failed.at(-1)?.failure ?? ''}`,
          ]),
        )}`,
    section(
      'Notes',
      notes.map(({ at, by, text: words }) => `${moment(at)}, ${by}: ${words}`),
    ),
    section('What to follow up', followUps),
    `## Timeline\n\n${table(
      ['time', 'who', 'what', ''],
      report.timeline.map(({ at, actor, event, detail }) => [moment(at), actor, event, detail ?? '']),
    )}`,
    report.left > 0 ? `${report.left} more entries are on the record of the incident.` : '',
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `## ${title}\n\n${lines.map((line) => `- ${text(line)}`).join('\n')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(text).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

/** On one line, with nothing in it that Markdown or HTML would take for its own. */
function text(words: string): string {
  return cutToCharacters(words, longestCell)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[\\`*_{}[\]<>|#~!]/g, (character) => `\\${character}`);
}

function value(of: unknown): string {
  if (of === null || of === undefined) return '';
  return typeof of === 'string' ? of : JSON.stringify(of);
}
