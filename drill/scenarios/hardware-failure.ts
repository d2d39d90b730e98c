import type { World } from '../world/world.ts';
import type { DataBefore, Ending, HeldCheck, ScenarioDrill } from './contract.ts';
import { untouched } from './data.ts';
import { recoveryChecks } from './evidence.ts';

/** A node's kubelet falls silent: its machine runs, its pods do not, and nothing but Kubernetes notices. */
export const hardwareFailure: ScenarioDrill = {
  name: 'hardware-failure',
  title: "a node of the primary's cluster falls silent; its machine is replaced",
  severity: 'P2',
  lacks: ({ sites }) =>
    sites.primary.nodeGroups.length > 0
      ? null
      : 'sites.primary.nodeGroups: there is none, so no node is replaced; add those of the primary',
  damage,
  patience: 2 * 60 * 60_000,
  expectations: async (ending) => (ending.plan ? planned(ending) : recovered(ending)),
};

interface Before {
  readonly nodes: readonly string[];
  readonly lost: string;
}

const seen = new WeakMap<World, Before>();

function clusterOf({ environment: { sites } }: World) {
  return { region: sites.primary.region, name: sites.primary.cluster.name };
}

async function damage(world: World): Promise<readonly DataBefore[]> {
  const data = await untouched(world);
  const { cloud, keeper, clock } = world;
  const nodes = cloud.eks.nodes(clusterOf(world)).map(({ name }) => name);
  const [lost] = nodes;
  if (lost === undefined) throw new Error('there is no node to lose');
  // Users may notice nothing: other nodes serve. What is lost is room, and the next node.
  keeper.damaged(clock.now(), 'less-room');
  cloud.eks.setNodeDown(clusterOf(world), lost, true);
  world.tell('world', `node ${lost} falls silent`);
  seen.set(world, { nodes, lost });
  return data;
}

async function recovered(ending: Ending): Promise<readonly HeldCheck[]> {
  const { world } = ending;
  const { environment, clusters, cloud, operators } = world;
  const before = seen.get(world);
  if (!before) return [{ name: 'there was damage', held: false, evidence: 'none was done' }];
  const { namespace } = environment.sites.primary.cluster;
  const nodes = cloud.eks.nodes(clusterOf(world)).map(({ name }) => name);
  const pods = await operators.primary.list('api/v1/pods', namespace);
  const stranded = pods.filter((pod) => (pod['spec'] as { nodeName?: string }).nodeName === before.lost);
  const capacity = environment.sites.standby.deployments.map(({ name, replicas }) => ({
    name,
    replicas,
    ready: clusters.primary.deployment(namespace, name)?.ready ?? 0,
  }));
  return [
    ...(await recoveryChecks(ending, 'primary')),
    {
      name: 'the silent node is gone, and another is in its place',
      held: !nodes.includes(before.lost) && nodes.length === before.nodes.length,
      evidence: `before: ${before.nodes.join(', ')}; now: ${nodes.join(', ')}`,
    },
    {
      name: 'no pod is left on it',
      held: stranded.length === 0,
      evidence: stranded.map(({ metadata }) => metadata.name).join(', ') || 'none',
    },
    {
      name: 'every deployment runs at full strength',
      held: capacity.every(({ ready, replicas }) => ready >= replicas),
      evidence: capacity.map((each) => `${each.name}: ${each.ready} of ${each.replicas} ready`).join('; '),
    },
  ];
}

function planned({ world, outcome }: Ending): Promise<readonly HeldCheck[]> {
  const ended = world.calls.filter(
    ({ operation }) =>
      operation === 'TerminateInstanceInAutoScalingGroup' || operation === 'RebootDBInstance',
  );
  return Promise.resolve([
    {
      name: 'the incident ended as planned',
      held: outcome === 'planned',
      evidence: `outcome: ${outcome}`,
    },
    {
      name: 'no machine was ended',
      held: ended.length === 0,
      evidence: ended.map(({ operation }) => operation).join(', ') || 'no such call was made',
    },
  ]);
}
