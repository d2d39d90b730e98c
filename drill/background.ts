import { type Cancel, type Clock } from './clock.ts';

/**
 * What goes on whether or not anybody looks: users, checkers, schedules, alarms, replication. It can stand still while
 * an incident waits for a day, because a day of it is hundreds of thousands of requests that change nothing.
 *
 * What became due while it stood still happens once when it goes on; what repeats goes on with its next turn.
 */
export class Background implements Clock {
  readonly #clock: Clock;
  readonly #held = new Set<() => void>();
  #standing = false;
  #wentOnAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get standing(): boolean {
    return this.#standing;
  }

  standStill(): void {
    this.#standing = true;
  }

  goOn(): void {
    if (!this.#standing) return;
    this.#standing = false;
    this.#wentOnAt = this.#clock.now();
    const held = [...this.#held];
    this.#held.clear();
    for (const run of held) run();
  }

  now(): number {
    return this.#clock.now();
  }

  at(time: number, run: () => void): Cancel {
    const cancel = this.#clock.at(time, () => {
      if (this.#standing) this.#held.add(run);
      else run();
    });
    return () => {
      this.#held.delete(run);
      cancel();
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.now() + ms, resolve));
  }

  busy<T>(work: () => Promise<T>): Promise<T> {
    return this.#clock.busy(work);
  }

  stoodStillUntil(): number {
    return this.#wentOnAt;
  }
}
