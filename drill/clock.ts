import { TimeRecord, wallClockOffset } from './time-record.ts';

/** Ends a scheduled call; calling it twice, or after it ran, does nothing. */
export type Cancel = () => void;

/**
 * Incident time: what would have passed had nobody compressed the waits.
 *
 * Everything in the local world that waits, waits here; everything that does real work (a function in its
 * worker, an HTTP call, a DNS query) says so with `busy`, and time passes at its own pace while it lasts.
 */
export interface Clock {
  /** Milliseconds since the epoch, incident time. */
  now(): number;
  /** Run once, at `time` or as soon as possible after it. */
  at(time: number, run: () => void): Cancel;
  sleep(ms: number): Promise<void>;
  /** Real work: no wait is skipped while any is in progress. Never wait on the clock inside it. */
  busy<T>(work: () => Promise<T>): Promise<T>;
  /** Of a clock whose waits can be held: when they were let go the last time. */
  stoodStillUntil?(): number;
}

/** A clock that remembers when it was what time: for what happens in processes that know only the machine's time. */
export interface RememberingClock extends Clock {
  /**
   * The last instant at which it was this time or earlier, milliseconds since the epoch by the machine's clock, to
   * a few microseconds; Infinity when this time has not passed. Where a jump skipped the time: the instant of it.
   *
   * @throws RangeError for a time before what it remembers
   */
  realTimeOf(time: number): number;
  /** What time it was at an instant of the machine's clock; at the instant of a jump, the time after it. */
  timeAt(real: number): number;
}

/** Run every `ms`, first after `firstIn` (default `ms`), until cancelled. */
export function every(clock: Clock, ms: number, run: () => void, firstIn = ms): Cancel {
  let next = clock.now() + firstIn;
  let cancel: Cancel = () => undefined;
  let ended = false;
  const schedule = () => {
    cancel = clock.at(next, () => {
      next += ms;
      const missed = (clock.stoodStillUntil?.() ?? -Infinity) - next;
      // Turns that nobody took are not caught up: a day of them would come at once.
      if (missed > 0) next += Math.ceil(missed / ms) * ms;
      schedule();
      run();
    });
    if (ended) cancel();
  };
  schedule();
  return () => {
    ended = true;
    cancel();
  };
}

interface Entry {
  readonly time: number;
  readonly run: () => void;
}

export interface WorldClockOptions {
  /** Where incident time starts, milliseconds since the epoch. */
  readonly start: number;
  /** Incident seconds per real second while nothing works: 1 is real time, Infinity skips every wait. */
  readonly speed: number;
  /** How fast time passes while real work is in progress: as the wall clock, or not at all (tests). */
  readonly whileBusy?: 'as-the-wall-clock' | 'not-at-all';
}

/**
 * The clock of the local world.
 *
 * Waits shrink by `speed`; real work does not, so a function that takes 80 ms on this machine adds 80 ms to
 * the incident and no more, whatever the speed.
 */
export class WorldClock implements RememberingClock {
  readonly #busyRate: number;
  #speed: number;
  #virtual: number;
  #real = performance.now();
  readonly #record: TimeRecord;
  #working = 0;
  #entries: Entry[] = [];
  #wake: NodeJS.Timeout | undefined;
  #settle: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor({ start, speed, whileBusy = 'as-the-wall-clock' }: WorldClockOptions) {
    this.#virtual = start;
    this.#record = new TimeRecord(this.#real, start);
    this.#speed = speed;
    this.#busyRate = whileBusy === 'not-at-all' ? 0 : 1;
  }

  get #rate(): number {
    if (this.#working > 0) return this.#busyRate;
    return Number.isFinite(this.#speed) ? this.#speed : 0;
  }

  /**
   * A compressed wait that is due is never overtaken: where this process is late, the drill takes longer and
   * the incident does not. At a speed of 20, 50 ms of lateness would be a second of it.
   */
  now(): number {
    return this.#timeAt(performance.now());
  }

  #timeAt(real: number): number {
    return Math.min(this.#virtual + (real - this.#real) * this.#rate, this.#limit);
  }

  /** Where time waits for what is due. */
  get #limit(): number {
    const next = this.#entries[0];
    if (this.#working > 0 || this.#speed <= 1 || !next) return Infinity;
    return Math.max(this.#virtual, next.time);
  }

  realTimeOf(time: number): number {
    this.#anchor();
    const instant = this.#record.lastInstantOf(time);
    return instant === Infinity ? Infinity : instant + wallClockOffset();
  }

  timeAt(real: number): number {
    this.#anchor();
    return this.#record.incidentAt(real - wallClockOffset());
  }

  /** Change the pace of waits from here on. */
  set speed(speed: number) {
    this.#anchor();
    this.#speed = speed;
    this.#plan();
  }

  /** @throws RangeError when `time` is not a finite number: such an entry would hold up all later ones */
  at(time: number, run: () => void): Cancel {
    if (!Number.isFinite(time)) throw new RangeError(`a wait needs a time that will come, not ${time}`);
    this.#anchor();
    const entry: Entry = { time, run };
    const index = this.#entries.findLastIndex((other) => other.time <= time);
    this.#entries.splice(index + 1, 0, entry);
    if (this.#entries[0] === entry) this.#plan();
    return () => {
      const at = this.#entries.indexOf(entry);
      if (at < 0) return;
      if (at === 0) this.#anchor(); // where time waited for this entry, it goes on from there
      this.#entries.splice(at, 1);
      if (at === 0) this.#plan(); // time must not jump to a wait that nobody waits for any more
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.now() + ms, resolve));
  }

  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.#anchor();
    this.#working++;
    this.#plan();
    try {
      return await work();
    } finally {
      this.#anchor();
      this.#working--;
      this.#plan();
    }
  }

  /** Nothing scheduled runs any more; `now` still answers. */
  stop(): void {
    this.#anchor();
    this.#stopped = true;
    clearTimeout(this.#wake);
    clearImmediate(this.#settle);
    this.#entries = [];
  }

  #anchor(): void {
    const real = performance.now();
    const [now, limit, rate] = [this.#timeAt(real), this.#limit, this.#rate];
    if (rate > 0 && now === limit) {
      const reached = this.#real + (limit - this.#virtual) / rate;
      this.#record.add(Math.min(reached, real), now, rate);
      this.#record.add(real, now, 0);
    } else {
      this.#record.add(real, now, rate);
    }
    this.#virtual = now;
    this.#real = real;
  }

  #plan(): void {
    clearTimeout(this.#wake);
    clearImmediate(this.#settle);
    const next = this.#entries[0];
    if (this.#stopped || !next) return;
    const due = next.time - this.now();
    if (this.#working === 0 && !Number.isFinite(this.#speed)) {
      // Two turns of the event loop, so that work which a fired entry just started can say that it is busy.
      this.#settle = setImmediate(() => {
        this.#settle = setImmediate(() => this.#fire(next.time));
      });
    } else if (this.#rate > 0) {
      this.#wake = setTimeout(() => this.#fire(), Math.min(Math.max(0, due / this.#rate), 2 ** 30));
    } else if (due <= 0) {
      this.#settle = setImmediate(() => this.#fire());
    }
  }

  #fire(jumpTo?: number): void {
    this.#anchor();
    if (jumpTo !== undefined && jumpTo > this.#virtual) {
      this.#virtual = jumpTo;
      this.#record.add(this.#real, jumpTo, Infinity);
    }
    const now = this.#virtual;
    try {
      while (this.#entries[0] && this.#entries[0].time <= now) this.#entries.shift()?.run();
    } finally {
      this.#plan(); // an entry that throws must not stop time for all others
    }
  }
}
