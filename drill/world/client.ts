import { type Cancel, type Clock, every } from '../clock.ts';
import type { Sample } from '../report/progress.ts';

export interface ClientOptions {
  readonly clock: Clock;
  /** How often it asks, milliseconds of incident time. */
  readonly interval: number;
  /** Addresses of the public name, as a resolver that keeps answers for their TTL gives them. */
  readonly resolve: () => Promise<readonly string[]>;
  /** Calls the service at an address; the body of a good answer, or null. */
  readonly request: (address: string) => Promise<string | null>;
  readonly onSample: (sample: Sample) => void;
}

/** A user of the application: resolves its name and calls it, over and over, and remembers how it went. */
export interface Client {
  samples(): readonly Sample[];
  /** Ask now, beside the schedule. */
  ask(): Promise<Sample>;
  stop(): void;
}

export function startClient(options: ClientOptions): Client {
  const { clock, resolve, request } = options;
  const samples: Sample[] = [];

  const ask = (): Promise<Sample> =>
    clock.busy(async () => {
      const at = clock.now();
      const [address] = await resolve().catch(() => []);
      const body = address === undefined ? null : await request(address).catch(() => null);
      const sample: Sample = { at, servedBy: servedBy(body) };
      samples.push(sample);
      options.onSample(sample);
      return sample;
    });

  let asking = false;
  const stop: Cancel = every(clock, options.interval, () => {
    if (asking) return;
    asking = true;
    void ask().finally(() => {
      asking = false;
    });
  });
  return { samples: () => samples, ask, stop };
}

/** Every answer of the application says which site gave it. */
function servedBy(body: string | null): Sample['servedBy'] {
  if (body === null) return null;
  try {
    const { site } = JSON.parse(body) as { site?: unknown };
    return site === 'primary' || site === 'standby' ? site : null;
  } catch {
    return null;
  }
}
