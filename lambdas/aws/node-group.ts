import { DescribeNodegroupCommand, type EKSClient } from '@aws-sdk/client-eks';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import { describeFailure, failureName, passesByItself } from './api-failure.ts';
import type { NodeGroupState } from './capacity.ts';

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
    return {
      status: nodegroup?.status ?? 'unknown',
      issues: (nodegroup?.health?.issues ?? []).map(
        ({ code, message }) => `${code ?? 'unknown'}: ${message ?? 'no message'}`,
      ),
      min: minSize,
      desired: desiredSize,
      max: maxSize,
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
