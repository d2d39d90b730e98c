import { Resolver } from 'node:dns/promises';
import type { Clock } from '../../clock.ts';

interface StubResolverOptions {
  readonly clock: Clock;
  /** Loopback port of the resolver it asks. */
  readonly port: number;
}

interface Entry {
  readonly addresses: readonly string[];
  readonly until: number;
}

/** What a well-behaved client machine does: asks its resolver, and again only when the TTL has passed. */
export class StubResolver {
  readonly #clock: Clock;
  readonly #resolver = new Resolver({ timeout: 1_000, tries: 2 });
  readonly #cache = new Map<string, Entry>();

  constructor({ clock, port }: StubResolverOptions) {
    this.#clock = clock;
    this.#resolver.setServers([`127.0.0.1:${port}`]);
  }

  /**
   * IPv4 addresses of a name. Failures are not kept.
   *
   * @throws Error with the code of node:dns, such as ENOTFOUND or ETIMEOUT
   */
  async resolve(name: string): Promise<readonly string[]> {
    const kept = this.#cache.get(name);
    if (kept && this.#clock.now() < kept.until) return kept.addresses;
    const records = await this.#clock.busy(() => this.#resolver.resolve4(name, { ttl: true }));
    const addresses = records.map(({ address }) => address);
    const seconds = Math.min(...records.map(({ ttl }) => ttl));
    this.#cache.set(name, { addresses, until: this.#clock.now() + seconds * 1_000 });
    return addresses;
  }
}
