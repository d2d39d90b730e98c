import type { Marks } from './phases.ts';

/** One thing that happened, as the terminal and the report tell it. Milliseconds since the epoch. */
export interface Happening {
  readonly at: number;
  readonly actor: string;
  readonly event: string;
  readonly detail?: string;
}

/** What one request of the simulated client came to. */
export interface Sample {
  readonly at: number;
  readonly servedBy: 'primary' | 'standby' | null;
}

/** Shows a drill while it runs. */
export interface Progress {
  happened(happening: Happening): void;
  sampled(sample: Sample): void;
  /** Redraw, for views that show time passing. */
  tick(now: number, marks: Marks): void;
  end(): void;
}

export interface Screen {
  write(text: string): void;
  readonly columns?: number;
  readonly rows?: number;
}
