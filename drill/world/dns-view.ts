import { Resolver } from 'node:dns/promises';
import type { Environment } from '../../lib/config/schema.ts';
import type { Site } from '../../lambdas/incident/contract.ts';
import type { World } from './world.ts';

type PublicRecord = Environment['dns']['records'][number];

/** What the authoritative server answers for a public record, and which site that is. */
export interface RecordAnswer {
  readonly name: string;
  readonly type: PublicRecord['type'];
  readonly values: readonly string[];
  readonly agrees: Readonly<Record<Site, boolean>>;
}

/** Ask the zone's server for every public record of the environment, as `dig` would. */
export async function answersOf(world: World): Promise<readonly RecordAnswer[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([`127.0.0.1:${world.dns.authoritativePort}`]);
  return world.clock.busy(() =>
    Promise.all(
      world.environment.dns.records.map(async (record) => {
        const values = await query(resolver, record).catch(() => []);
        const agrees = (site: Site) => sameValues(values, expected(record, site, world));
        return {
          name: record.name,
          type: record.type,
          values,
          agrees: { primary: agrees('primary'), standby: agrees('standby') },
        };
      }),
    ),
  );
}

function query(resolver: Resolver, { name, type }: PublicRecord): Promise<readonly string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name);
    case 'AAAA':
      return resolver.resolve6(name);
    case 'CNAME':
      return resolver.resolveCname(name);
  }
}

function expected(record: PublicRecord, site: Site, { addresses }: World): readonly string[] {
  const target = record[site];
  if ('values' in target) return target.values;
  return [addresses.hosts[target.alias.dnsName] ?? ''];
}

function sameValues(a: readonly string[], b: readonly string[]): boolean {
  const plain = (values: readonly string[]) =>
    values
      .map((value) => value.toLowerCase().replace(/\.$/, ''))
      .sort()
      .join(' ');
  return plain(a) === plain(b);
}
