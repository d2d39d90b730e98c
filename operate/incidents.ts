import { downtimeOf } from '../lambdas/communication/content/facts.ts';
import { reportHtml } from '../lambdas/communication/report/html.ts';
import { reportMarkdown } from '../lambdas/communication/report/markdown.ts';
import { reportOf } from '../lambdas/communication/report/report.ts';
import type { IncidentRecord } from '../lambdas/incident/contract.ts';
import { duration, moment } from '../lambdas/incident/time-words.ts';
import type { Environment } from '../lib/config/schema.ts';
import { names } from '../lib/names.ts';
import { recordOf, withLedger, type Unreadable } from './ledger.ts';
import type { Access } from './invoke.ts';

interface Asked extends Access {
  readonly environment: Environment;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** So many records are read at a time. */
const atOnce = 10;

/**
 * The incidents of an environment as a table, newest first.
 *
 * @throws NotReached when AWS could not be asked
 */
export async function listIncidents({
  environment,
  now,
  since,
  open,
  ...access
}: Asked & { readonly since?: number; readonly open: boolean }): Promise<string> {
  const from = since === undefined ? -Infinity : now - since * 1_000;
  const records = await withLedger(environment, access, async (ledger) => {
    // What was not changed since then did not start since then.
    const listed = (await ledger.list()).filter(({ changedAt }) => Date.parse(changedAt) >= from);
    const found: (IncidentRecord | Unreadable)[] = [];
    for (let first = 0; first < listed.length; first += atOnce) {
      const some = listed.slice(first, first + atOnce).map(({ id }) => ledger.read(id));
      found.push(...(await Promise.all(some)).filter((record) => record !== undefined));
    }
    return found;
  });
  const readable = records.flatMap((record) => ('why' in record ? [] : [record]));
  const shown = readable
    .filter(({ ref, state }) => Date.parse(ref.startedAt) >= from && (!open || state === 'open'))
    .toSorted((a, b) => b.ref.startedAt.localeCompare(a.ref.startedAt));
  const broken = records.flatMap((record) => ('why' in record ? [record] : []));
  const kind = `${open ? 'open ' : ''}incident`;
  const when = since === undefined ? '' : ` since ${moment(from)}`;
  const rows = shown.map((record) => rowOf(record, now));
  const none = `${environment.name} has no ${kind}${when}.\n`;
  return [
    shown.length === 0 ? none : `${table([head, ...rows])}\n`,
    ...broken.map(({ id, why }) => `incidents/${id}.json ${why}.\n`),
  ].join('');
}

const head = [
  'incident',
  'severity',
  'scenario',
  'outcome',
  'started',
  'recovery time',
  'not taken',
] as const;

function rowOf(record: IncidentRecord, now: number): readonly string[] {
  const { ref, notices } = record;
  const failed = notices.filter(({ delivered }) => !delivered);
  const channels = [...new Set(failed.map(({ channel }) => channel))].join(', ');
  return [
    ref.id,
    ref.severity,
    ref.scenario,
    `${record.outcome ?? record.state}${ref.mode === 'plan' ? ' (plan)' : ''}`,
    moment(ref.startedAt),
    recoveryTime(record, now),
    failed.length === 0 ? '' : `${failed.length} (${channels})`,
  ];
}

/** From the last time it was seen well, as the reports count it. */
function recoveryTime(record: IncidentRecord, now: number): string {
  const { ref, outcome, state } = record;
  if (ref.mode === 'plan') return '';
  const seconds = downtimeOf(record, now);
  const against = `${duration(seconds)} of ${duration(ref.rtoSeconds)}`;
  if (outcome === 'recovered') return `${against}, RTO ${seconds <= ref.rtoSeconds ? 'met' : 'missed'}`;
  if (state === 'open') return `${against} so far`;
  return `${duration(seconds)}, given up; RTO ${duration(ref.rtoSeconds)}`;
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * One incident: its report as Markdown or as a page, or its record.
 *
 * @throws Refused when there is no such incident
 * @throws NotReached when AWS could not be asked
 */
export async function showIncident({
  environment,
  now,
  id,
  as,
  ...access
}: Asked & { readonly id: string; readonly as: 'markdown' | 'html' | 'json' }): Promise<string> {
  const record = await withLedger(environment, access, (ledger) => recordOf(ledger, environment, id));
  if (as === 'json') return `${JSON.stringify(record, null, 2)}\n`;
  const about = { application: environment.application.name, publicName: names(environment).publicName };
  const report = reportOf(record, about, now);
  return as === 'html' ? reportHtml(report) : reportMarkdown(report);
}
