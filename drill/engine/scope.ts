import type { Clock } from '../clock.ts';
import { Aborted } from './failure.ts';
import type { Trail } from './history.ts';
import type { Json } from './json.ts';

/**
 * Where states share variables: the machine, one branch of a Parallel or one iteration of a Map.
 *
 * States read the variables of the scopes around theirs and write only their own.
 */
export class Scope {
  readonly trail: Trail;
  readonly signal: AbortSignal;
  readonly outer: Scope | undefined;
  readonly #own = new Map<string, Json>();
  readonly #clock: Clock;

  constructor(clock: Clock, signal: AbortSignal, outer?: Scope) {
    this.#clock = clock;
    this.signal = signal;
    this.outer = outer;
    this.trail = { last: outer?.trail.last ?? 0 };
  }

  /** A scope inside this one, which ends with it or when `signal` says so. */
  inner(signal: AbortSignal): Scope {
    return new Scope(this.#clock, AbortSignal.any([this.signal, signal]), this);
  }

  get variables(): Record<string, Json> {
    return { ...this.outer?.variables, ...Object.fromEntries(this.#own) };
  }

  assign(values: Readonly<Record<string, Json>>): void {
    for (const [name, value] of Object.entries(values)) this.#own.set(name, value);
  }

  /** @throws Aborted when this scope's work is no longer wanted */
  check(): void {
    if (this.signal.aborted) throw new Aborted('a wait was given up');
  }

  /** Wait for work; it goes on by itself when the wait is given up. */
  async until<T>(work: Promise<T>): Promise<T> {
    this.check();
    let onAbort: () => void = () => undefined;
    const given = new Promise<never>((_, reject) => {
      onAbort = () => reject(new Aborted('a wait was given up'));
      this.signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([work, given]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
    }
  }

  async sleepUntil(time: number): Promise<void> {
    let cancel: () => void = () => undefined;
    const slept = new Promise<void>((resolve) => (cancel = this.#clock.at(time, resolve)));
    try {
      await this.until(slept);
    } finally {
      cancel();
    }
  }
}

/**
 * Run jobs beside each other, each in a scope of its own; the first that fails ends the others.
 *
 * @param limit how many run at once
 * @returns their results, in the order of the jobs
 */
export async function together<T>(
  outer: Scope,
  jobs: readonly ((scope: Scope) => Promise<T>)[],
  limit: number,
): Promise<T[]> {
  const ended = new AbortController();
  const results: T[] = [];
  const failures: unknown[] = [];
  const waiting = [...jobs.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next && failures.length === 0; next = waiting.shift()) {
      const [n, job] = next;
      const scope = outer.inner(ended.signal);
      try {
        results[n] = await job(scope);
      } catch (error) {
        failures.push(error);
        ended.abort();
      } finally {
        outer.trail.last = Math.max(outer.trail.last, scope.trail.last);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, jobs.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
