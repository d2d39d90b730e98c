import type { DrillReport } from './contract.ts';
import { html, type Markup } from './markup.ts';
import { duration, phaseNames } from './phases.ts';

const width = 1000;
const left = 10;
const right = 990;

/**
 * The incident drawn against its RTO: above, the whole budget with the part that was used; below, the
 * used part alone, phase by phase, with what happened when.
 */
export function timelineSvg(report: DrillReport): Markup {
  const start = Date.parse(report.clock.detect.start ?? report.startedAt);
  const end = Math.max(Date.parse(report.endedAt), start + 1000);
  return html`<svg
    viewBox="0 0 ${width} 250"
    role="img"
    aria-label="Timeline of the incident against its RTO"
  >
    ${budget(report, (end - start) / 1000)} ${phaseBars(report, start, end)}
  </svg>`;
}

function budget(report: DrillReport, spent: number): Markup {
  const { targetSeconds, measuredSeconds } = report.rto;
  const used = measuredSeconds ?? spent;
  const scale = Math.max(targetSeconds, used);
  const x = (seconds: number) => left + ((right - left) * seconds) / scale;
  const over = used > targetSeconds;
  return html`<text x="${left}" y="14" class="label">
      the whole RTO, ${duration(targetSeconds)}:
      ${measuredSeconds !== null ? `recovered after ${duration(used)}` : report.mode === 'plan' ? 'a plan' : 'not recovered'}
    </text>
    <rect x="${left}" y="22" width="${right - left}" height="22" rx="4" class="budget"></rect>
    <rect
      x="${left}"
      y="22"
      width="${Math.max(3, x(used) - left)}"
      height="22"
      rx="4"
      class="${over || (measuredSeconds === null && report.mode === 'live') ? 'bad' : 'good'}"
    ></rect>
    <line x1="${x(targetSeconds)}" x2="${x(targetSeconds)}" y1="18" y2="48" class="limit"></line>`;
}

function phaseBars(report: DrillReport, start: number, end: number): Markup {
  const x = (at: number) => left + ((right - left) * (at - start)) / (end - start);
  const bars = phaseNames.map((name, row) => {
    const span = report.clock[name];
    if (span.start === null) return '';
    const from = Date.parse(span.start);
    const to = span.end === null ? end : Date.parse(span.end);
    const y = 82 + row * 26;
    const late = x(to) > width * 0.62;
    return html`<rect
        x="${x(from)}"
        y="${y}"
        width="${Math.max(2, x(to) - x(from))}"
        height="18"
        rx="3"
        class="phase ${span.end === null ? 'unfinished' : name}"
      ></rect>
      <text
        x="${late ? x(from) - 6 : x(to) + 6}"
        y="${y + 13}"
        text-anchor="${late ? 'end' : 'start'}"
        class="label"
      >
        ${name} ${duration((to - from) / 1000)}${span.end === null ? ' (not finished)' : ''}
      </text>`;
  });
  const step = tick((end - start) / 1000);
  const ticks = Array.from({ length: Math.floor((end - start) / 1000 / step) + 1 }, (_, i) => i * step);
  return html`<text x="${left}" y="68" class="label">the part that was used, from the last good request</text>
    ${ticks.map(
      (seconds) =>
        html`<line
            x1="${x(start + seconds * 1000)}"
            x2="${x(start + seconds * 1000)}"
            y1="76"
            y2="218"
            class="tick"
          ></line>
          <text
            x="${x(start + seconds * 1000)}"
            y="234"
            class="axis"
            text-anchor="${seconds === 0 ? 'start' : x(start + seconds * 1000) > right - 20 ? 'end' : 'middle'}"
            >${duration(seconds)}</text
          >`,
    )}
    ${bars}`;
}

/** A round number of seconds between two marks of the axis, for about ten marks. */
function tick(total: number): number {
  const steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200];
  return steps.find((step) => total / step <= 11) ?? 86400;
}
