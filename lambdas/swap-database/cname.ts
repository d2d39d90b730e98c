import { Route53Client } from '@aws-sdk/client-route-53';
import { normalise } from '../aws/answer.ts';
import { clientOptions, route53Region } from '../aws/client.ts';
import { plainName } from '../aws/record-name.ts';
import { listRecordSets, upsert } from '../aws/zone.ts';
import type { Identity } from '../database/contract.ts';
import type { Site } from '../incident/contract.ts';
import { UnsafePlan } from '../incident/errors.ts';

type Cname = Extract<Identity, { readonly by: 'cname' }>;

export interface CnameSight {
  readonly record: string;
  /** Where it points; null when there is none. */
  readonly value: string | null;
  readonly ttl: number | null;
}

let route53: Route53Client | undefined;

function client(): Route53Client {
  return (route53 ??= new Route53Client(clientOptions(route53Region)));
}

/** @throws UnsafePlan when the name is no plain CNAME: nobody can say what a change of it would do */
export async function lookAtCname({ zoneId, record }: Cname, site: Site): Promise<CnameSight> {
  const name = record[site];
  const sets = await listRecordSets(client(), zoneId, [name]);
  const [cname, ...others] = sets;
  if (!cname) return { record: name, value: null, ttl: null };
  const values = cname.ResourceRecords ?? [];
  if (
    others.length > 0 ||
    cname.Type !== 'CNAME' ||
    cname.SetIdentifier !== undefined ||
    values.length !== 1
  ) {
    const there = sets.map(
      ({ Type, SetIdentifier: id }) => `${Type ?? '?'}${id === undefined ? '' : ` (${id})`}`,
    );
    throw new UnsafePlan(`${name} is to be one plain CNAME, and the zone has: ${there.join(', ')}`);
  }
  return { record: name, value: values[0]?.Value ?? null, ttl: cname.TTL ?? null };
}

export function pointsAt({ value }: CnameSight, host: string): boolean {
  return value !== null && normalise('CNAME', [value])[0] === plainName(host);
}

/** @returns the id of the change */
export function pointCname(
  { zoneId, record, ttl }: Cname,
  site: Site,
  host: string,
  incident: string,
): Promise<string> {
  const set = { Name: record[site], Type: 'CNAME' as const, TTL: ttl, ResourceRecords: [{ Value: host }] };
  return upsert(client(), zoneId, [set], incident);
}
