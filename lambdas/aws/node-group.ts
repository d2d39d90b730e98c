import { DescribeNodegroupCommand, UpdateNodegroupConfigCommand, type EKSClient } from '@aws-sdk/client-eks';
import type { IncidentRef } from '../incident/contract.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import { describeFailure, failureName, passesByItself } from './api-failure.ts';
import type { NodeGroupState } from './capacity.ts';
import { requestToken, type NodeCounts } from './node-counts.ts';

/**
 * @throws UnsafePlan when there is no such node group or cluster, or EKS does not say its counts
 * @throws TryAgain when EKS throttles, fails or does not answer
 */
export async function describeNodeGroup(
  eks: EKSClient,
  cluster: string,
  name: string,
): Promise<NodeGroupState> {
  const what = `node group ${name} of cluster ${cluster}`;
  try {
    const { nodegroup } = await eks.send(
      new DescribeNodegroupCommand({ clusterName: cluster, nodegroupName: name }),
    );
    const { minSize, desiredSize, maxSize } = nodegroup?.scalingConfig ?? {};
    if (minSize === undefined || desiredSize === undefined || maxSize === undefined) {
      throw new UnsafePlan(`EKS does not say how many nodes ${what} has`);
    }
    const scalingGroups = (nodegroup?.resources?.autoScalingGroups ?? []).flatMap(({ name: group }) =>
      group === undefined ? [] : [group],
    );
    return {
      status: nodegroup?.status ?? 'unknown',
      issues: (nodegroup?.health?.issues ?? []).map(
        ({ code, message }) => `${code ?? 'unknown'}: ${message ?? 'no message'}`,
      ),
      min: minSize,
      desired: desiredSize,
      max: maxSize,
      ...(scalingGroups.length > 0 ? { scalingGroups } : {}),
    };
  } catch (error) {
    if (failureName(error) === 'ResourceNotFoundException') {
      throw new UnsafePlan(`there is no ${what}: ${describeFailure(error)}`);
    }
    if (passesByItself(error)) {
      throw new TryAgain(`DescribeNodegroup ${name}: ${describeFailure(error)}`, { cause: error });
    }
    throw error;
  }
}

/**
 * Set the counts of a node group.
 *
 * @returns the id of the update
 * @throws TryAgain while an earlier update of the group runs: EKS takes one at a time (aws-facts §5)
 * @throws UnsafePlan when EKS will never take these counts
 */
export async function updateNodeGroup(
  client: EKSClient,
  cluster: string,
  name: string,
  { min, desired, max }: NodeCounts,
  incident: IncidentRef,
): Promise<string> {
  try {
    const { update: started } = await client.send(
      new UpdateNodegroupConfigCommand({
        clusterName: cluster,
        nodegroupName: name,
        scalingConfig: { minSize: min, desiredSize: desired, maxSize: max },
        clientRequestToken: requestToken(incident.id, incident.epoch, name, { min, desired, max }),
      }),
    );
    if (started?.id === undefined) throw new TryAgain(`UpdateNodegroupConfig ${name} answered without an id`);
    return started.id;
  } catch (error) {
    const text = `UpdateNodegroupConfig ${name}: ${describeFailure(error)}`;
    switch (failureName(error)) {
      case 'ResourceInUseException':
        throw new TryAgain(text, { cause: error });
      case 'ResourceNotFoundException':
      case 'InvalidParameterException':
      case 'InvalidRequestException':
        throw new UnsafePlan(text);
      default:
        throw passesByItself(error) ? new TryAgain(text, { cause: error }) : error;
    }
  }
}
