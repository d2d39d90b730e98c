import { DescribeUpdateCommand, EKSClient } from '@aws-sdk/client-eks';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import { openKubernetes } from '../aws/kubernetes.ts';
import { describeNodeGroup } from '../aws/node-group.ts';
import { CapacityFailed, TryAgain } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { worthRecording } from '../incident/waiting.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { judgeCapacity, type Observations, type UpdateSight } from './decide.ts';

let eks: EKSClient | undefined;

/** One look at whether the standby has come up to what it was scaled to; the state machine waits in between. */
export async function handler({ incident, updates, attempt }: Input): Promise<Output> {
  const { ledgerBucket, cluster } = settings<Settings>();
  const client = (eks ??= new EKSClient(clientOptions(cluster.region)));
  const [updateSights, nodeGroups, workloads] = await Promise.all([
    Promise.all(updates.map((update) => describeUpdate(client, cluster.name, update))),
    Promise.all(
      cluster.nodeGroups.map(async ({ name }) => ({
        name,
        state: await describeNodeGroup(client, cluster.name, name),
      })),
    ),
    lookAtWorkloads(client, cluster),
  ]);
  const output = judgeCapacity({ updates: updateSights, nodeGroups, workloads }, incident.mode);
  if (worthRecording(attempt, output.ready)) {
    const event = `look ${attempt}: ${output.summary}`;
    await recordChecks(openLedger(ledgerBucket), incident, 'check-capacity', event, output.checks);
  }
  return output;
}

async function lookAtWorkloads(
  client: EKSClient,
  cluster: Settings['cluster'],
): Promise<Observations['workloads']> {
  if (cluster.deployments.length === 0) return [];
  const kubernetes = await openKubernetes(client, cluster);
  return Promise.all(
    cluster.deployments.map(async (target) => {
      const [deployment, bounds] = await Promise.all([
        kubernetes.deployment(target.name),
        target.autoscaler === undefined ? null : kubernetes.autoscaler(target.autoscaler),
      ]);
      return { target, deployment, bounds };
    }),
  );
}

/**
 * @throws CapacityFailed when EKS does not know the update
 * @throws TryAgain when EKS throttles, fails or does not answer
 */
async function describeUpdate(
  client: EKSClient,
  cluster: string,
  { nodeGroup, updateId }: Input['updates'][number],
): Promise<UpdateSight> {
  try {
    const { update } = await client.send(
      new DescribeUpdateCommand({ name: cluster, nodegroupName: nodeGroup, updateId }),
    );
    return {
      nodeGroup,
      updateId,
      status: update?.status ?? 'unknown',
      errors: (update?.errors ?? []).map(
        ({ errorCode, errorMessage }) => `${errorCode ?? 'Unknown'}: ${errorMessage ?? 'no message'}`,
      ),
    };
  } catch (error) {
    const text = `DescribeUpdate ${updateId} of ${nodeGroup}: ${describeFailure(error)}`;
    if (failureName(error) === 'ResourceNotFoundException') throw new CapacityFailed(text, { cause: error });
    if (passesByItself(error)) throw new TryAgain(text, { cause: error });
    throw error;
  }
}
