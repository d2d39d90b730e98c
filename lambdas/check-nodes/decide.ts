import { isServing, type GroupedInstance } from '../aws/grouped-instance.ts';
import type { NodeGroupState } from '../aws/capacity.ts';
import { meaningOf } from '../aws/node-issues.ts';
import type { Check, Mode } from '../incident/contract.ts';
import { CapacityFailed } from '../incident/errors.ts';
import { wouldWaitFor } from '../incident/waiting.ts';
import type { NodeGroupTarget } from '../scale-workloads/contract.ts';
import type { Survey, WorkloadSight } from '../workloads/contract.ts';
import type { Output } from './contract.ts';

export interface Observations {
  readonly groups: readonly {
    readonly target: NodeGroupTarget;
    readonly state: NodeGroupState;
    readonly instances: readonly GroupedInstance[];
  }[];
  readonly survey: Survey;
}

/** A group in one of these gives no node, however long one waits. */
const lostStates: ReadonlySet<string> = new Set(['CREATE_FAILED', 'DELETE_FAILED', 'DELETING']);

/**
 * Whether the nodes are there and the pods run on them.
 *
 * A machine that runs is no node yet, and a node serves nobody: what proves it are the pods, ready.
 *
 * @throws CapacityFailed when a group lacks nodes and no wait will bring them, with what a person does about it
 */
export function judgeNodes({ groups, survey }: Observations, mode: Mode): Output {
  const counts = groups.map((group) => ({ group, ...countsOf(group, survey) }));
  if (mode !== 'plan') refuseToWait(counts);
  const found = [...counts.map(groupCheck), ...survey.workloads.map(workloadCheck)];
  const lacking = found.filter(({ held }) => held !== true);
  const checks = mode === 'plan' ? wouldWaitFor(found) : found;
  if (lacking.length === 0) {
    return { ready: true, summary: `nodes and pods are there: all ${found.length} checks hold`, checks };
  }
  const list = lacking.map(({ name, evidence }) => `${name}: ${evidence}`).join('; ');
  return mode === 'plan'
    ? { ready: true, summary: `would wait for ${list}`, checks }
    : { ready: false, summary: `not all is there: ${list}`, checks };
}

interface Counted {
  readonly group: Observations['groups'][number];
  readonly ready: number;
  readonly desired: number;
}

/** Nodes by Kubernetes; when that may not be asked, instances that Auto Scaling finds in service and healthy. */
function countsOf({ target, state, instances }: Counted['group'], { nodes }: Survey): Omit<Counted, 'group'> {
  const ready = nodes
    ? nodes.filter((node) => node.group === target.name && node.ready === true).length
    : instances.filter(isServing).length;
  return { ready, desired: Math.max(target.desired, state.desired) };
}

function refuseToWait(counts: readonly Counted[]): void {
  const hopeless = counts
    .filter(({ ready, desired }) => ready < desired)
    .flatMap(({ group: { target, state }, ready, desired }) => {
      const issues = state.issues.flatMap((issue) => {
        const meaning = meaningOf(issue);
        return meaning?.forGood === true ? [`${issue}. ${meaning.advice}`] : [];
      });
      if (lostStates.has(state.status)) issues.push(`it is ${state.status}: make the node group anew`);
      return issues.length === 0
        ? []
        : [
            `node group ${target.name} has ${ready} of ${desired} nodes ready and gets no more: ${issues.join(' ')}`,
          ];
    });
  if (hopeless.length > 0) throw new CapacityFailed(hopeless.join('; '));
}

function groupCheck({ group: { target, state }, ready, desired }: Counted): Check {
  return {
    name: `hardware/node group ${target.name}`,
    held: ready >= desired,
    evidence: `${ready} of ${desired} nodes are ready; it is ${[state.status, ...state.issues].join(', ')}`,
  };
}

function workloadCheck({ name, exists, wanted, ready, waiting }: WorkloadSight): Check {
  return {
    name: `hardware/deployment ${name}`,
    held: exists && ready >= wanted,
    evidence: exists
      ? `${ready} of ${wanted} pods are ready${waiting.length > 0 ? ` (${waiting.join(', ')})` : ''}`
      : 'there is no such deployment',
  };
}
