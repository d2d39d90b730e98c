import type { ClusterExport, ConfigurationRecovery } from '../../lambdas/configuration/contract.ts';
import { duration } from '../report/phases.ts';
import type { Item, Spoiled } from '../world/configuration/configuration.ts';
import type { World } from '../world/world.ts';
import type { DataBefore, Ending, HeldCheck, ScenarioDrill } from './contract.ts';
import { untouched } from './data.ts';
import { recoveryChecks, time } from './evidence.ts';

/** A bad release overwrites and deletes configuration, and restarts what reads it. */
export const configurationLoss: ScenarioDrill = {
  name: 'configuration-loss',
  title: 'a bad release overwrites and deletes configuration; it is brought back to what it was',
  severity: 'P1',
  lacks: ({ tests }) =>
    tests.some(({ proves }) => proves === 'configuration')
      ? null
      : 'tests: none proves the configuration, so nothing would notice; add one with proves: configuration',
  damage,
  patience: 2 * 60 * 60_000,
  lossSeconds,
  expectations: async (ending) => (ending.plan ? planned(ending) : recovered(ending)),
};

interface Before {
  readonly items: readonly Item[];
  /** What stood there between the release and the recovery. */
  readonly between: readonly Item[];
  readonly spoiled: Spoiled;
  readonly at: number;
}

const seen = new WeakMap<World, Before>();

async function damage(world: World): Promise<readonly DataBefore[]> {
  const data = await untouched(world);
  const { applications, keeper, clock } = world;
  const { configuration } = applications.primary;
  if (!configuration) throw new Error('there is no configuration to damage');
  const items = await configuration.look();
  const at = clock.now();
  const spoiled = await configuration.spoil();
  keeper.damaged(at);
  const { overwritten, deleted, added } = spoiled;
  world.tell(
    'world',
    'a bad release is deployed',
    `${overwritten.length} objects overwritten, ${deleted.length} deleted, ${added.length} added`,
  );
  await applications.primary.restart();
  seen.set(world, { items, between: await configuration.look(), spoiled, at });
  return data;
}

function recoveryOf(world: World): ConfigurationRecovery | null {
  const { account, name, sites } = world.environment;
  const ledger = `lifeboat-${name}-ledger-${account}-${sites.standby.region}`;
  const body = world.cloud.storage.read(ledger, 'configuration/primary.json');
  return body ? (JSON.parse(body.toString('utf8')) as ConfigurationRecovery) : null;
}

/** Changes that somebody made on purpose between the recovery point and the damage. */
function lossSeconds(world: World): number | null {
  const recovery = recoveryOf(world);
  const before = seen.get(world);
  if (!recovery || !before) return null;
  return Math.max(0, (before.at - Date.parse(recovery.recoveryPoint)) / 1_000);
}

async function recovered(ending: Ending): Promise<readonly HeldCheck[]> {
  const { world, rpo } = ending;
  const before = seen.get(world);
  const now = (await world.applications.primary.configuration?.look()) ?? [];
  if (!before) return [{ name: 'there was damage', held: false, evidence: 'none was done' }];
  const { items, spoiled } = before;
  const recovery = recoveryOf(world);
  const differing = differences(items, now);
  const { measuredSeconds, targetSeconds } = rpo;
  return [
    ...(await recoveryChecks(ending, 'primary')),
    {
      name: 'every object is what it was, byte for byte, and no other is there',
      held: differing.length === 0 && items.length > 0,
      evidence:
        differing.join(', ') ||
        `${items.length} objects: ${spoiled.overwritten.length} had been overwritten, ${spoiled.deleted.length} deleted, ${spoiled.added.length} added`,
    },
    ...(await inBetween(world, before, recovery)),
    {
      name: 'no version was deleted for good',
      held:
        world.calls.every(({ operation }) => operation !== 'DeleteObjects') && versionsKept(world, before),
      evidence: `${spoiled.overwritten.length + spoiled.added.length} objects of the release are still versions of their buckets`,
    },
    {
      name: 'the recovery point is just before the damage',
      held: measuredSeconds !== null && measuredSeconds <= Math.min(targetSeconds, 120),
      evidence: recovery
        ? `recovery point ${recovery.recoveryPoint}, damage at ${time(before.at)}; ${duration(measuredSeconds ?? 0)} of ${duration(targetSeconds)}`
        : 'no recovery was begun',
    },
  ];
}

/** Names of items that differ between two looks. */
function differences(before: readonly Item[], after: readonly Item[]): readonly string[] {
  const digests = (items: readonly Item[]) => new Map(items.map(({ name, digest }) => [name, digest]));
  const [then, now] = [digests(before), digests(after)];
  return [...new Set([...then.keys(), ...now.keys()])].filter((name) => then.get(name) !== now.get(name));
}

/** What the release had put into the cluster is in the snapshot, read as its owner could read it. */
async function inBetween(
  world: World,
  { spoiled }: Before,
  recovery: ConfigurationRecovery | null,
): Promise<readonly HeldCheck[]> {
  const { account, name, sites } = world.environment;
  const bucket = `lifeboat-${name}-exports-${account}-${sites.standby.region}`;
  const body = recovery && world.cloud.storage.read(bucket, `snapshots/${recovery.snapshot}.json`);
  const snapshot = body ? (JSON.parse(body.toString('utf8')) as ClusterExport) : null;
  const there = new Map(
    snapshot?.configMaps.map(({ metadata, content }) => [`ConfigMap ${metadata.name}`, content]),
  );
  const wanted = [...spoiled.overwritten, ...spoiled.added].filter((each) => each.startsWith('ConfigMap '));
  const kept = wanted.filter((each) => /from-release|half/.exec(JSON.stringify(there.get(each) ?? '')));
  return [
    {
      name: 'what the release had written is kept in the snapshot',
      held: snapshot !== null && kept.length === wanted.length,
      evidence: snapshot ? `${recovery?.snapshot ?? ''} has ${kept.join(', ')}` : 'there is no snapshot',
    },
  ];
}

function versionsKept({ cloud, environment }: World, { spoiled }: Before): boolean {
  return [...spoiled.overwritten, ...spoiled.added]
    .filter((each) => each.startsWith('s3 '))
    .every((each) => {
      const [, bucket = '', ...rest] = each.split(' ');
      const place = environment.configuration.buckets.find(({ name }) => name === bucket);
      const key = rest.join(' ');
      return cloud.storage
        .versions(place?.primary ?? '', key)
        .some((version) => !version.marker && /release|Values/.test(version.body().toString('utf8')));
    });
}

async function planned({ world, outcome }: Ending): Promise<readonly HeldCheck[]> {
  const writes = world.calls.filter(
    ({ operation, principal }) =>
      principal.kind === 'role' && /^(CopyObject|DeleteObject|UploadPartCopy)$/.test(operation),
  );
  return [
    { name: 'the incident ended as planned', held: outcome === 'planned', evidence: `outcome: ${outcome}` },
    {
      name: 'no object was copied or deleted',
      held: writes.length === 0,
      evidence: writes.map(({ operation }) => operation).join(', ') || 'no such call was made',
    },
  ];
}
