import { describe, expect, it } from 'vitest';
import { delays } from '../../../../drill/cloud/delays.ts';
import { autoscaler, deployment, mergePatch, pass, startWorld } from './world.ts';

const podReady = delays.podReady / 1000 + 1;
const scaleTo = (replicas: number) => ({ body: { spec: { replicas } }, type: mergePatch });
const items = (body: Readonly<Record<string, unknown>>) =>
  body['items'] as {
    metadata: { name: string };
    spec: Record<string, unknown>;
    status: Record<string, unknown>;
  }[];

describe('a cluster', () => {
  it('starts with its pods ready', async () => {
    const { cluster } = await startWorld();
    expect(cluster.deployment('erlmcp', 'erlmcp')).toEqual({
      replicas: 2,
      ready: 2,
      updated: 2,
      pods: 2,
      generation: 1,
      observedGeneration: 1,
    });
    expect(cluster.deployment('erlmcp', 'absent')).toBeUndefined();
  });

  it('brings new pods up in the time that pods take, and tells who listens', async () => {
    const { cluster, clock, call } = await startWorld();
    const heard: unknown[] = [];
    cluster.onReadyChange((...change) => heard.push(change));
    await call('PATCH', `${deployment}/scale`, scaleTo(4));
    expect(cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({
      generation: 2,
      observedGeneration: 1,
      ready: 2,
    });
    await pass(clock, 1);
    expect(cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({
      observedGeneration: 2,
      pods: 4,
      ready: 2,
    });
    await pass(clock, podReady);
    expect(cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({ ready: 4, updated: 4 });
    expect(heard).toEqual([['erlmcp', 'erlmcp', 4]]);
  });

  it('leaves out counts that are zero, as Kubernetes does', async () => {
    const { call, clock } = await startWorld();
    await call('PATCH', `${deployment}/scale`, scaleTo(0));
    await pass(clock, 1);
    const { status } = (await call('GET', deployment)).body as { status: object };
    expect(status).not.toHaveProperty('readyReplicas');
    expect(status).toMatchObject({ observedGeneration: 2 });
  });

  it('keeps pods pending until a node has room for them', async () => {
    const { cluster, clock, call } = await startWorld({ nodes: 1, podsPerNode: 2 });
    await call('PATCH', `${deployment}/scale`, scaleTo(3));
    await pass(clock, 600);
    expect(cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({ pods: 3, ready: 2 });
    const pods = items(
      (await call('GET', '/api/v1/namespaces/erlmcp/pods?fieldSelector=status.phase=Pending')).body,
    );
    expect(pods).toHaveLength(1);
    expect(pods[0]?.status['conditions']).toMatchObject([
      { type: 'PodScheduled', reason: 'Unschedulable', message: '0/1 nodes are available: 1 Too many pods.' },
    ]);
    cluster.setNodes(2);
    await pass(clock, podReady);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.ready).toBe(3);
  });

  it('loses the pods of a node that leaves, and starts them elsewhere', async () => {
    const { cluster, clock } = await startWorld();
    const heard: number[] = [];
    cluster.onReadyChange((_, __, ready) => heard.push(ready));
    cluster.setNodes(1);
    await pass(clock, 1);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.ready).toBe(1);
    await pass(clock, podReady);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.ready).toBe(2);
    expect(heard).toEqual([1, 2]);
    cluster.setNodes(0);
    await pass(clock, 600);
    expect(cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({ ready: 0, pods: 2 });
  });

  it('replaces pods on a restart without falling below what it must keep', async () => {
    const { cluster, clock, call } = await startWorld();
    const before = items((await call('GET', '/api/v1/namespaces/erlmcp/pods')).body).map(
      ({ metadata }) => metadata.name,
    );
    const heard: number[] = [];
    cluster.onReadyChange((_, __, ready) => heard.push(ready));
    const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-11-23T07:00:00Z' };
    await call('PATCH', deployment, {
      body: { spec: { template: { metadata: { annotations } } } },
      type: mergePatch,
    });
    await pass(clock, 60);
    const after = items((await call('GET', '/api/v1/namespaces/erlmcp/pods')).body).map(
      ({ metadata }) => metadata.name,
    );
    expect(after).toHaveLength(2);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    expect(Math.min(...heard)).toBeGreaterThanOrEqual(2);
    expect(cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({
      ready: 2,
      updated: 2,
      observedGeneration: 2,
    });
  });

  it('says when a rollout has taken too long', async () => {
    const { cluster, clock, call } = await startWorld();
    cluster.breakDeployment('erlmcp', 'erlmcp');
    await call('PATCH', deployment, {
      body: { spec: { template: { metadata: { annotations: { release: '2' } } } } },
      type: mergePatch,
    });
    await pass(clock, 1);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.ready).toBe(0);
    await pass(clock, 700);
    const { status } = (await call('GET', deployment)).body as { status: { conditions: unknown[] } };
    expect(status.conditions).toMatchObject([
      { type: 'Available', status: 'False' },
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
    ]);
    cluster.mendDeployment('erlmcp', 'erlmcp');
    await pass(clock, podReady);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.ready).toBe(2);
  });

  it('is out of reach while dark, and keeps running', async () => {
    const { cluster, call } = await startWorld();
    cluster.goDark();
    await expect(call('GET', deployment)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(cluster.deployment('erlmcp', 'erlmcp')?.ready).toBe(2);
    cluster.comeBack();
    expect((await call('GET', deployment)).status).toBe(200);
  });
});

describe('a HorizontalPodAutoscaler', () => {
  const scaled = {
    deployments: [{ namespace: 'erlmcp', name: 'erlmcp', replicas: 2, autoscaler: { min: 2, max: 4 } }],
  };

  it('overwrites a count outside its bounds within fifteen seconds', async () => {
    const { cluster, clock, call } = await startWorld(scaled);
    await call('PATCH', `${deployment}/scale`, scaleTo(1));
    await pass(clock, 16);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.replicas).toBe(2);
    await call('PATCH', `${deployment}/scale`, scaleTo(6));
    await pass(clock, 16);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.replicas).toBe(4);
  });

  it('takes back what the load does not need, after five minutes', async () => {
    const { cluster, clock, call } = await startWorld(scaled);
    await call('PATCH', `${deployment}/scale`, scaleTo(4));
    await pass(clock, 240);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.replicas).toBe(4);
    await pass(clock, 90);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.replicas).toBe(2);
  });

  it('keeps them when scaling down is disabled', async () => {
    const { cluster, clock, call } = await startWorld(scaled);
    const behavior = { scaleDown: { selectPolicy: 'Disabled' } };
    await call('PATCH', autoscaler, { body: { spec: { behavior } }, type: mergePatch });
    await call('PATCH', `${deployment}/scale`, scaleTo(4));
    await pass(clock, 900);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.replicas).toBe(4);
  });

  it('raises the count to a raised floor, and with the load', async () => {
    const { cluster, clock, call } = await startWorld(scaled);
    await call('PATCH', autoscaler, { body: { spec: { minReplicas: 3 } }, type: mergePatch });
    await pass(clock, 16 + podReady);
    expect(cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({ replicas: 3, ready: 3 });
    cluster.setDemand('erlmcp', 'erlmcp', 9);
    await pass(clock, 16);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.replicas).toBe(4);
  });

  it('does nothing for a deployment scaled to zero', async () => {
    const { cluster, clock, call } = await startWorld(scaled);
    await call('PATCH', `${deployment}/scale`, scaleTo(0));
    await pass(clock, 60);
    expect(cluster.deployment('erlmcp', 'erlmcp')?.replicas).toBe(0);
    const { status } = (await call('GET', autoscaler)).body as { status: object };
    expect(status).toMatchObject({
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' }),
      ]),
    });
  });

  it('refuses a floor above its ceiling', async () => {
    const { call } = await startWorld(scaled);
    const answer = await call('PATCH', autoscaler, { body: { spec: { minReplicas: 5 } }, type: mergePatch });
    expect(answer.status).toBe(422);
    expect(answer.body['message']).toBe(
      'HorizontalPodAutoscaler.autoscaling "erlmcp" is invalid: spec.maxReplicas: Invalid value: 4: must be greater than or equal to `minReplicas`',
    );
  });
});
