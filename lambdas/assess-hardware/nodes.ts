import { isServing, type GroupedInstance } from '../aws/grouped-instance.ts';
import type { NodeGroupState } from '../aws/capacity.ts';
import { meaningOf } from '../aws/node-issues.ts';
import type { Check, Site } from '../incident/contract.ts';
import type { NodeGroupTarget } from '../scale-workloads/contract.ts';
import type { HardwarePlan, NodeSight, Survey } from '../workloads/contract.ts';
import { secondsOf } from './words.ts';

/** What is wrong with the nodes of a cluster. Pure. */

export interface GroupSight {
  readonly target: NodeGroupTarget;
  readonly state: NodeGroupState;
  readonly instances: readonly GroupedInstance[];
}

export interface NodesView {
  /** Newest trouble first. */
  readonly replace: HardwarePlan['replace'];
  readonly groups: HardwarePlan['groups'];
  /** Until the last of those that are soon to be replaced may be; null when there is nothing to wait for. */
  readonly waitSeconds: number | null;
  /** What a person must do, and why: nothing here can. */
  readonly stops: readonly { readonly reason: string; readonly nextSteps: readonly string[] }[];
  /** Nodes that something else provides, not ready for long enough. They stop what would find nothing to do. */
  readonly foreign: readonly string[];
  readonly sentences: readonly string[];
  readonly checks: readonly Check[];
}

/** A group in one of these gives no node, however long one waits. */
const lostStates: ReadonlySet<string> = new Set(['CREATE_FAILED', 'DELETE_FAILED', 'DELETING']);

/** Nodes that fall silent together do so within seconds: those that follow so soon are waited for. Seconds. */
const together = 60;

/**
 * What of the nodes is to be replaced, waited for, or left to a person.
 *
 * A cluster of which no node is ready is not mended by new machines: whatever took them all takes those, too. One
 * node alone says nothing of that kind.
 *
 * @param graceSeconds a node may be not ready for so long, by the clock of the survey
 */
export function viewNodes(
  { site, nodes, at }: Pick<Survey, 'site' | 'nodes' | 'at'>,
  groups: readonly GroupSight[],
  graceSeconds: number,
): NodesView {
  const now = Date.parse(at);
  const silent = (nodes ?? [])
    .filter(({ ready }) => ready !== true)
    .map((node) => ({ node, left: graceSeconds - awayFor(node, now) }))
    .toSorted((one, other) => other.left - one.left);
  const names = new Set(groups.map(({ target }) => target.name));
  const due = silent.filter(({ left }) => left <= 0).map(({ node }) => node);
  const replace = due.flatMap(({ name, instanceId, group }) =>
    instanceId !== null && group !== null && names.has(group) ? [{ node: name, instanceId, group }] : [],
  );
  const ours = new Set(replace.map(({ node }) => node));
  const foreign = due.filter(({ name }) => !ours.has(name));
  const waiting = silent.filter(({ left }) => left > 0);
  const soon = due.length === 0 ? waiting : waiting.filter(({ left }) => left <= together);

  const sights = groups.map((group) => ({ group, ...countsOf(group, nodes) }));
  const lacking = sights.filter(({ ready, desired }) => ready < desired);
  const barred = sights.filter(
    ({ group, ready, desired }) =>
      (ready < desired || replace.some((each) => each.group === group.target.name)) &&
      obstacles(group).length > 0,
  );
  const wanted = sights.reduce((sum, { desired }) => sum + desired, 0);

  return {
    replace,
    groups: lacking.map(({ group, desired, ready }) => ({ name: group.target.name, desired, ready })),
    waitSeconds: soon.length === 0 ? null : waitFor(soon.map(({ left }) => left)),
    stops: isLost(nodes, sights, wanted, due.length)
      ? [lost(site, nodes)]
      : barred.map(({ group }) => bar(group)),
    foreign: foreign.map((node) => describe(node, now)),
    sentences: [
      ...(nodes === null
        ? [
            'nodes may not be looked at (docs/deploy.md says how to let it): what EKS and Auto Scaling say must do, ' +
              'and a node whose machine runs and whose kubelet is dead is not found by them',
          ]
        : []),
      ...silent.map(({ node }) => describe(node, now)),
      ...lacking.map(
        ({ group, desired, ready }) =>
          `node group ${group.target.name} has ${ready} of ${desired} nodes ready`,
      ),
    ],
    checks: [
      ...sights.map(({ group, desired, ready }) => groupCheck(group, desired, ready)),
      ...silent.map(({ node }) => ({
        name: `hardware/node ${node.name}`,
        held: node.ready,
        evidence: describe(node, now),
      })),
      ...(nodes === null
        ? [{ name: 'hardware/nodes', held: 'unknown' as const, evidence: 'they may not be looked at' }]
        : []),
    ],
  };
}

