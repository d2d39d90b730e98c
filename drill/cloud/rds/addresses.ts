import type { DatabaseAddress } from './contract.ts';
import type { Fleet } from './fleet.ts';
import { endpointNames } from './names.ts';
import type { Cluster, Instance } from './records.ts';

/** Every endpoint that exists: of a cluster the writer's first, then the readers', then those of its instances. */
export function addressesOf(fleet: Fleet): DatabaseAddress[] {
  return [
    ...[...fleet.clusters].flatMap((cluster) => clusterAddresses(cluster)),
    ...[...fleet.instances].flatMap((instance) => instanceAddress(fleet, instance)),
  ];
}

/** A cluster's endpoints lead to its instances; without one that is available they lead nowhere. */
function clusterAddresses(cluster: Cluster): DatabaseAddress[] {
  const { region, identifier, server, settings, named, members, global } = cluster;
  if (!server || !named || !members.some((member) => member.named)) return [];
  const common = {
    port: settings.Port ?? 5432,
    loopbackPort: server.port,
    region,
    identifier,
    securityGroups: idsOf(settings.VpcSecurityGroups),
  };
  const writes = !global || global.writer === cluster;
  return [
    ...(writes ? [{ name: endpointNames.writer(region, identifier), ip: cluster.ip, ...common }] : []),
    { name: endpointNames.reader(region, identifier), ip: cluster.readerIp, ...common },
  ];
}

function instanceAddress(fleet: Fleet, instance: Instance): DatabaseAddress[] {
  const { region, identifier, ip, named, settings } = instance;
  const server = fleet.serverOf(instance);
  if (!server || !named) return [];
  return [
    {
      name: endpointNames.instance(region, identifier),
      ip,
      port: settings.DbInstancePort ?? 5432,
      loopbackPort: server.port,
      region,
      identifier,
      securityGroups: idsOf(settings.VpcSecurityGroups),
    },
  ];
}

function idsOf(
  groups: readonly { readonly VpcSecurityGroupId?: string | undefined }[] | undefined,
): string[] {
  return (groups ?? []).flatMap(({ VpcSecurityGroupId: id }) => (id === undefined ? [] : [id]));
}
