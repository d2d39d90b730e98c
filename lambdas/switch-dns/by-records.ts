import { Route53Client } from '@aws-sdk/client-route-53';
import { clientOptions, route53Region } from '../aws/client.ts';
import { listRecordSets, upsert } from '../aws/zone.ts';
import type { Ledger } from '../incident/ledger.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepPreImage } from '../incident/record.ts';
import type { Input, Output, Settings } from './contract.ts';
import { planChanges, sameSets } from './plan.ts';

const step = 'switch-dns';

let route53: Route53Client | undefined;

/**
 * Change the listed records in one batch, after keeping what they were.
 *
 * @throws UnsafePlan when the plan is refused, by us or by Route 53: nothing has changed
 * @throws TryAgain when Route 53 is busy with the zone, throttles or does not answer
 */
export async function changeRecords(
  ledger: Ledger,
  dns: Settings['dns'],
  { incident, target }: Input,
): Promise<Output> {
  const client = (route53 ??= new Route53Client(clientOptions(route53Region)));
  const names = dns.records.map(({ name }) => name);
  const look = () => listRecordSets(client, dns.zoneId, names);
  const { changes, before, alreadyThere } = planChanges(await look(), dns.records, target, dns.maxRecords);
  const result = { step, before, changeIds: [] };
  if (changes.length === 0) {
    const summary = `all ${dns.records.length} records point at ${target} already`;
    return { ...result, status: 'already-there', summary, before: alreadyThere, after: alreadyThere };
  }
  const records = changes.length === 1 ? '1 record' : `${changes.length} records`;
  if (incident.mode === 'plan') {
    return { ...result, status: 'planned', summary: `would point ${records} at ${target}`, after: changes };
  }
  await keepPreImage(ledger, incident, step, before);
  const changeId = await upsert(client, dns.zoneId, changes, incident.id);
  const after = await lookAgain(async () => sameSets(await look(), changes));
  const summary = `pointed ${records} at ${target} (change ${changeId})`;
  return { ...result, status: 'changed', summary, after, changeIds: [changeId] };
}
