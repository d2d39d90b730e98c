import type { World } from '../world/world.ts';
import type { DataBefore, Ending, HeldCheck, ScenarioDrill } from './contract.ts';
import { untouched } from './data.ts';
import { recoveryChecks } from './evidence.ts';

/**
 * The pods of the first deployment wedge: they say that they are ready and answer no request. Where there is a second
 * one, it gets a bad release at the same time, whose image cannot be pulled.
 */
export const applicationFailure: ScenarioDrill = {
  name: 'application-failure',
  title: 'workloads wedge, and a bad release does not start; they are restarted and rolled back',
  severity: 'P1',
  lacks: ({ tests }) =>
    tests.some(({ proves, request }) => proves === 'application' && request.path !== '/health')
      ? null
      : 'tests: none asks the application itself, so nothing would notice; add one, for example of the path /',
  damage,
  patience: 2 * 60 * 60_000,
  expectations: async (ending) => (ending.plan ? planned(ending) : recovered(ending)),
};

interface Before {
  readonly pods: ReadonlySet<string>;
  readonly wedged: string;
  /** Of the deployment that got a bad release: the image that it had, and the one it got. */
  readonly released: { readonly name: string; readonly image: string; readonly bad: string } | undefined;
}

const seen = new WeakMap<World, Before>();

const deployments = 'apis/apps/v1/deployments';
const pods = 'api/v1/pods';

async function damage(world: World): Promise<readonly DataBefore[]> {
  const data = await untouched(world);
  const { applications, clusters, environment, keeper, clock, operators } = world;
  const { namespace } = environment.sites.primary.cluster;
  const [first, second] = environment.sites.standby.deployments;
  if (!first) throw new Error('there is no deployment to damage');
  const before = await operators.primary.list(pods, namespace);
  const image = second ? await imageOf(world, second.name) : undefined;
  keeper.damaged(clock.now());
  await applications.primary.wedge(first.name);
  world.tell('world', `the pods of ${first.name} wedge`, 'they are ready, and answer no request');
  let released: Before['released'];
  if (second && image !== undefined) {
    const bad = image.replace(/:[^:]*$/, ':42.0.0');
    clusters.primary.spoilImage(bad, { fate: 'cannot-pull' });
    await operators.primary.patch(deployments, namespace, second.name, {
      spec: { template: { spec: { containers: [{ name: second.name, image: bad }] } } },
    });
    released = { name: second.name, image, bad };
    world.tell('world', `a bad release of ${second.name}`, bad);
  }
  seen.set(world, {
    pods: new Set(before.map(({ metadata }) => metadata.name)),
    wedged: first.name,
    released,
  });
  return data;
}

async function imageOf({ operators, environment }: World, name: string): Promise<string | undefined> {
  const { namespace } = environment.sites.primary.cluster;
  const all = await operators.primary.list(deployments, namespace);
  const found = all.find(({ metadata }) => metadata.name === name);
  const spec = found?.['spec'] as
    { template: { spec: { containers: readonly { image: string }[] } } } | undefined;
  return spec?.template.spec.containers[0]?.image;
}

async function recovered(ending: Ending): Promise<readonly HeldCheck[]> {
  const { world } = ending;
  const { environment, operators, clusters, cloud } = world;
  const before = seen.get(world);
  if (!before) return [{ name: 'there was damage', held: false, evidence: 'none was done' }];
  const { namespace } = environment.sites.primary.cluster;
  const now = await operators.primary.list(pods, namespace);
  const old = now.filter(
    ({ metadata }) => metadata.labels?.['app'] === before.wedged && before.pods.has(metadata.name),
  );
  const capacity = environment.sites.standby.deployments.map(({ name, replicas }) => ({
    name,
    replicas,
    ready: clusters.primary.deployment(namespace, name)?.ready ?? 0,
  }));
  const { account, name, sites } = environment;
  const ledger = `lifeboat-${name}-ledger-${account}-${sites.standby.region}`;
  const evidence = cloud.storage.keys(ledger).filter((key) => key.startsWith('evidence/'));
  const image = before.released ? await imageOf(world, before.released.name) : undefined;
  return [
    ...(await recoveryChecks(ending, 'primary')),
    {
      name: 'no pod that wedged is left',
      held: old.length === 0,
      evidence: old.map(({ metadata }) => metadata.name).join(', ') || 'all of them were replaced',
    },
    {
      name: 'every deployment runs at full strength',
      held: capacity.every(({ ready, replicas }) => ready >= replicas),
      evidence: capacity.map((each) => `${each.name}: ${each.ready} of ${each.replicas} ready`).join('; '),
    },
    {
      name: 'logs and events from before were kept as evidence',
      held: evidence.length > 0,
      evidence: evidence.join(', ') || 'nothing was kept',
    },
    ...(before.released
      ? [
          {
            name: `${before.released.name} is back at the release before`,
            held: image === before.released.image,
            evidence: `${before.released.bad} was released, ${image ?? 'nothing'} runs`,
          },
        ]
      : []),
  ];
}

async function planned({ world, outcome }: Ending): Promise<readonly HeldCheck[]> {
  const executions = world.cloud.states.executions().map(({ stateMachineName }) => stateMachineName);
  return [
    {
      name: 'the incident ended as planned',
      held: outcome === 'planned',
      evidence: `outcome: ${outcome}; ran ${[...new Set(executions)].join(', ')}`,
    },
  ];
}
