import { describe, expect, it } from 'vitest';
import {
  autoscaler,
  deployment,
  deployments,
  mergePatch,
  pass,
  role,
  startWorld,
  tokenFor,
} from './world.ts';

const policy = (name: string, namespaces?: readonly string[]) => ({
  username: 'arn:aws:sts::111111111111:assumed-role/lifeboat-dev-scale-workloads/{{SessionName}}',
  groups: [],
  policies: [
    { policyArn: `arn:aws:eks::aws:cluster-access-policy/${name}`, ...(namespaces ? { namespaces } : {}) },
  ],
});
const arc = policy('AmazonARCRegionSwitchScalingPolicy', ['erlmcp']);
const unauthorized = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'Unauthorized',
  reason: 'Unauthorized',
  code: 401,
};

describe('a token of EKS', () => {
  it('is accepted from a role with an access entry', async () => {
    const { call } = await startWorld({ access: arc });
    const token = await tokenFor('erlmcp-standby');
    expect((await call('GET', `${deployment}/scale`, { token })).body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
    });
  });

  it('counts for fifteen minutes of incident time', async () => {
    const { call, clock, refusals } = await startWorld({ access: arc });
    const token = await tokenFor('erlmcp-standby');
    await pass(clock, 14 * 60);
    expect((await call('GET', `${deployment}/scale`, { token })).status).toBe(200);
    await pass(clock, 61);
    const late = await call('GET', `${deployment}/scale`, { token });
    expect(late.status).toBe(401);
    expect(late.body).toEqual(unauthorized);
    expect(refusals).toEqual([expect.stringContaining('expired')]);
  });

  const forged = (change: (url: string) => string, token: string) =>
    `k8s-aws-v1.${Buffer.from(change(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString())).toString('base64url')}`;

  it.each([
    ['for another cluster', () => tokenFor('erlmcp-primary'), 'signature'],
    ['signed with another secret', () => tokenFor('erlmcp-standby', { secretAccessKey: 'x' }), 'signature'],
    ['of an unknown key', () => tokenFor('erlmcp-standby', { accessKeyId: 'AKIAOTHER' }), 'nobody has'],
    [
      'that asks the STS of another region',
      () => tokenFor('erlmcp-standby', { of: 'us-east-1' }),
      'sts.us-east-1',
    ],
    [
      'that asks a loopback endpoint',
      async () =>
        forged(
          (url) => url.replace(/^https:\/\/[^/]+/, 'http://127.0.0.1:4566'),
          await tokenFor('erlmcp-standby'),
        ),
      '127.0.0.1',
    ],
    [
      'whose signature does not cover the cluster',
      async () => forged((url) => url.replace('%3Bx-k8s-aws-id', ''), await tokenFor('erlmcp-standby')),
      'x-k8s-aws-id',
    ],
    ['that is no signed URL', () => Promise.resolve('k8s-aws-v1.bm90aGluZw'), 'no URL'],
    ['that is something else', () => Promise.resolve('secret'), 'unknown'],
  ])('is refused when it is one %s', async (_, make, reason) => {
    const { call, refusals } = await startWorld({ access: arc });
    const answer = await call('GET', `${deployment}/scale`, { token: await make() });
    expect(answer.status).toBe(401);
    expect(refusals).toEqual([expect.stringContaining(reason)]);
  });

  it('is refused from a role without an access entry', async () => {
    const { call, refusals } = await startWorld();
    const answer = await call('GET', deployment, { token: await tokenFor('erlmcp-standby') });
    expect(answer.status).toBe(401);
    expect(refusals).toEqual([`${role} has no access entry in cluster erlmcp-standby`]);
  });
});

