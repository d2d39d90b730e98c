import type { Environment } from '../../lib/config/schema.ts';
import type { Site } from '../../lambdas/incident/contract.ts';

/** What the names outside the hosted zone mean in the world, and which addresses belong to which site. */
export interface Addresses {
  /** Name to address, for the rest of the internet: load balancers, name servers, inboxes. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly siteIps: Readonly<Record<Site, readonly string[]>>;
  readonly nameServerIps: readonly string[];
  /** Of all function URLs: the name in the request tells them apart. */
  readonly functionUrlIp: string;
}

/** Reserved for documentation (RFC 5737): nothing on the internet has these. */
const fallbackIp: Readonly<Record<Site, string>> = { primary: '203.0.113.10', standby: '203.0.113.20' };
const inboxIp = (index: number) => `203.0.113.${60 + index}`;
const functionUrlIp = '203.0.113.81';
const nameServerIp = (index: number) => `203.0.113.${101 + index}`;

/**
 * Give every name of an environment an address.
 *
 * A site answers at every address that its records name; the load balancers of aliases and the sites' own
 * hosts get the site's first one.
 */
export function addressesOf({ sites, dns, channels }: Environment): Addresses {
  const inboxes = [
    'slack.com',
    'events.pagerduty.com',
    'api.statuspage.io',
    channels.ticket?.host ?? [],
  ].flat();
  const hosts: Record<string, string> = Object.fromEntries(
    inboxes.map((name, index) => [name, inboxIp(index)]),
  );
  const ips: Record<Site, Set<string>> = { primary: new Set(), standby: new Set() };
  for (const site of ['primary', 'standby'] as const) {
    for (const record of dns.records) {
      const target = record[site];
      if (record.type !== 'CNAME' && 'values' in target) for (const ip of target.values) ips[site].add(ip);
    }
    if (ips[site].size === 0) ips[site].add(fallbackIp[site]);
    const [first = fallbackIp[site]] = [...ips[site]].filter((ip) => !ip.includes(':'));
    ips[site].add(first);
    hosts[sites[site].host] = first;
    for (const record of dns.records) {
      const target = record[site];
      if ('alias' in target) hosts[target.alias.dnsName.replace(/\.$/, '')] = first;
    }
  }
  const nameServerIps = dns.nameServers.map((name, index) => {
    hosts[name] = nameServerIp(index);
    return nameServerIp(index);
  });
  return {
    hosts,
    siteIps: { primary: [...ips.primary], standby: [...ips.standby] },
    nameServerIps,
    functionUrlIp,
  };
}
