import type { Site as SiteName } from '../../lambdas/incident/contract.ts';
import type { Environment } from '../../lib/config/schema.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Addresses } from './addresses.ts';
import type { Dns } from './dns/dns.ts';
import type { Inboxes } from './inboxes/inboxes.ts';
import type { AddressBook } from './network.ts';
import type { Site } from './sites/site.ts';

interface Places {
  readonly environment: Environment;
  readonly addresses: Addresses;
  readonly sites: Readonly<Record<SiteName, Site>>;
  readonly dns: Dns;
  readonly inboxes: Inboxes;
  readonly cloud: Cloud;
  readonly functionUrlPort: number;
}

/** Where everything is now: databases and function URLs come and go. */
export function addressBook(places: Places): AddressBook {
  const { environment, addresses, sites, dns, inboxes, functionUrlPort } = places;
  const tcp: Record<string, number> = {};
  for (const site of ['primary', 'standby'] as const) {
    for (const ip of addresses.siteIps[site]) {
      tcp[`${ip}:${environment.application.health.port}`] = sites[site].port;
    }
  }
  for (const [host, port] of Object.entries(inboxes.hosts)) tcp[`${addresses.hosts[host] ?? ''}:443`] = port;
  for (const { ip, port, loopbackPort } of places.cloud.rds.addresses()) tcp[`${ip}:${port}`] = loopbackPort;
  tcp[`${addresses.functionUrlIp}:443`] = functionUrlPort;
  return {
    hosts: {},
    tcp,
    dns: {
      ...Object.fromEntries(addresses.nameServerIps.map((ip) => [ip, dns.authoritativePort])),
      ...dns.resolverPorts,
    },
    defaultResolver: dns.defaultResolverPort,
  };
}

/** As it is for who cannot reach some sites. */
export function withoutSites(
  book: AddressBook,
  cut: ReadonlySet<SiteName>,
  { application }: Environment,
  { siteIps }: Addresses,
): AddressBook {
  if (cut.size === 0) return book;
  const lost = [...cut].flatMap((site) => siteIps[site].map((ip) => `${ip}:${application.health.port}`));
  return { ...book, tcp: Object.fromEntries(Object.entries(book.tcp).filter(([at]) => !lost.includes(at))) };
}
