import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeNodegroupCommand, EKSClient, UpdateNodegroupConfigCommand } from '@aws-sdk/client-eks';
import { beforeEach, describe, expect, it } from 'vitest';
import { autoScaling } from '../../../../drill/cloud/autoscaling/autoscaling.ts';
import { delays } from '../../../../drill/cloud/delays.ts';
import { eks, type Eks } from '../../../../drill/cloud/eks/eks.ts';
import { localCloud } from '../local-cloud.ts';

let clusters: Eks | undefined;
const cloud = await localCloud((foundation) => {
  clusters = eks(foundation);
  const service = clusters;
  return [service.service, autoScaling(foundation, () => service.scalingGroups()).service];
});
const service = clusters!;
const region = 'eu-west-1';
const client = new AutoScalingClient(cloud.client(undefined, region));
const eksClient = new EKSClient(cloud.client(undefined, region));
let cluster = { region, name: '' };
let made = 0;

beforeEach(() => {
  cluster = { region, name: `erlmcp-${++made}` };
  service.seedCluster({
    ...cluster,
    endpoint: 'https://primary.eks.amazonaws.com',
    certificateAuthorityData: 'LS0t',
    nodeGroups: [{ name: 'workers', min: 2, desired: 3, max: 4 }],
  });
});

const nodegroup = async () => {
  const asked = { clusterName: cluster.name, nodegroupName: 'workers' };
  return (await eksClient.send(new DescribeNodegroupCommand(asked))).nodegroup!;
};
const groupName = async () => (await nodegroup()).resources?.autoScalingGroups?.[0]?.name ?? '';
const group = async () => {
  const asked = { AutoScalingGroupNames: [await groupName()] };
  return (await client.send(new DescribeAutoScalingGroupsCommand(asked))).AutoScalingGroups![0]!;
};
const end = (InstanceId: string, ShouldDecrementDesiredCapacity = false) =>
  client.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity }));
const idOf = (index: number) => service.nodes(cluster)[index]?.instanceId ?? '';
const ids = () => service.nodes(cluster).map(({ instanceId }) => instanceId);

/** Incident time stands still but for what passes here. */
let goOn: () => void = () => undefined;
const standStill = () => void cloud.clock.busy(() => new Promise<void>((resolve) => (goOn = resolve)));
standStill();
const pass = async (ms: number) => {
  goOn();
  await cloud.clock.sleep(ms);
  standStill();
};

