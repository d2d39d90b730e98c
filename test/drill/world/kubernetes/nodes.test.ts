import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { delays } from '../../../../drill/cloud/delays.ts';
import { deployment, mergePatch, pass, role, startWorld, tokenFor, type World } from './world.ts';

const podReady = delays.podReady / 1000 + 1;
const unseen = delays.nodeUnseen / 1000 + 1;
const pods = '/api/v1/namespaces/erlmcp/pods';
const service = {
  deployments: [
    {
      namespace: 'erlmcp',
      name: 'erlmcp',
      replicas: 2,
      service: 'erlmcp',
      disruptionBudget: { minAvailable: 1 },
    },
  ],
};

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
}

const podsOf = async ({ call }: World) => (await call('GET', pods)).body['items'] as readonly Pod[];
const nodeReady = async ({ call }: World, node: string) => {
  const { status } = (await call('GET', `/api/v1/nodes/${node}`)).body as {
    status: { conditions: { type: string; status: string; lastTransitionTime: string }[] };
  };
  return status.conditions.find(({ type }) => type === 'Ready');
};
const ready = ({ cluster }: World) => cluster.deployment('erlmcp', 'erlmcp')?.ready;

describe('a node that goes down', () => {
  it('is Unknown when it was silent for long enough, and its pods are replaced after their toleration', async () => {
    const world = await startWorld({ nodes: 3 });
    const [first] = await podsOf(world);
    const node = first?.spec.nodeName ?? '';
    const before = await nodeReady(world, node);
    world.cluster.takeNodeDown(node);
    await pass(world.clock, unseen);
    const after = await nodeReady(world, node);
    expect(after).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' });
    expect(after?.lastTransitionTime).not.toBe(before?.lastTransitionTime);
    await pass(world.clock, 1);
    expect(ready(world)).toBe(1);
    const log = await world.call('GET', `${pods}/${first?.metadata.name ?? ''}/log`);
    expect(log).toMatchObject({ status: 500, body: { reason: 'InternalError' } });
    await pass(world.clock, 300 + podReady);
    expect(ready(world)).toBe(2);
    const left = (await podsOf(world)).filter(({ spec }) => spec.nodeName === node);
    expect(left.map(({ metadata }) => typeof metadata.deletionTimestamp)).toEqual(['string']);
    expect(await podsOf(world)).toHaveLength(3);
  });

  it('comes back with its pods when it was away for a short time', async () => {
    const world = await startWorld();
    const names = (await podsOf(world)).map(({ metadata }) => metadata.name);
    world.cluster.takeNodeDown('node-1');
    await pass(world.clock, unseen);
    world.cluster.bringNodeBack('node-1');
    await pass(world.clock, 1);
    expect(await nodeReady(world, 'node-1')).toMatchObject({ status: 'True', reason: 'KubeletReady' });
    expect(ready(world)).toBe(2);
    expect((await podsOf(world)).map(({ metadata }) => metadata.name)).toEqual(names);
  });

  it('comes back without those that were evicted from it', async () => {
    const world = await startWorld({ nodes: 3 });
    world.cluster.takeNodeDown('node-1');
    await pass(world.clock, unseen + 300 + podReady);
    world.cluster.bringNodeBack('node-1');
    await pass(world.clock, 1);
    expect(await podsOf(world)).toHaveLength(2);
    expect(ready(world)).toBe(2);
  });

  it('takes no new pods', async () => {
    const world = await startWorld({ podsPerNode: 1 });
    world.cluster.takeNodeDown('node-1');
    await pass(world.clock, unseen);
    await world.call('PATCH', deployment, { body: { spec: { replicas: 3 } }, type: mergePatch });
    await pass(world.clock, podReady);
    const waiting = await world.call('GET', `${pods}?fieldSelector=status.phase=Pending`);
    expect(waiting.text).toContain('untolerated taint {node.kubernetes.io/unreachable: }');
  });

  it('of a node group has its machine’s id, zone and group, and is Unknown when the group says so', async () => {
    const world = await startWorld();
    const node = {
      name: 'ip-10-0-1-2',
      nodeGroup: 'general',
      instanceId: 'i-0123456789abcdef0',
      zone: 'eu-central-1b',
    };
    world.cluster.setNodes([{ ...node, ready: true }]);
    expect((await world.call('GET', `/api/v1/nodes/${node.name}`)).body).toMatchObject({
      metadata: {
        labels: {
          'eks.amazonaws.com/nodegroup': 'general',
          'topology.kubernetes.io/zone': 'eu-central-1b',
        },
      },
      spec: { providerID: 'aws:///eu-central-1b/i-0123456789abcdef0' },
    });
    world.cluster.setNodes([{ ...node, ready: false }]);
    expect(await nodeReady(world, node.name)).toMatchObject({ status: 'Unknown' });
    world.cluster.setNodes([{ ...node, ready: true }]);
    expect(await nodeReady(world, node.name)).toMatchObject({ status: 'True' });
  });
});

