import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { TryAgain } from '../incident/errors.ts';
import { describeFailure, failureName, passesByItself } from './api-failure.ts';
import { clientOptions } from './client.ts';
import type { GroupedInstance } from './grouped-instance.ts';

/** The machines of node groups, by the Auto Scaling groups that hold them. */

/** The most that DescribeAutoScalingInstances takes at once. */
const idsPerCall = 50;

const clients = new Map<string, AutoScalingClient>();

function clientOf(region: string): AutoScalingClient {
  const client = clients.get(region) ?? new AutoScalingClient(clientOptions(region));
  clients.set(region, client);
  return client;
}

/**
 * All instances of these groups. A group that is not there has none.
 *
 * @throws TryAgain when Auto Scaling throttles, fails or does not answer
 */
export async function instancesOfGroups(
  region: string,
  groups: readonly string[],
): Promise<readonly GroupedInstance[]> {
  if (groups.length === 0) return [];
  const found: GroupedInstance[] = [];
  let token: string | undefined;
  do {
    const page = await ask(`DescribeAutoScalingGroups in ${region}`, () =>
      clientOf(region).send(
        new DescribeAutoScalingGroupsCommand({
          AutoScalingGroupNames: [...groups],
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      ),
    );
    for (const { AutoScalingGroupName: group = '', Instances = [] } of page.AutoScalingGroups ?? []) {
      for (const { InstanceId: instanceId = '', LifecycleState, HealthStatus } of Instances) {
        found.push({
          instanceId,
          group,
          lifecycle: LifecycleState ?? 'unknown',
          healthy: HealthStatus === 'Healthy',
        });
      }
    }
    token = page.NextToken;
  } while (token !== undefined && token !== '');
  return found;
}

/**
 * These instances, as far as any group still holds them.
 *
 * @throws TryAgain when Auto Scaling throttles, fails or does not answer
 */
export async function groupedInstances(
  region: string,
  ids: readonly string[],
): Promise<readonly GroupedInstance[]> {
  const found: GroupedInstance[] = [];
  for (let from = 0; from < ids.length; from += idsPerCall) {
    const some = ids.slice(from, from + idsPerCall);
    const { AutoScalingInstances = [] } = await ask(`DescribeAutoScalingInstances in ${region}`, () =>
      clientOf(region).send(new DescribeAutoScalingInstancesCommand({ InstanceIds: some })),
    );
    found.push(
      ...AutoScalingInstances.map(({ InstanceId, AutoScalingGroupName, LifecycleState, HealthStatus }) => ({
        instanceId: InstanceId ?? '',
        group: AutoScalingGroupName ?? '',
        lifecycle: LifecycleState ?? 'unknown',
        healthy: HealthStatus?.toUpperCase() === 'HEALTHY',
      })),
    );
  }
  return found;
}

/**
 * End an instance; its group starts another in its place.
 *
 * @returns false when no group holds it any more: a call whose answer was lost has ended it
 * @throws TryAgain while the group does something else that must be over first, and for what passes by itself
 */
export async function endInstance(region: string, instanceId: string): Promise<boolean> {
  try {
    await clientOf(region).send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: instanceId,
        ShouldDecrementDesiredCapacity: false,
      }),
    );
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw translated(`TerminateInstanceInAutoScalingGroup ${instanceId} in ${region}`, error);
  }
}

/** Auto Scaling has one name for all that is wrong with a request. */
function isGone(error: unknown): boolean {
  return failureName(error) === 'ValidationError' && /not found/i.test(describeFailure(error));
}

async function ask<T>(what: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw translated(what, error);
  }
}

const busy: ReadonlySet<string> = new Set([
  'ResourceContention',
  'ResourceContentionFault',
  'ScalingActivityInProgress',
  'ScalingActivityInProgressFault',
]);

function translated(what: string, error: unknown): unknown {
  if (!busy.has(failureName(error)) && !passesByItself(error)) return error;
  return new TryAgain(`${what}: ${describeFailure(error)}`, { cause: error });
}
