import { isEnding, type GroupedInstance } from '../aws/grouped-instance.ts';
import type { NodeGroupState } from '../aws/capacity.ts';
import { raisedCounts, type NodeCounts } from '../aws/node-counts.ts';
import { UnsafePlan } from '../incident/errors.ts';
import type { NodeGroupTarget } from '../scale-workloads/contract.ts';
import type { HardwarePlan, Survey } from '../workloads/contract.ts';

export interface Observations {
  readonly groups: readonly { readonly target: NodeGroupTarget; readonly state: NodeGroupState }[];
  /** Of the planned ones, those that a group still holds. */
  readonly instances: readonly GroupedInstance[];
  readonly survey: Survey;
}

export interface Changes {
  readonly end: HardwarePlan['replace'];
  readonly lift: readonly { readonly name: string; readonly counts: NodeCounts }[];
  /** Why planned ones are left alone, a sentence each. */
  readonly left: readonly string[];
}

/**
 * What of the plan is still to be done.
 *
 * A plan may be half an hour old, because a person thought about it: a node that is ready meanwhile is left alone,
 * and so is one whose machine is ending, or gone. A machine that belongs to another group than the plan says is none
 * of ours.
 *
 * @throws UnsafePlan when no node is ready any more, or an instance is not what the plan takes it for
 */
export function changesOf(plan: HardwarePlan, { groups, instances, survey }: Observations): Changes {
  const nodes = survey.nodes ?? [];
  if (plan.replace.length > 0 && nodes.length > 1 && nodes.every(({ ready }) => ready !== true)) {
    throw new UnsafePlan(
      `none of the ${nodes.length} nodes of the ${survey.site} is ready any more: that is more than broken machines, ` +
        'and no instance was ended. Look at the control plane and the network of the cluster; if the site is lost, ' +
        'start incident with {"scenario":"site-failure"}.',
    );
  }
  const end: HardwarePlan['replace'][number][] = [];
  const left: string[] = [];
  for (const planned of plan.replace) {
    const { node, instanceId, group } = planned;
    const seen = nodes.find(({ name }) => name === node);
    const instance = instances.find((each) => each.instanceId === instanceId);
    if (seen?.ready === true) left.push(`${node} is ready again`);
    else if (seen && seen.instanceId !== instanceId) left.push(`${node} has another machine already`);
    else if (!instance) left.push(`${instanceId} of ${node} is gone`);
    else if (isEnding(instance)) left.push(`${instanceId} of ${node} is ending`);
    else {
      refuseStranger(planned, instance, groups.find(({ target }) => target.name === group)?.state);
      end.push(planned);
    }
  }
  const lift = groups.flatMap(({ target, state }) => {
    const counts = raisedCounts(target, state);
    return counts ? [{ name: target.name, counts }] : [];
  });
  return { end, lift, left };
}

function refuseStranger(
  { node, instanceId, group }: HardwarePlan['replace'][number],
  instance: GroupedInstance,
  state: NodeGroupState | undefined,
): void {
  if (state?.scalingGroups?.includes(instance.group) === true) return;
  throw new UnsafePlan(
    `${instanceId} of node ${node} belongs to the Auto Scaling group ${instance.group}, which is not that of node ` +
      `group ${group}: no instance was ended. Look at the node's label eks.amazonaws.com/nodegroup.`,
  );
}

/** `ended i-… of workers (ip-…); raised workers to 3 nodes`. */
export function summarise(
  status: 'changed' | 'already-there' | 'planned',
  { end, lift, left }: Changes,
): string {
  const would = status === 'planned';
  const parts = [
    ...(end.length > 0
      ? [
          `${would ? 'would end' : 'ended'} ${end
            .map(({ instanceId, group, node }) => `${instanceId} of ${group} (${node})`)
            .join(', ')}, and the group starts as many`,
        ]
      : []),
    ...(lift.length > 0
      ? [
          `${would ? 'would raise' : 'raised'} ${lift
            .map(
              ({ name, counts: { min, desired, max } }) =>
                `${name} to ${desired} nodes (min ${min}, max ${max})`,
            )
            .join(', ')}`,
        ]
      : []),
    ...left,
  ];
  return parts.length === 0 ? 'no machine is to be ended, and no node group to be raised' : parts.join('; ');
}
