import type {
  GetHostedZoneRequest,
  GetHostedZoneResponse,
  HostedZone as HostedZoneShape,
  ListHostedZonesByNameRequest,
  ListHostedZonesByNameResponse,
  ListHostedZonesRequest,
  ListHostedZonesResponse,
} from '@aws-sdk/client-route-53';
import { operation, type CloudService } from '../contract.ts';
import type { HostedZone } from './hosted-zone.ts';
import { absolute, listed, listingKey } from './names.ts';
import { pageFrom, pageSize } from './paging.ts';
import { onZone, plainZoneId, type Zones } from './zones.ts';

/** Operations on hosted zones, which exist already: none is created or deleted here. */
export function zoneOperations(zones: Zones): CloudService['operations'] {
  return {
    GetHostedZone: operation<GetHostedZoneRequest, GetHostedZoneResponse>({
      permissions: ({ Id }) => [onZone('GetHostedZone', Id)],
      run({ Id }) {
        const zone = zones.find(Id);
        return {
          HostedZone: shapeOf(zone),
          DelegationSet: { NameServers: zone.nameServers.map((name) => name.replace(/\.$/, '')) },
        };
      },
    }),
    ListHostedZones: operation<ListHostedZonesRequest, ListHostedZonesResponse>({
      permissions: () => [{ action: 'route53:ListHostedZones', resource: '*' }],
      run({ Marker, MaxItems }) {
        const size = pageSize(MaxItems, 100);
        const { items, next } = pageFrom([...zones.all()], ({ id }) => id, Marker, size);
        return {
          HostedZones: items.map(shapeOf),
          Marker: Marker ?? '',
          IsTruncated: next !== undefined,
          MaxItems: size,
          ...(next !== undefined && { NextMarker: next }),
        };
      },
    }),
    ListHostedZonesByName: operation<ListHostedZonesByNameRequest, ListHostedZonesByNameResponse>({
      permissions: () => [{ action: 'route53:ListHostedZonesByName', resource: '*' }],
      run({ DNSName, HostedZoneId, MaxItems }) {
        const size = pageSize(MaxItems, 100);
        const from = DNSName === undefined ? '' : listingKey(absolute(DNSName));
        const sorted = [...zones.all()]
          .filter(({ name }) => listingKey(name) >= from)
          .sort((one, other) => (listingKey(one.name) < listingKey(other.name) ? -1 : 1));
        const start = HostedZoneId === undefined ? undefined : plainZoneId(HostedZoneId);
        const { items, next } = pageFrom(sorted, ({ id }) => id, start, size);
        return {
          HostedZones: items.map(shapeOf),
          ...(DNSName !== undefined && { DNSName }),
          ...(HostedZoneId !== undefined && { HostedZoneId }),
          IsTruncated: next !== undefined,
          MaxItems: size,
          ...(next !== undefined && { NextDNSName: listed(zones.find(next).name), NextHostedZoneId: next }),
        };
      },
    }),
  };
}

function shapeOf({ id, name, sets }: HostedZone): HostedZoneShape {
  return {
    Id: `/hostedzone/${id}`,
    Name: listed(name),
    CallerReference: id,
    Config: { PrivateZone: false },
    ResourceRecordSetCount: sets.size,
  };
}
