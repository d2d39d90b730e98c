import { styleText } from 'node:util';
import { currentPhase, duration, type Marks, phaseNames } from './phases.ts';
import { clock, servedWords } from './plain.ts';
import type { Happening, Progress, Sample, Screen } from './progress.ts';

const paint = {
  good: (text: string) => styleText('green', text, { validateStream: false }),
  bad: (text: string) => styleText('red', text, { validateStream: false }),
  soft: (text: string) => styleText('dim', text, { validateStream: false }),
  strong: (text: string) => styleText('bold', text, { validateStream: false }),
};

const maxSamples = 60;

/**
 * A view that a person can watch: the phases, the time against the RTO, whom the client is served by,
 * and the last things that happened. What has scrolled by stays above it.
 */
export function liveProgress(
  screen: Screen,
  title: string,
  rtoSeconds: number,
  zero: () => number,
): Progress {
  const width = () => Math.max(40, Math.min(screen.columns ?? 80, 110));
  let samples: Sample[] = [];
  let drawn = 0;
  let lastAt = 0;
  let marks: Marks = {};

  const erase = () => {
    if (drawn > 0) screen.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  const draw = () => {
    const lines = view(title, rtoSeconds, lastAt, marks, samples, width());
    screen.write(lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  return {
    happened(happening) {
      lastAt = Math.max(lastAt, happening.at);
      erase();
      screen.write(`${eventLine(happening, zero(), width())}\n`);
      draw();
    },
    sampled(sample) {
      lastAt = Math.max(lastAt, sample.at);
      samples = [...samples, sample].slice(-maxSamples);
    },
    tick(now, newMarks) {
      lastAt = Math.max(lastAt, now);
      marks = newMarks;
      erase();
      draw();
    },
    end() {
      erase();
      draw();
      drawn = 0;
    },
  };
}

function eventLine({ at, actor, event, detail }: Happening, zero: number, width: number): string {
  const text = detail === undefined ? event : `${event}: ${detail}`;
  const room = width - 8 - 2 - 16 - 1;
  const cut = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  return `${paint.soft(clock(at, zero))}  ${paint.strong(actor.padEnd(16))} ${cut}`;
}

function view(
  title: string,
  rtoSeconds: number,
  now: number,
  marks: Marks,
  samples: readonly Sample[],
  width: number,
): string[] {
  const last = samples.at(-1);
  const dots = samples
    .slice(-(width - 12))
    .map(({ servedBy }) =>
      servedBy === null ? paint.bad('×') : servedBy === 'primary' ? paint.good('●') : paint.good('◆'),
    )
    .join('');
  return [
    paint.soft('─'.repeat(width)),
    `${paint.strong(title)}  ${phaseLine(marks)}`,
    rtoLine(rtoSeconds, now, marks, width),
    `client ${dots}`,
    last ? paint.soft(`       ${servedWords(last.servedBy)}   ● primary  ◆ standby  × not served`) : '',
  ];
}

function phaseLine(marks: Marks): string {
  const current = currentPhase(marks);
  const at = phaseNames.findIndex((name) => name === current);
  return phaseNames
    .map((name, index) => {
      if (current === 'over' || index < at) return paint.good(`✓ ${name}`);
      return index === at ? paint.strong(`▶ ${name}`) : paint.soft(`○ ${name}`);
    })
    .join('  ');
}

function rtoLine(rtoSeconds: number, now: number, marks: Marks, width: number): string {
  const start = marks.lastGood ?? marks.damaged;
  const elapsed = start === undefined ? 0 : ((marks.servedAgain ?? now) - start) / 1000;
  const room = width - 30;
  const filled = Math.min(room, Math.ceil((room * elapsed) / rtoSeconds));
  const bar = '█'.repeat(Math.max(0, filled)) + '░'.repeat(Math.max(0, room - filled));
  const colour = elapsed > rtoSeconds ? paint.bad : paint.good;
  return `RTO    ${colour(bar)} ${duration(elapsed)} of ${duration(rtoSeconds)}`;
}
