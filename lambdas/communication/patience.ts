import { setTimeout as delay } from 'node:timers/promises';
import { describeFailure } from '../aws/api-failure.ts';
import { ChannelFailure } from './channel-failure.ts';
import type { Delivered, Delivery, Send } from './contract.ts';

/** Patience with a channel, within one call. */

/** The first wait, doubled with each try up to the most; milliseconds. */
const waits = { first: 200, most: 3_000 } as const;
/** More tries than this a channel is not worth within one call. */
const maxAttempts = 10;

export type Attempted = { readonly attempts: number } & (
  { readonly ok: true; readonly delivered: Delivered } | { readonly ok: false; readonly failure: string }
);

/**
 * Try until the channel takes it, refuses it for good, or there is no time left for the wait it asks for. Never throws.
 *
 * @param deadline milliseconds since the epoch
 */
export async function deliverPatiently(
  send: Send,
  delivery: Delivery,
  deadline: number,
  sleep: (ms: number) => Promise<unknown> = delay,
  random: () => number = Math.random,
): Promise<Attempted> {
  for (let attempts = 1; ; attempts++) {
    try {
      const left = Math.max(1, deadline - Date.now());
      return { ok: true, attempts, delivered: await send(delivery, AbortSignal.timeout(left)) };
    } catch (error) {
      const failure = describeFailure(error);
      if (attempts >= maxAttempts || !(error instanceof ChannelFailure) || !error.again) {
        return { ok: false, attempts, failure };
      }
      const wait =
        error.retryAfterSeconds === undefined
          ? Math.min(waits.most, waits.first * 2 ** (attempts - 1)) * (0.5 + random() / 2)
          : error.retryAfterSeconds * 1_000;
      if (Date.now() + wait >= deadline) return { ok: false, attempts, failure };
      await sleep(wait);
    }
  }
}