describe('a service', () => {
  const slice = async ({ call }: World) => {
    const selector = 'labelSelector=kubernetes.io/service-name=erlmcp';
    const { body } = await call(
      'GET',
      `/apis/discovery.k8s.io/v1/namespaces/erlmcp/endpointslices?${selector}`,
    );
    const [found] = body['items'] as {
      endpoints: { addresses: string[]; conditions: { ready: boolean } }[];
    }[];
    return found?.endpoints ?? [];
  };

  it('has the ready pods that it selects behind it', async () => {
    const world = await startWorld(service);
    expect((await slice(world)).map(({ conditions }) => conditions.ready)).toEqual([true, true]);
    world.cluster.wedgeDeployment('erlmcp', 'erlmcp');
    await pass(world.clock, 1);
    expect((await slice(world)).map(({ conditions }) => conditions.ready)).toEqual([false, false]);
    const endpoints = (await world.call('GET', '/api/v1/namespaces/erlmcp/endpoints/erlmcp')).body;
    expect(endpoints['subsets']).toMatchObject([{ notReadyAddresses: [{}, {}] }]);
    expect(endpoints['subsets']).not.toMatchObject([{ addresses: [] }]);
  });

  it('takes its endpoints with it', async () => {
    const world = await startWorld(service);
    await world.call('DELETE', '/api/v1/namespaces/erlmcp/services/erlmcp');
    expect(await slice(world)).toEqual([]);
    expect((await world.call('GET', '/api/v1/namespaces/erlmcp/endpoints/erlmcp')).status).toBe(404);
  });

  it('keeps its address, and merges ports by their number', async () => {
    const world = await startWorld(service);
    const path = '/api/v1/namespaces/erlmcp/services/erlmcp';
    const before = (await world.call('GET', path)).body as { spec: { clusterIP: string } };
    const body = { spec: { ports: [{ name: 'admin', port: 81 }] } };
    const type = 'application/strategic-merge-patch+json';
    expect((await world.call('PATCH', path, { body, type })).body).toMatchObject({
      spec: { clusterIP: before.spec.clusterIP, ports: [{ port: 80 }, { port: 81, targetPort: 81 }] },
    });
  });
});

