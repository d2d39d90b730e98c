import type {
  ActivityType,
  AutoScalingGroup as GroupShape,
  AutoScalingGroupsType,
  AutoScalingGroupNamesType,
  AutoScalingInstancesType,
  DescribeAutoScalingInstancesType,
  Filter,
  SetInstanceHealthQuery,
  TerminateInstanceInAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import {
  AwsError,
  operation,
  type CallContext,
  type CloudService,
  type Foundation,
  type Permission,
} from '../contract.ts';
import type { Instance } from './contract.ts';
import type { AutoScalingGroup } from './group.ts';

export interface AutoScaling {
  readonly service: CloudService;
}

interface Held {
  readonly group: AutoScalingGroup;
  readonly instance: Instance;
}

/** Amazon EC2 Auto Scaling: the groups that EKS made for its node groups, in all regions. */
export function autoScaling(foundation: Foundation, groups: () => readonly AutoScalingGroup[]): AutoScaling {
  const here = (region: string) => groups().filter((group) => group.region === region);

  function holding(region: string, instanceId: string | undefined): Held | undefined {
    for (const group of here(region)) {
      const instance = group.find(instanceId ?? '');
      if (instance) return { group, instance };
    }
    return undefined;
  }

  /** @throws AwsError `ValidationError`, in the words of Auto Scaling */
  function find(region: string, instanceId: string | undefined): Held {
    const held = holding(region, instanceId);
    if (held) return held;
    throw new AwsError(
      'ValidationError',
      `Instance Id not found - No managed instance found for instance ID ${instanceId ?? ''}`,
    );
  }

  /** IAM decides by the group that holds the instance and its tags; an instance of no group has none. */
  function onGroupOf(action: string, instanceId: string | undefined, { region }: CallContext): Permission {
    const group = holding(region, instanceId)?.group;
    const { account } = foundation;
    return {
      action: `autoscaling:${action}`,
      resource:
        group?.arn ??
        `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/none`,
      context: Object.fromEntries(
        Object.entries(group?.tags ?? {}).flatMap(([key, value]) => [
          [`aws:ResourceTag/${key}`, value],
          [`autoscaling:ResourceTag/${key}`, value],
        ]),
      ),
    };
  }

  const operations: CloudService['operations'] = {
    DescribeAutoScalingGroups: operation<AutoScalingGroupNamesType, AutoScalingGroupsType>({
      permissions: () => [{ action: 'autoscaling:DescribeAutoScalingGroups', resource: '*' }],
      run(input, { region }) {
        const { AutoScalingGroupNames: names, Filters = [] } = input;
        const found = here(region).filter(
          (group) =>
            (names === undefined || names.length === 0 || names.includes(group.name)) &&
            matches(group, Filters),
        );
        const { items, NextToken } = page(found, input);
        return { AutoScalingGroups: items.map(shapeOf), NextToken };
      },
    }),

    DescribeAutoScalingInstances: operation<DescribeAutoScalingInstancesType, AutoScalingInstancesType>({
      permissions: () => [{ action: 'autoscaling:DescribeAutoScalingInstances', resource: '*' }],
      run(input, { region }) {
        const { InstanceIds: ids } = input;
        const found = here(region)
          .flatMap((group) => group.instances.map((instance) => ({ group, instance })))
          .filter(({ instance }) => ids === undefined || ids.includes(instance.instanceId));
        const { items, NextToken } = page(found, input);
        return {
          AutoScalingInstances: items.map(({ group, instance }) => ({
            ...instanceShape(instance),
            AutoScalingGroupName: group.name,
            HealthStatus: instance.health.toUpperCase(),
          })),
          NextToken,
        };
      },
    }),

    TerminateInstanceInAutoScalingGroup: operation<TerminateInstanceInAutoScalingGroupType, ActivityType>({
      permissions: ({ InstanceId }, call) => [
        onGroupOf('TerminateInstanceInAutoScalingGroup', InstanceId, call),
      ],
      run({ InstanceId, ShouldDecrementDesiredCapacity: decrement = false }, { region }) {
        const { group, instance } = find(region, InstanceId);
        const { minSize, desiredSize } = group.sizes;
        if (decrement && desiredSize <= minSize) {
          throw new AwsError(
            'ValidationError',
            `Currently, desiredSize equals minSize (${minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
          );
        }
        group.terminate(instance.instanceId, decrement);
        foundation.tell('Auto Scaling', `ends ${instance.instanceId} of ${group.name}`, instance.name);
        return {
          Activity: {
            ActivityId: foundation.id().toLowerCase(),
            AutoScalingGroupName: group.name,
            Description: `Terminating EC2 instance: ${instance.instanceId}`,
            Cause: `At ${new Date(foundation.clock.now()).toISOString()} instance ${instance.instanceId} was taken out of service in response to a user request.`,
            StartTime: new Date(foundation.clock.now()),
            StatusCode: 'InProgress',
            Progress: 0,
          },
        };
      },
    }),

    SetInstanceHealth: operation<SetInstanceHealthQuery, object>({
      permissions: ({ InstanceId }, call) => [onGroupOf('SetInstanceHealth', InstanceId, call)],
      run({ InstanceId, HealthStatus }, { region }) {
        const { group, instance } = find(region, InstanceId);
        if (HealthStatus !== 'Healthy' && HealthStatus !== 'Unhealthy') {
          throw new AwsError(
            'ValidationError',
            `Invalid HealthStatus ${HealthStatus ?? ''}. Valid values are Healthy and Unhealthy.`,
          );
        }
        group.setHealth(instance.instanceId, HealthStatus);
        return {};
      },
    }),
  };

  return { service: { signingName: 'autoscaling', operations } };
}

function shapeOf(group: AutoScalingGroup): GroupShape {
  const { name, arn, sizes, instances, region, tags } = group;
  return {
    AutoScalingGroupName: name,
    AutoScalingGroupARN: arn,
    MinSize: sizes.minSize,
    MaxSize: sizes.maxSize,
    DesiredCapacity: sizes.desiredSize,
    DefaultCooldown: 300,
    AvailabilityZones: [`${region}a`, `${region}b`],
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: 15,
    CreatedTime: new Date(group.createdAt),
    Instances: instances.map((each) => ({ ...instanceShape(each), HealthStatus: each.health })),
    Tags: Object.entries(tags).map(([Key, Value]) => ({
      Key,
      Value,
      ResourceId: name,
      ResourceType: 'auto-scaling-group',
      PropagateAtLaunch: true,
    })),
  };
}

function instanceShape({ instanceId, zone, lifecycle }: Instance) {
  return {
    InstanceId: instanceId,
    InstanceType: 'm7g.large',
    AvailabilityZone: zone,
    LifecycleState: lifecycle,
    ProtectedFromScaleIn: false,
  } as const;
}

/** @throws AwsError `ValidationError` for a filter that this cloud does not imitate */
function matches({ tags }: AutoScalingGroup, filters: readonly Filter[]): boolean {
  return filters.every(({ Name = '', Values = [] }) => {
    if (Name === 'tag-key') return Values.some((key) => key in tags);
    if (Name === 'tag-value') return Object.values(tags).some((value) => Values.includes(value));
    if (Name.startsWith('tag:')) return Values.includes(tags[Name.slice('tag:'.length)] ?? '');
    throw new AwsError('ValidationError', `The local cloud does not imitate the filter ${Name}`);
  });
}

/** The token is the index that the next page begins at; pages hold 50 unless the call says otherwise, at most 100. */
function page<Item>(
  all: readonly Item[],
  {
    MaxRecords = 50,
    NextToken: token,
  }: { readonly MaxRecords?: number | undefined; readonly NextToken?: string | undefined },
): { readonly items: Item[]; readonly NextToken: string | undefined } {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidNextToken', 'Invalid NextToken');
  const end = from + Math.min(MaxRecords, 100);
  return { items: all.slice(from, end), NextToken: end < all.length ? String(end) : undefined };
}
