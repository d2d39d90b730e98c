import { duration } from './phases.ts';
import type { Happening, Progress, Sample, Screen } from './progress.ts';

/** One line for each thing that happens: for pipes, logs and CI. Never colour, never a redraw. */
export function plainProgress(screen: Screen, zero: () => number): Progress {
  const line = (at: number, actor: string, text: string) =>
    screen.write(`${clock(at, zero())}  ${actor.padEnd(16)} ${text}\n`);
  return {
    happened: ({ at, actor, event, detail }: Happening) =>
      line(at, actor, detail === undefined ? event : `${event}: ${detail}`),
    sampled: () => undefined,
    tick: () => undefined,
    end: () => undefined,
  };
}

/** In words, of the simulated client. */
export function servedWords(servedBy: Sample['servedBy']): string {
  return servedBy === null ? 'is not served' : `is served by the ${servedBy} site`;
}

/** `+1:05` after the damage, `-0:30` before it. */
export function clock(at: number, zero: number): string {
  const seconds = (at - zero) / 1000;
  return `${seconds < 0 ? '-' : '+'}${duration(Math.abs(seconds))}`.padStart(8);
}
