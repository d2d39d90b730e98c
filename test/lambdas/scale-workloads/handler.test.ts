import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lambdas/scale-workloads/contract.ts';
import { handler } from '../../../lambdas/scale-workloads/handler.ts';
import { loopbackKubernetes, type LoopbackKubernetes } from '../loopback-kubernetes.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let kubernetes: LoopbackKubernetes;
let ledger: MemoryLedger;

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  cluster: {
    region: 'eu-central-1',
    name: 'erlmcp-standby',
    namespace: 'erlmcp',
    nodeGroups: [],
    deployments: [
      { name: 'erlmcp', replicas: 3 },
      { name: 'web', replicas: 4, autoscaler: 'web' },
    ],
  },
};

beforeAll(async () => {
  kubernetes = await loopbackKubernetes();
});

afterAll(() => kubernetes.close());

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  ledger = memoryLedger();
  deploy(settings);
  kubernetes.deployments.clear();
  kubernetes.deployments.set('erlmcp', { replicas: 1, ready: 1, generation: 1, observed: 1 });
  kubernetes.deployments.set('web', { replicas: 1, ready: 1, generation: 1, observed: 1 });
  kubernetes.autoscalers.set('web', { minReplicas: 1, maxReplicas: 3 });
  kubernetes.refusals.clear();
  kubernetes.writes.length = 0;
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
});

describe('scale-workloads', () => {
  it('raises the count of a deployment and the floor of an autoscaler', async () => {
    const output = await handler({ incident });
    expect(kubernetes.deployments.get('erlmcp')!.replicas).toBe(3);
    expect(kubernetes.deployments.get('web')!.replicas).toBe(1);
    expect(kubernetes.autoscalers.get('web')).toEqual({ minReplicas: 4, maxReplicas: 4 });
    expect(output).toMatchObject({
      step: 'scale-workloads',
      status: 'changed',
      summary: 'raised erlmcp to 3 replicas, the floor of web to 4 replicas',
      before: [
        { name: 'erlmcp', replicas: 1 },
        { name: 'web', bounds: { minReplicas: 1 } },
      ],
      after: [
        { name: 'erlmcp', replicas: 3 },
        { name: 'web', bounds: { minReplicas: 4 } },
      ],
    });
    expect(ledger.record()).toMatchObject({
      steps: [{ status: 'changed' }],
      preImages: { 'scale-workloads': [{ name: 'erlmcp', replicas: 1 }, { bounds: { maxReplicas: 3 } }] },
    });
  });

  it('wakes a deployment that its autoscaler sleeps on', async () => {
    kubernetes.deployments.set('web', { replicas: 0, ready: 0, generation: 1, observed: 1 });
    await handler({ incident });
    expect(kubernetes.deployments.get('web')!.replicas).toBe(4);
  });

  it('finds its work done when it runs again', async () => {
    await handler({ incident });
    kubernetes.writes.length = 0;
    expect(await handler({ incident })).toMatchObject({ status: 'already-there' });
    expect(kubernetes.writes).toEqual([]);
  });

  it('lowers nothing', async () => {
    kubernetes.deployments.set('erlmcp', { replicas: 9, ready: 9, generation: 1, observed: 1 });
    kubernetes.autoscalers.set('web', { minReplicas: 8, maxReplicas: 20 });
    expect(await handler({ incident })).toMatchObject({ status: 'already-there' });
    expect(kubernetes.deployments.get('erlmcp')!.replicas).toBe(9);
  });

  it('says in mode plan what it would raise, and raises nothing', async () => {
    expect(await handler({ incident: planOnly })).toMatchObject({
      status: 'planned',
      summary: 'would raise erlmcp to 3 replicas, the floor of web to 4 replicas',
      after: [
        { name: 'erlmcp', replicas: 3 },
        { name: 'web', bounds: { minReplicas: 4, maxReplicas: 4 } },
      ],
    });
    expect(kubernetes.writes).toEqual([]);
  });

  it('refuses without the lock', async () => {
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), state: 'free' });
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'LockLost' });
    expect(eks.calls()).toEqual([]);
  });

  it('keeps on record what it changed when another deployment is refused', async () => {
    kubernetes.refusals.set('PATCH horizontalpodautoscalers/web', 403);
    await expect(handler({ incident })).rejects.toThrow('access entry');
    expect(ledger.record().steps).toMatchObject([
      { status: 'changed', summary: 'raised erlmcp to 3 replicas' },
    ]);
  });

  it('stops before it has changed anything when a deployment is missing', async () => {
    kubernetes.deployments.delete('web');
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(kubernetes.writes).toEqual([]);
  });
});
