import type { DrillReport } from './contract.ts';

/** The moments that divide an incident, milliseconds since the epoch; absent when not reached. */
export interface Marks {
  readonly damaged?: number;
  /** Last good request of the simulated client before the damage showed. */
  readonly lastGood?: number;
  readonly opened?: number;
  readonly go?: number;
  readonly switched?: number;
  /** The authoritative servers answer with the standby: from here on the recovery verifies. */
  readonly verifying?: number;
  readonly servedAgain?: number;
  readonly closed?: number;
}

export const phaseNames = ['detect', 'decide', 'act', 'spread', 'verify'] as const;
export type PhaseName = (typeof phaseNames)[number];

/** The mark at which each phase ends; it starts at the end of the one before. */
const ends: Readonly<Record<PhaseName, keyof Marks>> = {
  detect: 'opened',
  decide: 'go',
  act: 'switched',
  spread: 'servedAgain',
  verify: 'closed',
};

/**
 * Start and end of each phase; a phase that was not reached, or not left, says so with null.
 *
 * The first four follow each other. Verifying begins when DNS answers have moved, which is before the last
 * client's cache has run out: it overlaps with the spread.
 */
export function phases(marks: Marks): DrillReport['clock'] {
  const span = (start: number | undefined, end: number | undefined) => ({
    start: instant(start),
    end: start === undefined ? null : instant(end),
  });
  // Users of what is restarted one by one may be served before the last change is made.
  const { switched: changed, servedAgain } = marks;
  const switched =
    changed === undefined || servedAgain === undefined ? changed : Math.min(changed, servedAgain);
  return {
    detect: span(marks.lastGood, marks.opened),
    decide: span(marks.opened, marks.go),
    act: span(marks.go, switched),
    spread: span(switched, servedAgain),
    verify: span(marks.verifying, marks.closed),
  };
}

/** The phase an incident is in. */
export function currentPhase(marks: Marks): PhaseName | 'before' | 'over' {
  if (marks.closed !== undefined) return 'over';
  if (marks.damaged === undefined) return 'before';
  return phaseNames.find((name) => marks[ends[name]] === undefined) ?? 'over';
}

/** ISO 8601 for a report. */
export function instant(at: number): string;
export function instant(at: number | undefined): string | null;
export function instant(at: number | undefined): string | null {
  return at === undefined ? null : new Date(Math.round(at)).toISOString();
}

/** `4:05`, or `1:04:05` from an hour on. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
