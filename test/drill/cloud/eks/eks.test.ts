import type { Nodegroup, Update } from '@aws-sdk/client-eks';
import { beforeEach, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import {
  AwsError,
  type CallContext,
  type Foundation,
  type Operation,
} from '../../../../drill/cloud/contract.ts';
import { delays } from '../../../../drill/cloud/delays.ts';
import { eks, type Eks } from '../../../../drill/cloud/eks/eks.ts';

const region = 'eu-central-1';
const account = '111111111111';
const cluster = { region, name: 'erlmcp-standby' };
const group = { clusterName: cluster.name, nodegroupName: 'workers' };
const role = `arn:aws:iam::${account}:role/lifeboat-dev-scale-workloads`;
const call: CallContext = { region, account, principal: { kind: 'role', arn: role, name: 'scale' } };

let clock: WorldClock;
let service: Eks;

beforeEach(() => {
  clock = new WorldClock({ start: Date.UTC(2026, 10, 23), speed: Infinity, whileBusy: 'not-at-all' });
  let ids = 0;
  const foundation: Foundation = {
    clock,
    account,
    id: (prefix = '') => `${prefix}${String(++ids).padStart(13, '0')}`,
    authorizer: { authorize: () => undefined, role: () => call.principal },
    tell: () => undefined,
  };
  service = eks(foundation);
  service.seedCluster({
    ...cluster,
    endpoint: 'https://standby.eks.amazonaws.com',
    certificateAuthorityData: 'LS0t',
    nodeGroups: [{ name: 'workers', min: 1, desired: 1, max: 4 }],
  });
});

function operation(name: string): Operation<unknown> {
  return service.service.operations[name] as unknown as Operation<unknown>;
}
const run = async (name: string, input: unknown) =>
  (await operation(name).run(input, call)) as Record<string, unknown>;
const permissions = (name: string, input: unknown) => operation(name).permissions(input, call);
const refusal = async (name: string, input: unknown) => {
  const error: unknown = await run(name, input).catch((thrown: unknown) => thrown);
  if (!(error instanceof AwsError)) throw new Error(`${name} was not refused`);
  return { code: error.code, status: error.status, message: error.message };
};
const scale = async (scalingConfig: object, clientRequestToken?: string) =>
  (await run('UpdateNodegroupConfig', { ...group, scalingConfig, clientRequestToken }))['update'] as Update;
const describeGroup = async () => (await run('DescribeNodegroup', group))['nodegroup'] as Nodegroup;
const describeUpdate = async ({ id }: Update) =>
  (await run('DescribeUpdate', { name: cluster.name, nodegroupName: 'workers', updateId: id }))[
    'update'
  ] as Update;

describe('a cluster', () => {
  it('is described with its endpoint and authority, in its region only', async () => {
    const { cluster: shape } = await run('DescribeCluster', { name: cluster.name });
    expect(shape).toMatchObject({
      arn: `arn:aws:eks:${region}:${account}:cluster/erlmcp-standby`,
      status: 'ACTIVE',
      endpoint: 'https://standby.eks.amazonaws.com',
      certificateAuthority: { data: 'LS0t' },
    });
    expect(await run('ListClusters', {})).toEqual({ clusters: ['erlmcp-standby'] });
    expect(() =>
      operation('DescribeCluster').run({ name: cluster.name }, { ...call, region: 'eu-west-1' }),
    ).toThrow('No cluster found for name: erlmcp-standby.');
  });

  it('answers ResourceNotFoundException for what it does not have', async () => {
    expect(await refusal('DescribeCluster', { name: 'other' })).toMatchObject({
      code: 'ResourceNotFoundException',
      status: 404,
    });
    expect(await refusal('DescribeNodegroup', { ...group, nodegroupName: 'other' })).toMatchObject({
      message: 'No node group found for name: other.',
    });
    expect((await refusal('DescribeUpdate', { name: cluster.name, updateId: 'x' })).code).toBe(
      'ResourceNotFoundException',
    );
  });
});

describe('permissions', () => {
  it('are asked on the node group, with the id that EKS gave it', async () => {
    const { nodegroupArn } = await describeGroup();
    expect(nodegroupArn).toMatch(
      /^arn:aws:eks:eu-central-1:111111111111:nodegroup\/erlmcp-standby\/workers\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
    expect(permissions('UpdateNodegroupConfig', group)).toEqual([
      { action: 'eks:UpdateNodegroupConfig', resource: nodegroupArn },
    ]);
    expect(
      permissions('DescribeUpdate', { name: cluster.name, nodegroupName: 'workers', updateId: 'x' }),
    ).toEqual([
      { action: 'eks:DescribeUpdate', resource: `arn:aws:eks:${region}:${account}:cluster/erlmcp-standby` },
      { action: 'eks:DescribeUpdate', resource: nodegroupArn },
    ]);
    expect(permissions('ListClusters', {})).toEqual([{ action: 'eks:ListClusters', resource: '*' }]);
  });

  it('are asked before a group is known to exist', () => {
    expect(permissions('DescribeNodegroup', { ...group, nodegroupName: 'other' })[0]?.resource).toContain(
      'nodegroup/erlmcp-standby/other/',
    );
  });
});

describe('scaling a node group', () => {
  it('succeeds in seconds, and its nodes are Ready minutes later', async () => {
    const seen: number[] = [];
    service.onNodesChange(cluster, (nodes) => seen.push(nodes.length));
    const update = await scale({ minSize: 2, desiredSize: 3 });
    expect(update).toMatchObject({ status: 'InProgress', type: 'ConfigUpdate' });
    expect((await describeGroup()).status).toBe('UPDATING');
    await clock.sleep(delays.nodegroupUpdate);
    expect(await describeUpdate(update)).toMatchObject({ status: 'Successful', errors: [] });
    expect(await describeGroup()).toMatchObject({
      status: 'ACTIVE',
      scalingConfig: { minSize: 2, desiredSize: 3, maxSize: 4 },
    });
    expect(service.nodes(cluster)).toHaveLength(1);
    await clock.sleep(delays.nodeReady);
    expect(service.nodes(cluster)).toHaveLength(3);
    expect(new Set(service.nodes(cluster).map(({ name }) => name)).size).toBe(3);
    expect(seen).toEqual([2, 3]);
    expect(await run('ListUpdates', { name: cluster.name, nodegroupName: 'workers' })).toEqual({
      updateIds: [update.id],
    });
  });

  it('removes nodes at once when it scales in', async () => {
    await scale({ desiredSize: 3 });
    await clock.sleep(delays.nodeReady);
    await scale({ desiredSize: 1 });
    expect(service.nodes(cluster)).toHaveLength(1);
  });

  it('is one update at a time', async () => {
    await scale({ desiredSize: 2 });
    expect(await refusal('UpdateNodegroupConfig', { ...group, scalingConfig: { desiredSize: 3 } })).toEqual({
      code: 'ResourceInUseException',
      status: 409,
      message: 'Nodegroup cannot be updated as it is currently not in Active State',
    });
    await clock.sleep(delays.nodegroupUpdate);
    expect((await scale({ desiredSize: 3 })).status).toBe('InProgress');
  });

  it('happens once for a request token', async () => {
    const first = await scale({ desiredSize: 2 }, 'token');
    const second = await scale({ desiredSize: 2 }, 'token');
    expect(second.id).toBe(first.id);
    const other = { ...group, scalingConfig: { desiredSize: 3 }, clientRequestToken: 'token' };
    expect((await refusal('UpdateNodegroupConfig', other)).code).toBe('InvalidParameterException');
  });

  it.each([
    [{ minSize: 3 }, "Minimum capacity 3 can't be greater than desired size 1"],
    [{ desiredSize: 5 }, "desiredSize can't be greater than maxSize"],
    [{ minSize: 0, desiredSize: 0, maxSize: 0 }, 'maxSize must be at least 1'],
    [{ minSize: -1 }, 'Sizes of a node group cannot be negative'],
  ])('refuses %j', async (scalingConfig, message) => {
    const refused = await refusal('UpdateNodegroupConfig', { ...group, scalingConfig });
    expect(refused).toEqual({ code: 'InvalidParameterException', status: 400, message });
    expect((await describeGroup()).status).toBe('ACTIVE');
  });

  it('refuses what it does not imitate rather than ignoring it', async () => {
    const refused = await refusal('UpdateNodegroupConfig', { ...group, labels: {} });
    expect(refused.message).toContain('labels');
  });

  it('fails with errors and without effect when told to', async () => {
    service.setFault(cluster, 'workers', 'update-fails');
    const update = await scale({ desiredSize: 2 });
    await clock.sleep(delays.nodegroupUpdate + delays.nodeReady);
    expect(await describeUpdate(update)).toMatchObject({
      status: 'Failed',
      errors: [{ errorCode: 'NodeCreationFailure' }],
    });
    expect((await describeGroup()).scalingConfig?.desiredSize).toBe(1);
    expect(service.nodes(cluster)).toHaveLength(1);
  });

  it('is Successful without a node when the region has no capacity, and degraded until it has', async () => {
    service.setFault(cluster, 'workers', 'no-capacity');
    const update = await scale({ desiredSize: 2 });
    await clock.sleep(delays.nodeReady * 2);
    expect((await describeUpdate(update)).status).toBe('Successful');
    expect(service.nodes(cluster)).toHaveLength(1);
    expect(await describeGroup()).toMatchObject({
      status: 'DEGRADED',
      health: { issues: [{ code: 'AsgInstanceLaunchFailures' }] },
    });
    service.setFault(cluster, 'workers', null);
    await clock.sleep(delays.nodeReady);
    expect(service.nodes(cluster)).toHaveLength(2);
    expect((await describeGroup()).status).toBe('ACTIVE');
  });
});

describe('AWS::EKS::AccessEntry', () => {
  const create = (properties: Record<string, unknown>) =>
    service.service.resources!['AWS::EKS::AccessEntry']!({
      logicalId: 'Access',
      type: 'AWS::EKS::AccessEntry',
      properties: { ClusterName: cluster.name, PrincipalArn: role, ...properties },
      stack: 'lifeboat-dev-recovery',
      region,
      account,
    });
  const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonARCRegionSwitchScalingPolicy';

  it('gives a role its policies and groups', async () => {
    const identity = create({
      Type: 'STANDARD',
      KubernetesGroups: ['lifeboat'],
      AccessPolicies: [{ PolicyArn: policyArn, AccessScope: { Type: 'namespace', Namespaces: ['erlmcp'] } }],
    });
    expect(identity.ref).toBe(`${role}|erlmcp-standby`);
    expect(service.accessOf(cluster, role)).toMatchObject({
      username: `arn:aws:sts::${account}:assumed-role/lifeboat-dev-scale-workloads/{{SessionName}}`,
      groups: ['lifeboat'],
      policies: [{ policyArn, namespaces: ['erlmcp'] }],
    });
    expect(service.accessOf(cluster, `${role}-other`)).toBeUndefined();
    const asked = { clusterName: cluster.name, principalArn: role };
    expect((await run('DescribeAccessEntry', asked))['accessEntry']).toMatchObject({
      accessEntryArn: identity.attributes?.['AccessEntryArn'],
      kubernetesGroups: ['lifeboat'],
    });
    expect(await run('ListAccessEntries', { clusterName: cluster.name })).toEqual({ accessEntries: [role] });
    expect((await run('ListAssociatedAccessPolicies', asked))['associatedAccessPolicies']).toMatchObject([
      { policyArn, accessScope: { type: 'namespace', namespaces: ['erlmcp'] } },
    ]);
  });

  it.each([
    ['an unknown property', { AccessPolicy: [] }, /AccessPolicy/],
    [
      'an unknown policy',
      { AccessPolicies: [{ PolicyArn: 'x', AccessScope: { Type: 'cluster' } }] },
      /access policy/,
    ],
    [
      'a namespace scope without namespaces',
      { AccessPolicies: [{ PolicyArn: policyArn, AccessScope: { Type: 'namespace' } }] },
      /Namespaces/,
    ],
    ['a group of the system', { KubernetesGroups: ['system:masters'] }, /reserved prefix/],
    [
      'a session instead of a role',
      { PrincipalArn: 'arn:aws:sts::111111111111:assumed-role/a/b' },
      /PrincipalArn/,
    ],
  ])('refuses %s', (_, properties, message) => {
    expect(() => create(properties)).toThrow(message);
  });

  it('is one per principal, for a cluster that exists', () => {
    create({});
    expect(() => create({})).toThrow(/already in use/);
    expect(() => create({ ClusterName: 'other' })).toThrow('No cluster found for name: other.');
  });
});
