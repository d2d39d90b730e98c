import { duration } from '../../incident/time-words.ts';
import { escapeHtml } from '../render/escape.ts';
import { cutToCharacters } from '../render/cut.ts';
import type { Span } from './moments.ts';
import type { Report } from './report.ts';

/**
 * The incident against its clock, drawn: above, the whole RTO and how much of it was used; below, phase by phase and
 * step by step what happened when, and when each reader was told. Pure.
 */

const left = 190;
const right = 940;
const width = 960;
const row = 22;
const maxRows = 40;
/** Where the names of bars stand. */
const gap = 6;

type Scale = (at: number) => number;

export function timelineSvg(report: Report): string {
  const { span, phases, waits } = report;
  const x: Scale = (at) => {
    const share = (at - span.from) / (span.end - span.from);
    return round(left + Math.min(1, Math.max(0, share)) * (right - left));
  };
  const groups = [
    group('Phases', [
      ...phases.map((each) => bar(each, x, 'phase')),
      ...waits.map((each) => bar(each, x, 'wait')),
    ]),
    group('Who did something', actorRows(report, x)),
    group('Who was told', readerRows(report, x)),
  ].filter(({ rows }) => rows.length > 0);
  let y = 92;
  const drawn: string[] = [];
  for (const { title, rows } of groups) {
    drawn.push(`<text class="group" x="0" y="${y}">${escapeHtml(title)}</text>`);
    y += 8;
    for (const draw of rows) {
      drawn.push(draw(y));
      y += row;
    }
    y += 20;
  }
  const bottom = y - 12;
  return [
    `<svg viewBox="0 0 ${width} ${bottom + 26}" role="img" aria-label="Timeline of the incident against its RTO">`,
    budgetBar(report),
    ...axis(span, x, bottom),
    ...drawn,
    rtoLine(span, x, bottom),
    '</svg>',
  ].join('\n');
}

/** The whole RTO, and the part of it that was used. */
function budgetBar({ span, rto, tone }: Report): string {
  const used = span.end - span.from;
  const target = span.rtoAt - span.from;
  const scale = (time: number) => round(left + ((right - left) * time) / Math.max(used, target));
  const look = tone === 'plan' ? 'plan' : used > target || tone === 'bad' ? 'bad' : 'good';
  return [
    `<text class="label" x="${left - 10}" y="34" text-anchor="end">RTO ${escapeHtml(rto.target)}</text>`,
    `<rect class="budget" x="${left}" y="20" width="${right - left}" height="20" rx="4"/>`,
    `<rect class="used ${look}" x="${left}" y="20" width="${Math.max(3, round(scale(used) - left))}" height="20" rx="4"/>`,
    `<line class="rto" x1="${scale(target)}" x2="${scale(target)}" y1="16" y2="44"/>`,
    `<text class="axis" x="${left}" y="12">${escapeHtml(`${duration(used / 1_000)} used, ${Math.round((100 * used) / target)} %`)}</text>`,
  ].join('');
}

function rtoLine({ rtoAt, end }: Report['span'], x: Scale, bottom: number): string {
  if (rtoAt > end) return '';
  const at = x(rtoAt);
  const isRight = at > right - 80;
  return (
    `<line class="rto" x1="${at}" x2="${at}" y1="66" y2="${bottom}"/>` +
    `<text class="rto-label" x="${isRight ? at - gap : at + gap}" y="74" text-anchor="${isRight ? 'end' : 'start'}">RTO is over</text>`
  );
}

type Draw = (y: number) => string;

function group(title: string, rows: readonly Draw[]) {
  const cut = rows.slice(0, maxRows);
  const more = rows.length - cut.length;
  return {
    title: more > 0 ? `${title} (${more} more on the record)` : title,
    rows: cut,
  };
}

function bar({ name, from, to, unfinished }: Span, x: Scale, kind: string): Draw {
  const [start, end] = [x(from), x(to)];
  const words = `${duration((to - from) / 1_000)}${unfinished ? ', not over' : ''}`;
  const isLate = end > right - 130;
  return (y) =>
    named(name, y) +
    `<rect class="${kind} ${escapeHtml(name.split(/[ :]/)[0] ?? '')}" x="${start}" y="${y}" width="${round(Math.max(2, end - start))}" height="16" rx="3"/>` +
    (isLate && start - left < 130
      ? `<text class="inside" x="${start + gap}" y="${y + 12}">${escapeHtml(words)}</text>`
      : `<text class="label" x="${isLate ? start - gap : end + gap}" y="${y + 12}" text-anchor="${isLate ? 'end' : 'start'}">${escapeHtml(words)}</text>`);
}

function actorRows({ timeline }: Report, x: Scale): readonly Draw[] {
  const byActor = Map.groupBy(timeline, ({ actor }) => actor);
  return [...byActor].map(([actor, entries]) => {
    const at = unique(entries.map((entry) => x(Date.parse(entry.at))));
    const [first = left, last = left] = [at[0], at.at(-1)];
    return (y: number) =>
      named(actor, y) +
      `<line class="stretch" x1="${first}" x2="${last}" y1="${y + 8}" y2="${y + 8}"/>` +
      // One path of round dots, because a circle each would be five times the bytes.
      `<path class="did" d="${at.map((each) => `M${each} ${y + 8}h0`).join('')}"/>`;
  });
}

function readerRows({ told }: Report, x: Scale): readonly Draw[] {
  return told.readers.map(({ audience, channel, deliveredAt, failedAt }) => {
    const ticks = (times: readonly number[], y: number) =>
      unique(times.map((at) => 2 * Math.round(x(at) / 2)))
        .map((each) => `M${each} ${y + 2}v12`)
        .join('');
    return (y: number) =>
      named(`${audience}, ${channel}`, y) +
      `<path class="failed" d="${ticks(failedAt, y)}"/><path class="told" d="${ticks(deliveredAt, y)}"/>`;
  });
}

/** Those that would lie on each other are one. */
function unique(xs: readonly number[]): readonly number[] {
  return [...new Set(xs.map(Math.round))];
}

function named(name: string, y: number): string {
  // Of an ARN only the end tells people apart.
  const short = name.startsWith('arn:') ? (name.split(/[/:]/).at(-1) ?? name) : name;
  return `<text class="label" x="${left - 10}" y="${y + 12}" text-anchor="end">${escapeHtml(cutToCharacters(short, 30))}</text>`;
}

function axis({ from, end }: Report['span'], x: Scale, bottom: number): readonly string[] {
  return ticks(from, end).map((at) => {
    const place = x(at);
    const anchor = at === from ? 'start' : place > right - 24 ? 'end' : 'middle';
    return (
      `<line class="tick" x1="${place}" x2="${place}" y1="80" y2="${bottom}"/>` +
      `<text class="axis" x="${place}" y="${bottom + 16}" text-anchor="${anchor}">${escapeHtml(duration((at - from) / 1_000))}</text>`
    );
  });
}

/** Round times between which there is room for a label. */
function ticks(start: number, end: number): readonly number[] {
  const steps = [10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800, 2_592_000];
  const total = (end - start) / 1_000;
  const seconds = steps.find((step) => total / step <= 8) ?? total / 8;
  return Array.from(
    { length: Math.floor(total / seconds) + 1 },
    (_, index) => start + index * seconds * 1_000,
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