describe('the Auto Scaling group of a node group', () => {
  it('is named by the node group, and says by its tags whose it is', async () => {
    const { AutoScalingGroupName, AutoScalingGroupARN, Tags, ...rest } = await group();
    expect(AutoScalingGroupName).toMatch(/^eks-workers-[0-9a-f-]{36}$/);
    expect(AutoScalingGroupARN).toMatch(
      /^arn:aws:autoscaling:eu-west-1:111111111111:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName\/eks-workers-/,
    );
    expect(rest).toMatchObject({ MinSize: 2, DesiredCapacity: 3, MaxSize: 4 });
    expect(Object.fromEntries(Tags!.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
      'eks:cluster-name': cluster.name,
      'eks:nodegroup-name': 'workers',
    });
  });

  it('holds the instances that the nodes run on, in two zones', async () => {
    const { Instances = [] } = await group();
    expect(Instances.map(({ InstanceId }) => InstanceId)).toEqual(ids());
    expect(new Set(ids()).size).toBe(3);
    expect(ids().every((id) => /^i-0[0-9a-f]{16}$/.test(id))).toBe(true);
    expect(Instances).toMatchObject([
      { AvailabilityZone: 'eu-west-1a', LifecycleState: 'InService', HealthStatus: 'Healthy' },
      { AvailabilityZone: 'eu-west-1b' },
      { AvailabilityZone: 'eu-west-1a' },
    ]);
  });

  it('is found by its tags, and not in another region', async () => {
    const Filters = [{ Name: 'tag:eks:cluster-name', Values: [cluster.name] }];
    const { AutoScalingGroups } = await client.send(new DescribeAutoScalingGroupsCommand({ Filters }));
    expect(AutoScalingGroups).toHaveLength(1);
    const elsewhere = new AutoScalingClient(cloud.client(undefined, 'eu-central-1'));
    expect((await elsewhere.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups).toEqual([]);
  });

  it('is told in pages', async () => {
    const first = await client.send(new DescribeAutoScalingGroupsCommand({ MaxRecords: 1 }));
    expect(first.AutoScalingGroups).toHaveLength(1);
    if (made > 1) expect(first.NextToken).toBe('1');
  });
});

describe('an instance that is ended', () => {
  it('leaves with its node, and another one joins after the launch', async () => {
    const gone = idOf(0);
    const { Activity } = await end(gone);
    expect(Activity).toMatchObject({ StatusCode: 'InProgress' });
    expect((await group()).Instances?.[0]).toMatchObject({ LifecycleState: 'Terminating:Wait' });
    expect(ids()).toContain(gone);
    await pass(delays.instanceEnds);
    expect(ids()).toHaveLength(2);
    expect((await group()).Instances?.at(-1)).toMatchObject({ LifecycleState: 'Pending' });
    await pass(delays.nodeReady);
    expect(ids()).toHaveLength(3);
    expect(ids()).not.toContain(gone);
    expect((await group()).DesiredCapacity).toBe(3);
  });

  it('ends once, however often that is asked', async () => {
    const gone = idOf(1);
    await end(gone);
    await end(gone);
    await pass(delays.instanceEnds + delays.nodeReady);
    expect(ids()).toHaveLength(3);
    await expect(end(gone)).rejects.toMatchObject({
      name: 'ValidationError',
      message: `Instance Id not found - No managed instance found for instance ID ${gone}`,
    });
  });

  it('is not replaced when the group is to hold one less, which stops at its minimum', async () => {
    await end(idOf(0), true);
    await pass(delays.instanceEnds + delays.nodeReady);
    expect(ids()).toHaveLength(2);
    await expect(end(idOf(0), true)).rejects.toThrow(/violate group's min size constraint/);
  });

  it('is not replaced while no instance starts, and the node group says why', async () => {
    service.setFault(cluster, 'workers', 'instance-limit');
    await end(idOf(0));
    await pass(delays.instanceEnds + delays.nodeReady);
    expect(ids()).toHaveLength(2);
    expect(await nodegroup()).toMatchObject({
      status: 'DEGRADED',
      health: { issues: [{ code: 'InstanceLimitExceeded', resourceIds: [await groupName()] }] },
    });
    service.setFault(cluster, 'workers', null);
    await pass(delays.nodeReady);
    expect(ids()).toHaveLength(3);
    expect((await nodegroup()).status).toBe('ACTIVE');
  });

  it('counts against sizes that the node group sets meanwhile', async () => {
    await end(idOf(0));
    await eksClient.send(
      new UpdateNodegroupConfigCommand({
        clusterName: cluster.name,
        nodegroupName: 'workers',
        scalingConfig: { desiredSize: 4 },
      }),
    );
    await pass(delays.instanceEnds + delays.nodeReady);
    expect(ids()).toHaveLength(4);
  });
});

describe('a node whose kubelet is silent', () => {
  it('is not Ready after Kubernetes has waited, while its instance is healthy to Auto Scaling', async () => {
    const { name, instanceId } = service.nodes(cluster)[2]!;
    service.setNodeDown(cluster, name, true);
    await pass(delays.nodeUnseen - 1);
    expect(service.nodes(cluster)[2]?.ready).toBe(true);
    await pass(1);
    expect(service.nodes(cluster)[2]).toMatchObject({ instanceId, ready: false });
    await pass(3_600_000);
    expect((await group()).Instances?.[2]).toMatchObject({ InstanceId: instanceId, HealthStatus: 'Healthy' });
    service.setNodeDown(cluster, instanceId, false);
    await pass(1);
    expect(service.nodes(cluster)[2]?.ready).toBe(true);
  });

  it('is replaced once Auto Scaling is told', async () => {
    const InstanceId = idOf(2);
    service.setNodeDown(cluster, InstanceId, true);
    await client.send(new SetInstanceHealthCommand({ InstanceId, HealthStatus: 'Unhealthy' }));
    const { AutoScalingInstances } = await client.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [InstanceId] }),
    );
    expect(AutoScalingInstances).toMatchObject([{ HealthStatus: 'UNHEALTHY' }]);
    await pass(delays.autoScalingLook + delays.instanceEnds + delays.nodeReady);
    expect(ids()).toHaveLength(3);
    expect(ids()).not.toContain(InstanceId);
  });
});

it('lets a role end instances of the node groups that its policy names by their tags only', async () => {
  const credentials = cloud.role(`ends-${cluster.name}`, [
    {
      Effect: 'Allow',
      Action: 'autoscaling:TerminateInstanceInAutoScalingGroup',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/eks:cluster-name': cluster.name } },
    },
  ]);
  const limited = new AutoScalingClient(cloud.client(credentials, region));
  const asking = (InstanceId: string) =>
    limited.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: false }),
    );
  await asking(idOf(0));
  const other = service.nodes({ region, name: 'erlmcp-1' })[0]!.instanceId;
  await expect(asking(other)).rejects.toMatchObject({ name: 'AccessDenied' });
});
