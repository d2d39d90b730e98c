import { describeDatabase } from '../aws/rds.ts';
import type { Identity } from '../database/contract.ts';
import { UnsafePlan } from '../incident/errors.ts';
import { lookAgain } from '../incident/look-again.ts';
import { lookAtCname, pointCname, pointsAt } from './cname.ts';
import { isFree, keepDamaged, type Kept } from './damaged.ts';
import { lookAtSecret, pointSecret } from './secret.ts';
import type { Swap, Work } from './swap.ts';

type Address = Exclude<Identity, { readonly by: 'rename' }>;

/**
 * Swap by what the users look up: a secret, or a record of ours.
 *
 * The damaged one is put away before the address changes: from then on nobody who still has the old one writes to
 * data that are given up.
 */
export async function swapAddress(work: Work, identity: Address): Promise<Swap> {
  const { input, database, live } = work;
  const { target, endpoint, source } = input;
  const found = await describeDatabase(database.kind, target);
  if (live && found?.endpoint?.host !== endpoint.host) {
    throw new UnsafePlan(
      `${target.identifier} in ${target.region} ${found ? `answers at ${found.endpoint?.host ?? 'no address'}` : 'is not there'}, ` +
        `and ${endpoint.host} was proven`,
    );
  }
  const address = addressOf(work, identity);
  const before = await address.look();
  const there = address.isThere(before);
  const to = `${address.name} says ${endpoint.host}`;
  const sights = { before: { address: before }, after: { address: before } };
  if (!live) {
    return there
      ? { ...sights, state: 'planned', summary: `${to} already` }
      : { ...sights, state: 'planned', summary: `would let ${address.name} say ${endpoint.host}` };
  }
  const damaged = source && (await describeDatabase(database.kind, source));
  if (!there || (damaged && isFree(database, damaged, target.identifier)))
    await work.begin({ address: before });
  const kept: Kept =
    source && damaged ? await keepDamaged(database, source, damaged, target.identifier) : { state: 'there' };
  if (kept.state === 'busy') return { ...sights, state: 'waiting', summary: `waits: ${kept.why}` };
  if (!there) await address.point();
  const after = {
    address: there ? before : await lookAgain(address.look),
    ...(source ? { damaged: await lookAgain(() => custodyOf(work)) } : {}),
  };
  const remarks = [
    ...(source && !damaged ? [`${source.identifier} is not there any more`] : []),
    ...(damaged && kept.state !== 'told' ? [`${damaged.identifier} is kept, protected from deletion`] : []),
    ...(kept.state === 'told' ? [kept.why] : []),
  ];
  return {
    state: there && kept.state !== 'changed' ? 'there' : 'changed',
    summary: [there ? `${to} already` : to, ...remarks].join('; '),
    before: { address: before },
    after,
    endpoint,
    ...(damaged?.endpoint ? { keptAs: { identifier: damaged.identifier, ...damaged.endpoint } } : {}),
  };
}

async function custodyOf({ database, input: { source } }: Work) {
  const damaged = source && (await describeDatabase(database.kind, source));
  return (
    damaged && { deletionProtection: damaged.deletionProtection, securityGroupIds: damaged.securityGroupIds }
  );
}

interface Pointer {
  /** For people: `secret erlmcp/db`. */
  readonly name: string;
  readonly look: () => Promise<unknown>;
  readonly isThere: (sight: unknown) => boolean;
  readonly point: () => Promise<unknown>;
}

function addressOf({ input, database }: Work, identity: Address): Pointer {
  const { site, endpoint, incident } = input;
  if (identity.by === 'cname') {
    return {
      name: `record ${identity.record[site]}`,
      look: () => lookAtCname(identity, site),
      isThere: (sight) => pointsAt(sight as Awaited<ReturnType<typeof lookAtCname>>, endpoint.host),
      point: () => pointCname(identity, site, endpoint.host, incident.id),
    };
  }
  const { region } = database[site];
  const secret = identity.secret[site];
  return {
    name: `secret ${secret}`,
    look: () => lookAtSecret(region, secret),
    isThere: (sight) => {
      const { host, port } = sight as Awaited<ReturnType<typeof lookAtSecret>>;
      return host === endpoint.host && port === endpoint.port;
    },
    point: () => pointSecret(region, secret, endpoint),
  };
}
