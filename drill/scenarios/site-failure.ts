import { duration } from '../report/phases.ts';
import { answersOf } from '../world/dns-view.ts';
import type { World } from '../world/world.ts';
import type { DataBefore, Ending, HeldCheck, ScenarioDrill } from './contract.ts';
import { countRows, dataChecks, writesOn } from './data.ts';
import { executionsOf, served, time } from './evidence.ts';

/** The primary's region is lost, all at once: its site, its cluster, its APIs. */
export const siteFailure: ScenarioDrill = {
  name: 'site-failure',
  title: "the primary site's region is lost; its users are moved to the standby",
  severity: 'P0',
  lacks: () => null,
  damage,
  // A standby that is restored from backups takes as long as a restore.
  patience: 6 * 60 * 60_000,
  expectations: async (ending) => (ending.plan ? planned(ending) : recovered(ending)),
};

/** What the replica had received when the region was lost is what a promotion owes. */
async function damage(world: World): Promise<readonly DataBefore[]> {
  const rows = await Promise.all(
    (world.databases?.all ?? []).map((database) => countRows(database, database.serverOf('primary'))),
  );
  await world.loseRegion('primary');
  return Promise.all(
    (world.databases?.all ?? []).map(async (database, index) => ({
      database: database.name,
      rows: rows[index] ?? 0,
      destroyed: 0,
      mustSurvive: [...((await writesOn(database, database.serverOf('standby'))) ?? [])],
    })),
  );
}

async function recovered(ending: Ending): Promise<readonly HeldCheck[]> {
  const { world, outcome, rto, heldSeconds = 0 } = ending;
  const { environment, client, cloud, keeper } = world;
  const { standby } = environment.sites;
  const sample = await client.ask();
  const answers = await answersOf(world);
  const capacity = standby.deployments.map(({ name, replicas }) => ({
    name,
    wanted: replicas,
    ready: world.clusters.standby.deployment(standby.cluster.namespace, name)?.ready ?? 0,
  }));
  const incidents = executionsOf(world, 'incident').filter(({ output }) => output?.includes('"recovered"'));
  const wrong = answers.filter(({ agrees }) => !agrees.standby);
  const { measuredSeconds, targetSeconds } = rto;
  return [
    check('the incident ended as recovered', outcome === 'recovered', `outcome: ${outcome}`),
    check('a user is served by the standby', sample.servedBy === 'standby', served(sample)),
    check(
      'every record answers with the standby',
      wrong.length === 0,
      answers.map(({ name, type, values }) => `${name} ${type} → ${values.join(', ')}`).join('; '),
    ),
    check(
      'the standby runs at full strength',
      capacity.every(({ ready, wanted }) => ready >= wanted),
      capacity.map(({ name, ready, wanted }) => `${name}: ${ready} of ${wanted} ready`).join('; '),
    ),
    check(
      heldSeconds === 0
        ? 'the service was back within the RTO'
        : 'the service was back within the RTO, but for the time that the gate was held open',
      measuredSeconds !== null && measuredSeconds - heldSeconds <= targetSeconds,
      measuredSeconds === null
        ? 'it was not'
        : `${duration(measuredSeconds - heldSeconds)} from the last good request, of ${duration(targetSeconds)}` +
            (heldSeconds === 0 ? '' : `; held open for ${duration(heldSeconds)}`),
    ),
    check(
      'one incident was opened for one failure',
      incidents.length === 1,
      `${incidents.length} of ${executionsOf(world, 'incident').length} executions of incident recovered the site`,
    ),
    check(
      'no permission was missing',
      cloud.iam.denied().length === 0,
      cloud.iam
        .denied()
        .map(({ role, action }) => `${role}: ${action}`)
        .join('; ') || 'no call was denied',
    ),
    check(
      'the gate said go before anything was changed',
      (keeper.marks.go ?? Infinity) <= (keeper.marks.switched ?? 0),
      `go at ${time(keeper.marks.go)}, switched at ${time(keeper.marks.switched)}`,
    ),
    ...(await dataSurvived(ending)),
  ];
}

async function dataSurvived({ world, data, rpo, before }: Ending): Promise<readonly HeldCheck[]> {
  const { databases, environment } = world;
  if (!databases || databases.all.length === 0) return [];
  const survived = await Promise.all(
    before
      .filter(({ mustSurvive }) => mustSurvive.length > 0)
      .map(async ({ database: name, mustSurvive }): Promise<HeldCheck> => {
        const database = databases.find(name);
        const found = await writesOn(database, database.serverOf('standby'));
        const missing = mustSurvive.filter((id) => found?.has(id) !== true);
        return check(
          `${name}: every write that the standby had is there`,
          found !== null && missing.length === 0,
          `${mustSurvive.length - missing.length} of ${mustSurvive.length}`,
        );
      }),
  );
  const fenced = await Promise.all(
    environment.databases.map(async ({ name, primary }): Promise<HeldCheck> => {
      const old = databases
        .find(name)
        .servers()
        .find((server) => server.name === primary.identifier);
      const refused = old ? await databases.find(name).tryWrite(old) : 'it is gone';
      return check(
        `${name}: nothing can write to the old primary`,
        refused !== null,
        refused ?? 'a write was accepted within the lost region',
      );
    }),
  );
  return [
    ...survived,
    ...fenced,
    ...dataChecks(data, rpo, (name) => databases.find(name).serverOf('standby')?.name ?? ''),
  ];
}

async function planned({ world, outcome }: Ending): Promise<readonly HeldCheck[]> {
  const answers = await answersOf(world);
  const writes = world.calls.filter(
    ({ operation, principal }) =>
      principal.kind === 'role' && ['UpdateNodegroupConfig', 'ChangeResourceRecordSets'].includes(operation),
  );
  return [
    check('the incident ended as planned', outcome === 'planned', `outcome: ${outcome}`),
    check(
      'no record was moved',
      answers.every(({ agrees }) => agrees.primary),
      answers.map(({ name, type, values }) => `${name} ${type} → ${values.join(', ')}`).join('; '),
    ),
    check(
      'nothing was changed in the cluster or the zone',
      writes.length === 0,
      writes.map(({ operation }) => operation).join(', ') || 'no such call was made',
    ),
    check(
      'no permission was missing',
      world.cloud.iam.denied().length === 0,
      `${world.cloud.iam.denied().length} calls were denied`,
    ),
  ];
}

function check(name: string, held: boolean, evidence: string): HeldCheck {
  return { name, held, evidence };
}