describe('a disruption budget', () => {
  const budget = '/apis/policy/v1/namespaces/erlmcp/poddisruptionbudgets/erlmcp';
  const evict = ({ call }: World, pod: string) =>
    call('POST', `${pods}/${pod}/eviction`, {
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: 'erlmcp' } },
    });

  it('tells how many pods may go, and refuses the next', async () => {
    const world = await startWorld(service);
    const allowed = async () => (await world.call('GET', budget)).body['status'];
    expect(await allowed()).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 });
    const [first, second] = await podsOf(world);
    expect((await evict(world, first?.metadata.name ?? '')).status).toBe(201);
    const refused = await evict(world, second?.metadata.name ?? '');
    expect(refused).toMatchObject({ status: 429, body: { reason: 'TooManyRequests' } });
    expect(refused.text).toContain('The disruption budget erlmcp needs 1 healthy pods and has 1 currently');
    await pass(world.clock, podReady + 1);
    expect(await allowed()).toMatchObject({ disruptionsAllowed: 1 });
    expect((await evict(world, second?.metadata.name ?? '')).status).toBe(201);
  });

  it.each([
    [{ minAvailable: '50%' }, { desiredHealthy: 1, disruptionsAllowed: 1 }],
    [{ maxUnavailable: '50%' }, { desiredHealthy: 1, disruptionsAllowed: 1 }],
    [{ maxUnavailable: 0 }, { desiredHealthy: 2, disruptionsAllowed: 0 }],
    [{ minAvailable: 3 }, { desiredHealthy: 3, disruptionsAllowed: 0 }],
  ])('of %j wants %j of two pods', async (disruptionBudget, status) => {
    const [seed] = service.deployments;
    const world = await startWorld({
      deployments: [{ ...seed, namespace: 'erlmcp', name: 'erlmcp', replicas: 2, disruptionBudget }],
    });
    expect((await world.call('GET', budget)).body['status']).toMatchObject({ ...status, expectedPods: 2 });
  });

  it('says one thing only', async () => {
    const world = await startWorld(service);
    const body = { spec: { maxUnavailable: 1 } };
    expect((await world.call('PATCH', budget, { body, type: mergePatch })).status).toBe(422);
  });
});

describe('the documented access to nodes', () => {
  const manifest = readFileSync('docs/kubernetes-access.yaml', 'utf8');
  const username = `arn:aws:sts::111111111111:assumed-role/${role.split('/').at(-1) ?? ''}/{{SessionName}}`;
  const access = (groups: readonly string[]) => ({ access: { username, groups, policies: [] } });

  it.each([
    ['the group and the file', ['lifeboat-node-readers'], [manifest], 200],
    ['the file only', [], [manifest], 403],
    ['the group only', ['lifeboat-node-readers'], [], 403],
  ])('with %s', async (_, groups, manifests, status) => {
    const world = await startWorld({ ...access(groups), manifests });
    const token = await tokenFor('erlmcp-standby');
    expect((await world.call('GET', '/api/v1/nodes', { token })).status).toBe(status);
    expect((await world.call('GET', '/api/v1/nodes/node-1', { token })).status).toBe(status);
  });

  it('reaches no further', async () => {
    const world = await startWorld({ ...access(['lifeboat-node-readers']), manifests: [manifest] });
    const token = await tokenFor('erlmcp-standby');
    const asked = await Promise.all([
      world.call('DELETE', '/api/v1/nodes/node-1', { token }),
      world.call('GET', '/api/v1/nodes?watch=true', { token }),
      world.call('GET', pods, { token }),
      world.call('GET', '/api/v1/secrets', { token }),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  });

  it('of a role is within its namespace, and within the names that it gives', async () => {
    const world = await startWorld(access(['readers']));
    world.cluster.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: one, namespace: erlmcp }
rules: [{ apiGroups: [''], resources: [configmaps], verbs: [get, list], resourceNames: [kube-root-ca.crt] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: one, namespace: erlmcp }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: one }
subjects: [{ kind: Group, name: readers }]
`);
    const token = await tokenFor('erlmcp-standby');
    const get = async (path: string) =>
      (await world.call('GET', `/api/v1/namespaces/${path}`, { token })).status;
    expect(await get('erlmcp/configmaps/kube-root-ca.crt')).toBe(200);
    expect(await get('erlmcp/configmaps/other')).toBe(403);
    expect(await get('erlmcp/configmaps')).toBe(403);
    expect(await get('default/configmaps/kube-root-ca.crt')).toBe(403);
  });
});
