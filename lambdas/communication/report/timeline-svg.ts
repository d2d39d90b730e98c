import { duration } from '../../incident/time-words.ts';
import { escapeHtml } from '../render/escape.ts';
import type { Report } from './report.ts';

/** The incident against its clock, drawn: who did something when, when people were told, and the RTO. Pure. */

const size = { width: 960, left: 170, right: 940, row: 22, top: 46 } as const;
const maxRows = 24;

export function timelineSvg({ timeline, notices, span }: Report): string {
  const end = Math.max(span.end, span.start + 1_000);
  const x = (at: number) => {
    const share = Math.min(1, Math.max(0, (at - span.start) / (end - span.start)));
    return Math.round((size.left + share * (size.right - size.left)) * 10) / 10;
  };
  const actors = [...new Set(timeline.map(({ actor }) => actor))].slice(0, maxRows);
  const rows = [
    ...actors.map((actor) => ({
      label: actor,
      kind: 'step',
      at: timeline.filter((entry) => entry.actor === actor).map(({ at }) => Date.parse(at)),
    })),
    ...notices.slice(0, maxRows).map(({ audience, channel, told }) => ({
      label: `${channel} to ${audience}`,
      kind: 'notice',
      at: told.map(({ at }) => Date.parse(at)),
    })),
  ];
  const height = size.top + rows.length * size.row + 34;
  const bottom = height - 28;
  return [
    `<svg viewBox="0 0 ${size.width} ${height}" role="img" aria-label="Timeline of the incident">`,
    ...ticks(span.start, end).map(
      (at) =>
        `<line class="tick" x1="${x(at)}" x2="${x(at)}" y1="${size.top - 10}" y2="${bottom}"/>` +
        `<text class="axis" x="${x(at)}" y="${height - 10}" text-anchor="middle">${escapeHtml(duration((at - span.start) / 1_000))}</text>`,
    ),
    ...rows.map(({ label, kind, at }, index) => rowOf(label, kind, at.map(x), size.top + index * size.row)),
    span.deadline <= end
      ? `<line class="rto" x1="${x(span.deadline)}" x2="${x(span.deadline)}" y1="20" y2="${bottom}"/><text class="rto-label" x="${x(span.deadline)}" y="14" text-anchor="middle">RTO</text>`
      : `<text class="rto-label" x="${size.right}" y="14" text-anchor="end">RTO ${escapeHtml(duration((span.deadline - span.start) / 1_000))}: not reached</text>`,
    '</svg>',
  ].join('\n');
}

function rowOf(label: string, kind: string, xs: readonly number[], y: number): string {
  const [first, last] = [xs[0] ?? size.left, xs.at(-1) ?? size.left];
  return [
    `<text class="label" x="${size.left - 10}" y="${y + 4}" text-anchor="end">${escapeHtml(label.slice(0, 28))}</text>`,
    `<line class="${kind}-span" x1="${first}" x2="${Math.max(last, first + 2)}" y1="${y}" y2="${y}"/>`,
    // Marks that would lie on each other are one.
    ...[...new Set(xs.map((each) => Math.round(each)))].map(
      (each) => `<circle class="${kind}" cx="${each}" cy="${y}" r="4"/>`,
    ),
  ].join('');
}

/** Round times between which there is room for a label. */
function ticks(start: number, end: number): readonly number[] {
  const steps = [10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 43_200];
  const seconds = steps.find((step) => (end - start) / 1_000 / step <= 8) ?? 86_400;
  const count = Math.floor((end - start) / 1_000 / seconds);
  return Array.from({ length: count + 1 }, (_, index) => start + index * seconds * 1_000);
}
