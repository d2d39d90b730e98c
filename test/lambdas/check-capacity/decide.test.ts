import { describe, expect, it } from 'vitest';
import { judgeCapacity, type Observations } from '../../../lambdas/check-capacity/decide.ts';

const state = { status: 'ACTIVE', issues: [] as string[], min: 2, desired: 2, max: 4 };
const update = { nodeGroup: 'workers', updateId: 'u-1', status: 'Successful', errors: [] as string[] };
const deployment = { replicas: 3, readyReplicas: 3, pods: 3, generation: 2, observedGeneration: 2 };
const target = { name: 'erlmcp', replicas: 3 };

const ready: Observations = {
  updates: [update],
  nodeGroups: [{ name: 'workers', state }],
  workloads: [{ target, deployment, bounds: null }],
};
const workload = (changes: Partial<typeof deployment>) => ({
  workloads: [{ target, deployment: { ...deployment, ...changes }, bounds: null }],
});

it('the standby is ready when every update, node group and deployment is', () => {
  expect(judgeCapacity(ready, 'live')).toMatchObject({
    ready: true,
    summary: 'the standby has its capacity: all 3 checks hold',
  });
});

describe('the standby is not ready', () => {
  it.each<[string, Partial<Observations>, string]>([
    ['while an update runs', { updates: [{ ...update, status: 'InProgress' }] }, 'update u-1 is InProgress'],
    [
      'while a node group is updating',
      { nodeGroups: [{ name: 'workers', state: { ...state, status: 'UPDATING' } }] },
      'it is UPDATING',
    ],
    [
      'while a node group has issues',
      {
        nodeGroups: [
          { name: 'workers', state: { ...state, issues: ['AsgInstanceLaunchFailures: none left'] } },
        ],
      },
      'AsgInstanceLaunchFailures',
    ],
    ['while replicas are missing', workload({ readyReplicas: 2 }), '2 of 3 replicas are ready'],
    [
      'while the new count is not observed, whatever is ready of the old',
      workload({ generation: 3 }),
      'generation 3 is not observed yet',
    ],
    [
      "while its autoscaler's floor is low, whatever is ready now",
      { workloads: [{ target, deployment, bounds: { minReplicas: 1, maxReplicas: 5 } }] },
      "its autoscaler's floor is 1",
    ],
  ])('%s', (_, changes, reason) => {
    const output = judgeCapacity({ ...ready, ...changes }, 'live');
    expect(output.ready).toBe(false);
    expect(output.summary).toContain(reason);
  });

  it.each<[string, Partial<Observations>, string]>([
    [
      'when an update failed, with the error codes',
      { updates: [{ ...update, status: 'Failed', errors: ['InsufficientFreeAddresses: subnet-1'] }] },
      'update u-1 of node group workers is Failed: InsufficientFreeAddresses: subnet-1',
    ],
    ['when an update was cancelled', { updates: [{ ...update, status: 'Cancelled' }] }, 'is Cancelled'],
    [
      'when a node group is being deleted',
      { nodeGroups: [{ name: 'workers', state: { ...state, status: 'DELETING' } }] },
      'node group workers is DELETING',
    ],
  ])('and will not be %s', (_, changes, message) => {
    expect(() => judgeCapacity({ ...ready, ...changes }, 'live')).toThrow(
      expect.objectContaining({ name: 'CapacityFailed', message: expect.stringContaining(message) }),
    );
  });
});

it('in mode plan it is told what a live run would wait for, and goes on', () => {
  const output = judgeCapacity({ ...ready, ...workload({ readyReplicas: 0 }) }, 'plan');
  expect(output.ready).toBe(true);
  expect(output.summary).toContain('would wait for');
  expect(output.checks.find(({ held }) => held !== true)).toEqual({
    name: 'capacity/deployment erlmcp',
    held: 'unknown',
    evidence: 'plan: would wait for this; now 0 of 3 replicas are ready',
  });
});
