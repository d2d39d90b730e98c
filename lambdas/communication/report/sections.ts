import { duration, moment } from '../../incident/time-words.ts';
import { budget, cutWith, longest, valueText } from './shape.ts';
import type { Report } from './report.ts';

/** A report as lists and tables, before it is Markdown or a page: plain words, cut, neither escaped nor marked. Pure. */

export interface List {
  readonly kind: 'list';
  readonly title: string;
  readonly items: readonly string[];
  /** What is said when there are none; absent: the section is left out. */
  readonly none?: string;
}

export interface Table {
  readonly kind: 'table';
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows that do not fit are left out in the middle. */
  readonly bytes: number;
  readonly none?: string;
  /** For who looks for it, and not for who reads on. */
  readonly folded?: true;
}

export type Section = List | Table;

export function sectionsOf(report: Report): readonly Section[] {
  const { source } = report;
  const short = (words: string) => cutWith(words, longest.short, source);
  const text = (words: string) => cutWith(words, longest.text, source);
  const value = (of: unknown, where: string) => cutWith(valueText(of), longest.value, `${source}, ${where}`);
  const list = (title: string, items: readonly string[], none?: string): Section => ({
    kind: 'list',
    title,
    items: items.map(text),
    ...(none === undefined ? {} : { none }),
  });
  const table = (
    title: string,
    head: readonly string[],
    rows: readonly (readonly string[])[],
    options: Partial<Pick<Table, 'bytes' | 'none' | 'folded'>> = {},
  ): Section => ({ kind: 'table', title, head, rows, bytes: budget.list, ...options });

  return [
    list('What to follow up', report.followUps, 'Nothing is on the record.'),
    table(
      'Detection, decision, action',
      ['', 'When', 'After the start', ''],
      report.moments.map(({ label, at, after, note }) => [
        label,
        at !== null ? moment(at) : label === 'Last seen well' ? 'unknown' : 'not on the record',
        after === null ? '' : sinceStart(after),
        short(note),
      ]),
    ),
    table(
      'Decisions',
      ['When', 'Who', 'Decided', 'Why'],
      report.decisions.map(({ at, by, what, why }) => [moment(at), short(by), short(what), text(why)]),
      { none: 'No decision is on the record.' },
    ),
    list('Changed', report.changed, 'Nothing, as far as the record says.'),
    list('Not changed', report.unchanged),
    table(
      'Steps',
      ['Step', 'Status', 'What it says', 'Before', 'After'],
      report.steps.map(({ step, status, summary, before, after }, index) => [
        short(step),
        status,
        text(summary),
        value(before, `steps[${index}].before`),
        value(after, `steps[${index}].after`),
      ]),
      { bytes: budget.steps, none: 'No step is on the record.' },
    ),
    table(
      'Evidence',
      ['What was looked at', 'Held', 'What was seen'],
      report.checks.map(({ name, held, evidence }) => [short(name), held, text(evidence)]),
      { bytes: budget.checks, none: 'Nothing that was looked at is on the record.' },
    ),
    table(
      'Who was told',
      ['Audience', 'Channel', 'Told', 'First', 'Last', 'Not taken', 'Why'],
      report.told.readers.map(
        ({ audience, channel, delivered, retried, failed, first, last, lastFailure, endedUntold }) => [
          audience,
          channel,
          delivered === 0 ? 'never' : `${delivered}${retried > 0 ? `, ${retried} by a second try` : ''}`,
          first ? `${first.kind}, ${moment(first.at)}` : '',
          last ? `${last.kind}, ${moment(last.at)}` : '',
          failed === 0 ? '' : `${failed}${endedUntold ? ', the last one as well' : ''}`,
          short(lastFailure ?? ''),
        ],
      ),
      { none: 'Nobody, as far as the record says.' },
    ),
    table(
      'Who was called further',
      ['When', 'Because', 'Who'],
      report.escalations.map(({ at, what, to }) => [moment(at), what, text(to)]),
    ),
    table(
      'Notes',
      ['When', 'Who', 'Note'],
      report.notes.map(({ at, by, via, text: words }) => [moment(at), short(`${by} (${via})`), text(words)]),
    ),
    table(
      'What stood there before',
      ['Step', 'Kept'],
      report.preImages.map(({ step, value: kept }) => [short(step), value(kept, `preImages.${step}`)]),
    ),
    table(
      'Every notice',
      ['When', 'Audience', 'Channel', 'Kind', 'Subject', 'Taken'],
      report.told.all.map(
        ({ at, audience, channel, kind, subject, delivered, failure, attempts, merged }) => [
          moment(at),
          audience,
          channel,
          kind,
          short(subject),
          [
            delivered ? (failure === undefined ? 'yes' : 'not by everybody') : 'no',
            ...(attempts === undefined || attempts === 1 ? [] : [`after ${attempts} tries`]),
            ...(merged ? ['in place of the one before'] : []),
            ...(failure === undefined ? [] : [short(failure)]),
          ].join(', '),
        ],
      ),
      { bytes: budget.notices, folded: true },
    ),
    table(
      'Everything, in order',
      ['When', 'Who', 'What', ''],
      report.timeline.map(({ at, actor, event, detail }) => [
        moment(at),
        short(actor),
        text(event),
        text(detail),
      ]),
      { bytes: budget.timeline, none: 'Nothing is on the timeline.' },
    ),
  ];
}

function sinceStart(seconds: number): string {
  return seconds < 0 ? `${duration(-seconds)} before` : duration(seconds);
}

/** The last line of a report. */
export function originOf({ source, asOf }: Report): string {
  return (
    `Made from ${source} on the ledger, which has everything that was cut here. ` +
    `${asOf === undefined ? '' : `The incident is not over: this is as of ${moment(asOf)}. `}Times are UTC.`
  );
}