describe('access policies', () => {
  it('let the scaling policy scale and read, in its namespace, and nothing else', async () => {
    const { call, cluster } = await startWorld({
      access: arc,
      deployments: [
        { namespace: 'erlmcp', name: 'erlmcp', replicas: 2, autoscaler: { min: 2, max: 4 } },
        { namespace: 'other', name: 'erlmcp', replicas: 1 },
      ],
    });
    const token = await tokenFor('erlmcp-standby');
    const may = async (method: string, path: string, body?: unknown) =>
      (await call(method, path, { token, body, ...(method === 'PATCH' ? { type: mergePatch } : {}) })).status;
    const scale = { spec: { replicas: 3 } };
    expect(await may('GET', `${deployment}/status`)).toBe(200);
    expect(await may('PUT', `${deployment}/scale`, scale)).toBe(200);
    expect(await may('GET', autoscaler)).toBe(200);
    expect(await may('PATCH', autoscaler, { spec: { minReplicas: 3 } })).toBe(200);
    expect(await may('PATCH', `${deployment}/scale`, scale)).toBe(403);
    expect(await may('GET', deployment)).toBe(403);
    expect(await may('PATCH', deployment, scale)).toBe(403);
    expect(
      await may('PUT', `${deployment.replace('namespaces/erlmcp', 'namespaces/other')}/scale`, scale),
    ).toBe(403);
    expect(await may('GET', '/api/v1/nodes')).toBe(403);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.replicas).toBe(3);
    expect(cluster.deployment('other', 'erlmcp')?.replicas).toBe(1);
  });

  it.each([
    ['AmazonEKSViewPolicy', { read: 200, patch: 403, nodes: 403 }],
    ['AmazonEKSEditPolicy', { read: 200, patch: 200, nodes: 403 }],
    ['AmazonEKSAdminPolicy', { read: 200, patch: 200, nodes: 403 }],
    ['AmazonEKSAdminViewPolicy', { read: 200, patch: 403, nodes: 200 }],
    ['AmazonEKSClusterAdminPolicy', { read: 200, patch: 200, nodes: 200 }],
  ])('let %s do what AWS documents', async (name, expected) => {
    const { call } = await startWorld({ access: policy(name) });
    const token = await tokenFor('erlmcp-standby');
    const body = { spec: { replicas: 3 } };
    expect({
      read: (await call('GET', deployments, { token })).status,
      patch: (await call('PATCH', `${deployment}/scale`, { token, body, type: mergePatch })).status,
      nodes: (await call('GET', '/api/v1/nodes', { token })).status,
    }).toEqual(expected);
  });

  it('say in Kubernetes’ words who may not do what where', async () => {
    const { call } = await startWorld({ access: arc });
    const token = await tokenFor('erlmcp-standby');
    const user = 'arn:aws:sts::111111111111:assumed-role/lifeboat-dev-scale-workloads/scale-workloads';
    expect((await call('GET', deployment, { token })).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `deployments.apps "erlmcp" is forbidden: User "${user}" cannot get resource "deployments" in API group "apps" in the namespace "erlmcp"`,
      reason: 'Forbidden',
      details: { name: 'erlmcp', group: 'apps', kind: 'deployments' },
      code: 403,
    });
    expect((await call('GET', '/api/v1/nodes', { token })).body['message']).toBe(
      `nodes is forbidden: User "${user}" cannot list resource "nodes" in API group "" at the cluster scope`,
    );
  });

  it('leave other rights to groups that the cluster’s owner bound', async () => {
    const { call } = await startWorld({
      access: { ...arc, groups: ['lifeboat'] },
      groupBindings: { lifeboat: { rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }] } },
    });
    const token = await tokenFor('erlmcp-standby');
    expect((await call('GET', '/api/v1/nodes', { token })).status).toBe(200);
    expect((await call('GET', '/api/v1/nodes/node-1', { token })).status).toBe(403);
  });
});

describe('without a token', () => {
  it('only the version and health can be read', async () => {
    const { call } = await startWorld();
    expect((await call('GET', '/version', { token: null })).body['gitVersion']).toBe('v1.34.0');
    expect((await call('GET', '/readyz', { token: null })).text).toBe('ok');
    expect((await call('GET', '/apis', { token: null })).status).toBe(403);
    expect((await call('GET', deployment, { token: null })).body['message']).toContain(
      'User "system:anonymous" cannot get',
    );
  });
});
