import type { Clock } from '../../clock.ts';
import type { ZoneView } from '../../cloud/route53/contract.ts';
import { CachingResolver } from './caching-resolver.ts';
import { startDnsServer, type DnsServer } from './dns-server.ts';

export interface DnsOptions {
  readonly clock: Clock;
  readonly zones: ZoneView;
  /** The rest of the internet, name to IP address; asked at every query. The name servers must be in it. */
  readonly hosts: (name: string) => string | undefined;
  /** Host names of the zones' name servers. */
  readonly nameServers: readonly string[];
  /** IP addresses of caching resolvers, each with a cache of its own. */
  readonly resolvers: readonly string[];
  /** Of the authoritative server; the next free one when it is taken. */
  readonly preferredPort?: number;
}

export interface Dns {
  /** Loopback port, UDP and TCP, of the zones' name servers. */
  readonly authoritativePort: number;
  /** IP address of a resolver to its loopback port. */
  readonly resolverPorts: Readonly<Record<string, number>>;
  /** Of the resolver that a machine of the world has by default. */
  readonly defaultResolverPort: number;
  stop(): Promise<void>;
}

/**
 * Start the world's DNS: the name servers of the hosted zones, and resolvers that know the whole world.
 *
 * @throws Error when a name server has no address: no resolver could ever ask it
 */
export async function startDns(options: DnsOptions): Promise<Dns> {
  const { clock, zones, hosts } = options;
  const lost = options.nameServers.filter((name) => hosts(name.replace(/\.$/, '')) === undefined);
  if (lost.length > 0) throw new Error(`name servers without an address: ${lost.join(', ')}`);
  const started: DnsServer[] = [];
  const start = async (...server: Parameters<typeof startDnsServer>) => {
    const running = await startDnsServer(...server);
    started.push(running);
    return running.port;
  };
  const resolver = () => {
    const caching = new CachingResolver({ clock, zones, hosts });
    return start((question) => caching.answer(question));
  };
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
  };
  try {
    const authoritativePort = await start(
      (question) => ({ ...zones.answer(question), recursive: false }),
      options.preferredPort ?? 0,
    );
    const resolverPorts: Record<string, number> = {};
    for (const address of options.resolvers) resolverPorts[address] = await resolver();
    return { authoritativePort, resolverPorts, defaultResolverPort: await resolver(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
