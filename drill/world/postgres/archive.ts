import type { RememberingClock } from '../../clock.ts';
import type { Archive } from '../../cloud/rds/engine.ts';
import { wallClockOffset } from '../../time-record.ts';

/** Milliseconds to which instants are known; a commit is acknowledged later than that. */
const precision = 0.02;

/** What it is now, in incident time and by the machine's clock, milliseconds since the epoch. */
export interface Moment {
  readonly time: number;
  readonly real: number;
}

export function momentOf(clock: RememberingClock): Moment {
  const time = clock.now();
  const now = performance.now();
  return { time, real: now + wallClockOffset() };
}

interface LogArchiveOptions {
  readonly owner: string;
  /** Its own log. */
  readonly log: string;
  readonly clock: RememberingClock;
  /** Ship what the server has at this moment, and say up to when; null when it does not run. */
  readonly shipMore: () => Promise<number | null>;
}

/** Data to begin from, never written to again, and the folders in which the log since then is looked for, in order. */
export interface Backup {
  readonly base: string;
  readonly logs: readonly string[];
}

/**
 * A base backup of one server and its log up to the last that was shipped.
 *
 * The log may hold more than the window promises; a restore does not go there. A server that was itself restored has
 * no base of its own: it goes on from the one that it came from, with the log of both.
 */
export class LogArchive implements Archive {
  /** Whose it is, for messages. */
  readonly owner: string;
  readonly log: string;
  readonly #clock: RememberingClock;
  readonly #shipMore: () => Promise<number | null>;
  #backup: Backup | null = null;
  #from = Infinity;
  #to = -Infinity;
  /** The machine's clock up to which all commits are in the log. */
  #covered = -Infinity;

  constructor({ owner, log, clock, shipMore }: LogArchiveOptions) {
    this.owner = owner;
    this.log = log;
    this.#clock = clock;
    this.#shipMore = shipMore;
  }

  window(): { readonly from: number; readonly to: number } | null {
    return this.#from <= this.#to ? { from: this.#from, to: this.#to } : null;
  }

  /**
   * All that there is by now is in this backup and the log since.
   *
   * @returns where its window begins: whoever writes times down in whole milliseconds can still restore to it
   */
  begins({ base, logs }: Backup): number {
    this.#backup = { base, logs: [this.log, ...logs] };
    this.#from = Math.ceil(this.#clock.now());
    return this.#from;
  }

  get backup(): Backup {
    if (!this.#backup) throw new Error(`nothing of ${this.owner} can be restored yet`);
    return this.#backup;
  }

  /** All that had been committed at this moment is in the log. */
  holds({ time, real }: Moment): void {
    this.#to = Math.max(this.#to, time);
    this.covers(real);
  }

  covers(real: number): void {
    this.#covered = Math.max(this.#covered, real);
  }

  /**
   * Whether commits may belong to the window and are not in the log: where incident time stands still, work goes on
   * at a time up to which the log had already been shipped.
   */
  get lacksSome(): boolean {
    return this.#to > -Infinity && this.#lacks(this.#clock.realTimeOf(this.#to));
  }

  /**
   * Up to which commit a restore to `to` goes: microseconds by the machine's clock, inclusive.
   *
   * @throws Error when the archive does not reach to `to`, or begins after it
   */
  async targetOf(to: number): Promise<bigint> {
    const window = this.window();
    if (!window) throw new Error(`nothing of ${this.owner} can be restored yet`);
    if (!(to >= window.from)) {
      throw new Error(`the backups of ${this.owner} begin at ${iso(window.from)}, after ${iso(to)}`);
    }
    if (!(to <= window.to)) {
      throw new Error(`the log of ${this.owner} was shipped up to ${iso(window.to)}, not to ${iso(to)}`);
    }
    const last = this.#clock.realTimeOf(to);
    if (this.#lacks(last)) {
      const covered = await this.#shipMore();
      if (covered !== null) this.covers(covered);
    }
    return BigInt(Math.floor(Math.min(last, this.#covered) * 1000));
  }

  #lacks(instant: number): boolean {
    return instant > this.#covered + precision;
  }
}

function iso(time: number): string {
  return Number.isFinite(time) && Math.abs(time) < 8.64e15 ? new Date(time).toISOString() : String(time);
}
