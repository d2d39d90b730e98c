import { setTimeout as delay } from 'node:timers/promises';

export interface Backoff {
  readonly attempts: number;
  /** Longest first wait; each further one may be twice as long. Milliseconds. */
  readonly baseMs: number;
  readonly capMs: number;
  readonly again: (error: unknown) => boolean;
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * Call until it succeeds, waiting a random part of a growing bound between the calls (full jitter), so that
 * writers that collided once do not collide again.
 *
 * For waits of a few seconds inside a task; longer ones belong to the state machine.
 *
 * @throws the last error, when the attempts are used up or `again` says no
 */
export async function withBackoff<T>(
  call: () => Promise<T>,
  { attempts, baseMs, capMs, again, sleep = delay, random = Math.random }: Backoff,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || !again(error)) throw error;
      await sleep(random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
    }
  }
}
