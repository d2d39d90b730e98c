import { duration } from '../report/phases.ts';
import { answersOf } from '../world/dns-view.ts';
import type { Ending, HeldCheck, ScenarioDrill } from './contract.ts';

/** The primary's region is lost, all at once: its site, its cluster, its APIs. */
export const siteFailure: ScenarioDrill = {
  name: 'site-failure',
  title: "the primary site's region is lost; its users are moved to the standby",
  damage: (world) => world.loseRegion('primary'),
  patience: 40 * 60_000,
  expectations: async (ending) => (ending.plan ? planned(ending) : recovered(ending)),
};

async function recovered({ world, outcome, rto }: Ending): Promise<readonly HeldCheck[]> {
  const { environment, client, cloud, keeper } = world;
  const { standby } = environment.sites;
  const sample = await client.ask();
  const answers = await answersOf(world);
  const capacity = standby.deployments.map(({ name, replicas }) => ({
    name,
    wanted: replicas,
    ready: world.clusters.standby.deployment(standby.cluster.namespace, name)?.ready ?? 0,
  }));
  const incidents = incidentExecutions(world).filter(({ output }) => output?.includes('"recovered"'));
  const wrong = answers.filter(({ agrees }) => !agrees.standby);
  const { measuredSeconds, targetSeconds } = rto;
  return [
    check('the incident ended as recovered', outcome === 'recovered', `outcome: ${outcome}`),
    check(
      'a user is served by the standby',
      sample.servedBy === 'standby',
      sample.servedBy === null
        ? 'the client is not served'
        : `the client is served by the ${sample.servedBy} site`,
    ),
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
      'the service was back within the RTO',
      measuredSeconds !== null && measuredSeconds <= targetSeconds,
      measuredSeconds === null
        ? 'it was not'
        : `${duration(measuredSeconds)} from the last good request, of ${duration(targetSeconds)}`,
    ),
    check(
      'one incident was opened for one failure',
      incidents.length === 1,
      `${incidents.length} of ${incidentExecutions(world).length} executions of incident recovered the site`,
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

function incidentExecutions({ cloud, environment }: Ending['world']) {
  const name = `lifeboat-${environment.name}-incident`;
  return cloud.states.executions().filter(({ stateMachineName }) => stateMachineName === name);
}

function check(name: string, held: boolean, evidence: string): HeldCheck {
  return { name, held, evidence };
}

function time(at: number | undefined): string {
  return at === undefined ? 'never' : new Date(at).toISOString();
}
