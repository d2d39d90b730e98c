import type { AutoscalerState, DeploymentState, NodeGroupState } from '../aws/capacity.ts';
import type { Check, Mode } from '../incident/contract.ts';
import { CapacityFailed } from '../incident/errors.ts';
import { wouldWaitFor } from '../incident/waiting.ts';
import type { DeploymentTarget } from '../scale-workloads/contract.ts';
import type { Output } from './contract.ts';

export interface UpdateSight {
  readonly nodeGroup: string;
  readonly updateId: string;
  /** InProgress, Failed, Cancelled, Successful. */
  readonly status: string;
  /** `NodeCreationFailure: ...`, one each. */
  readonly errors: readonly string[];
}

export interface Observations {
  readonly updates: readonly UpdateSight[];
  readonly nodeGroups: readonly { readonly name: string; readonly state: NodeGroupState }[];
  readonly workloads: readonly {
    readonly target: DeploymentTarget;
    readonly deployment: DeploymentState;
    readonly bounds: AutoscalerState | null;
  }[];
}

/** A node group in one of these serves nobody, however long one waits. */
const lostStates: ReadonlySet<string> = new Set(['CREATE_FAILED', 'DELETE_FAILED', 'DELETING']);

/**
 * Whether the standby has what it was scaled to.
 *
 * An update that succeeded only says that its counts were applied, not that a node has joined (aws-facts §5):
 * what proves capacity is the workload's own replicas, ready, of the generation that was asked for.
 *
 * @throws CapacityFailed when an update failed or was cancelled, or a node group is being lost
 */
export function judgeCapacity({ updates, nodeGroups, workloads }: Observations, mode: Mode): Output {
  refuseToWait(updates, nodeGroups);
  const found = [
    ...updates.map(updateCheck),
    ...nodeGroups.map(nodeGroupCheck),
    ...workloads.map(workloadCheck),
  ];
  const lacking = found.filter(({ held }) => held !== true);
  const checks = mode === 'plan' ? wouldWaitFor(found) : found;
  if (lacking.length === 0) {
    return { ready: true, summary: `the standby has its capacity: all ${found.length} checks hold`, checks };
  }
  const list = lacking.map(({ name, evidence }) => `${name}: ${evidence}`).join('; ');
  return mode === 'plan'
    ? { ready: true, summary: `would wait for ${list}`, checks }
    : { ready: false, summary: `the standby is not ready: ${list}`, checks };
}

function refuseToWait(updates: Observations['updates'], nodeGroups: Observations['nodeGroups']): void {
  const failed = updates.filter(({ status }) => status === 'Failed' || status === 'Cancelled');
  const lost = nodeGroups.filter(({ state }) => lostStates.has(state.status));
  if (failed.length + lost.length === 0) return;
  throw new CapacityFailed(
    [
      ...failed.map(
        ({ nodeGroup, updateId, status, errors }) =>
          `update ${updateId} of node group ${nodeGroup} is ${status}: ${errors.join('; ') || 'no error given'}`,
      ),
      ...lost.map(({ name, state }) => `node group ${name} is ${[state.status, ...state.issues].join(', ')}`),
    ].join('; '),
  );
}

function updateCheck({ nodeGroup, updateId, status }: UpdateSight): Check {
  return {
    name: `capacity/update of ${nodeGroup}`,
    held: status === 'Successful',
    evidence: `update ${updateId} is ${status}`,
  };
}

function nodeGroupCheck({ name, state }: Observations['nodeGroups'][number]): Check {
  return {
    name: `capacity/node group ${name}`,
    held: state.status === 'ACTIVE' && state.issues.length === 0,
    evidence: `it is ${[state.status, ...state.issues].join(', ')} with ${state.desired} nodes wanted`,
  };
}

function workloadCheck({ target, deployment, bounds }: Observations['workloads'][number]): Check {
  const { generation, observedGeneration, readyReplicas } = deployment;
  const floor = bounds && bounds.minReplicas < target.replicas ? bounds.minReplicas : null;
  return {
    name: `capacity/deployment ${target.name}`,
    held: observedGeneration >= generation && readyReplicas >= target.replicas && floor === null,
    evidence: [
      `${readyReplicas} of ${target.replicas} replicas are ready`,
      ...(observedGeneration >= generation ? [] : [`generation ${generation} is not observed yet`]),
      ...(floor === null ? [] : [`its autoscaler's floor is ${floor}`]),
    ].join(', '),
  };
}