/** Seconds; 0 when it is not known since when: then it is waited for, and in the end told. */
function awayFor({ since }: NodeSight, now: number): number {
  const from = since === null ? now : Date.parse(since);
  return Number.isNaN(from) ? 0 : Math.max(0, (now - from) / 1_000);
}

/** A minute at most: a node that comes back by itself is to be noticed. */
function waitFor(left: readonly number[]): number {
  return Math.min(together, Math.max(1, Math.ceil(Math.min(...left))));
}

/** Nodes by Kubernetes; when that may not be asked, instances that Auto Scaling finds in service and healthy. */
function countsOf({ target, state, instances }: GroupSight, nodes: Survey['nodes']) {
  const ready = nodes
    ? nodes.filter((node) => node.group === target.name && node.ready === true).length
    : instances.filter(isServing).length;
  return { ready, desired: Math.max(target.desired, state.desired) };
}

function obstacles({ state }: GroupSight): readonly { readonly issue: string; readonly advice: string }[] {
  if (lostStates.has(state.status)) {
    return [
      { issue: `it is ${state.status}`, advice: 'Make the node group anew; EKS gives it no more nodes.' },
    ];
  }
  return state.issues.flatMap((issue) => {
    const meaning = meaningOf(issue);
    return meaning ? [{ issue, advice: meaning.advice }] : [];
  });
}

function isLost(
  nodes: Survey['nodes'],
  sights: readonly { readonly ready: number }[],
  wanted: number,
  due: number,
): boolean {
  if (nodes && nodes.length > 0)
    return nodes.length > 1 && due > 0 && nodes.every(({ ready }) => ready !== true);
  return wanted > 1 && sights.every(({ ready }) => ready === 0);
}

function lost(site: Site, nodes: Survey['nodes']) {
  return {
    reason: `no node of the ${site}'s cluster is ready${nodes && nodes.length > 0 ? ` (${nodes.length} are there)` : ''}: that is more than broken machines`,
    nextSteps: [
      "Look at the cluster's control plane, its network and the region's health: new machines would not help.",
      site === 'primary'
        ? 'If the site is lost, start incident with {"scenario":"site-failure"}.'
        : 'The standby serves at the moment: bring the primary back before it is needed.',
    ],
  };
}

function bar(group: GroupSight) {
  const { target } = group;
  const found = obstacles(group);
  return {
    reason: `node group ${target.name} would get no new nodes: ${found.map(({ issue }) => issue).join('; ')}`,
    nextSteps: [
      ...new Set(found.map(({ advice }) => advice)),
      'When that is mended, start incident again with {"scenario":"hardware-failure"}.',
    ],
  };
}

function describe({ name, group, ready, reason, since, cordoned }: NodeSight, now: number): string {
  const state = ready === 'unknown' ? 'silent' : ready ? 'ready' : 'not ready';
  const long = since === null ? '' : ` for ${secondsOf((now - Date.parse(since)) / 1_000)}`;
  const why = [reason, ...(cordoned ? ['cordoned'] : [])].filter((part) => part !== '').join(', ');
  return `node ${name}${group === null ? '' : ` of ${group}`} is ${state}${long}${why === '' ? '' : ` (${why})`}`;
}

function groupCheck({ target, state }: GroupSight, desired: number, ready: number): Check {
  return {
    name: `hardware/node group ${target.name}`,
    held: ready >= desired,
    evidence: `${ready} of ${desired} nodes are ready; it is ${[state.status, ...state.issues].join(', ')}`,
  };
}
