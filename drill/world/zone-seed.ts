import type { ResourceRecordSet, RRType } from '@aws-sdk/client-route-53';
import type { Environment } from '../../lib/config/schema.ts';
import type { ZoneSeed } from '../cloud/route53/contract.ts';
import type { Addresses } from './addresses.ts';
import type { SeededRecord } from './databases/contract.ts';

/**
 * The hosted zone as its owner keeps it: the names of the sites' load balancers, of name servers under the zone's
 * own name, and, where records are changed
 * rather than provisioned (mode upsert), the public records, on the primary.
 *
 * @param others that are in the zone too, such as the names of databases
 */
function zoneSeed(
  { dns, sites }: Environment,
  addresses: Addresses,
  others: readonly ResourceRecordSet[] = [],
): ZoneSeed {
  const inZone = (name: string) => name === dns.zoneName || name.endsWith(`.${dns.zoneName}`);
  const hosts: ResourceRecordSet[] = [sites.primary.host, sites.standby.host, ...dns.nameServers]
    .filter((host) => inZone(host) && !dns.records.some(({ name }) => name === host))
    .map((host) => ({
      Name: `${host}.`,
      Type: 'A',
      TTL: 60,
      ResourceRecords: [{ Value: addresses.hosts[host] ?? '' }],
    }));
  const records = dns.mode === 'upsert' ? dns.records.map(onPrimary) : [];
  return {
    id: dns.zoneId,
    name: dns.zoneName,
    nameServers: dns.nameServers,
    records: [...hosts, ...records, ...others],
  };
}

function onPrimary(record: Environment['dns']['records'][number]): ResourceRecordSet {
  const { name, type, ttl, setIdentifier, weight, primary } = record;
  return {
    Name: `${name}.`,
    Type: type satisfies RRType,
    ...(setIdentifier === undefined ? {} : { SetIdentifier: setIdentifier }),
    ...(weight === undefined ? {} : { Weight: weight }),
    ...('values' in primary
      ? { TTL: ttl, ResourceRecords: primary.values.map((Value) => ({ Value })) }
      : {
          AliasTarget: {
            DNSName: `${primary.alias.dnsName}.`,
            HostedZoneId: primary.alias.hostedZoneId,
            EvaluateTargetHealth: primary.alias.evaluateTargetHealth,
          },
        }),
  };
}

/** The hosted zone of the environment, and any other one in which its databases have their names. */
export function zoneSeeds(
  environment: Environment,
  addresses: Addresses,
  databases: readonly SeededRecord[],
): readonly ZoneSeed[] {
  const { dns } = environment;
  const inZone = (id: string) => databases.filter(({ zoneId }) => zoneId === id).map(({ record }) => record);
  const others = [...new Set(databases.map(({ zoneId }) => zoneId))].filter((id) => id !== dns.zoneId);
  return [
    zoneSeed(environment, addresses, inZone(dns.zoneId)),
    ...others.map((id) => {
      const records = inZone(id);
      const [first] = records;
      const name = (first?.Name ?? '').split('.').slice(1).join('.').replace(/\.$/, '');
      return { id, name, nameServers: dns.nameServers, records };
    }),
  ];
}
