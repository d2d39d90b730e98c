import {
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  EKSClient,
} from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lambdas/check-capacity/contract.ts';
import { handler } from '../../../lambdas/check-capacity/handler.ts';
import { loopbackKubernetes, type LoopbackKubernetes } from '../loopback-kubernetes.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

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
    nodeGroups: [{ name: 'workers', min: 2, desired: 2, max: 4 }],
    deployments: [{ name: 'erlmcp', replicas: 3, autoscaler: 'erlmcp' }],
  },
};
const updates = [{ nodeGroup: 'workers', updateId: 'u-1' }];

beforeAll(async () => {
  kubernetes = await loopbackKubernetes();
});

afterAll(() => kubernetes.close());

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  ledger = memoryLedger();
  deploy(settings);
  kubernetes.deployments.set('erlmcp', { replicas: 3, ready: 3, generation: 2, observed: 2 });
  kubernetes.autoscalers.set('erlmcp', { minReplicas: 3, maxReplicas: 6 });
  kubernetes.refusals.clear();
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
  eks.on(DescribeUpdateCommand).resolves({ update: { status: 'Successful' } });
  eks.on(DescribeNodegroupCommand).resolves({
    nodegroup: { status: 'ACTIVE', scalingConfig: { minSize: 2, desiredSize: 2, maxSize: 4 } },
  });
});

describe('check-capacity', () => {
  it('is ready when EKS and Kubernetes say so, and keeps that', async () => {
    const output = await handler({ incident, updates, attempt: 2 });
    expect(output.ready).toBe(true);
    expect(eks.commandCalls(DescribeUpdateCommand)[0]!.args[0].input).toEqual({
      name: 'erlmcp-standby',
      nodegroupName: 'workers',
      updateId: 'u-1',
    });
    expect(ledger.record()).toMatchObject({
      checks: output.checks,
      timeline: [{ event: expect.stringMatching(/^look 2: the standby has its capacity/) }],
    });
  });

  it('waits for replicas, and keeps only one look a minute', async () => {
    kubernetes.deployments.set('erlmcp', { replicas: 3, ready: 1, generation: 2, observed: 2 });
    for (let attempt = 1; attempt <= 13; attempt++) {
      expect((await handler({ incident, updates, attempt })).ready).toBe(false);
    }
    expect(ledger.record().timeline.map(({ event }) => event.split(':')[0])).toEqual(['look 1', 'look 12']);
  });

  it.each([
    [
      'Failed',
      [{ errorCode: 'NodeCreationFailure' as const, errorMessage: 'no capacity' }],
      'NodeCreationFailure: no capacity',
    ],
    ['Cancelled', [], 'no error given'],
  ] as const)('gives up on an update that is %s', async (status, errors, message) => {
    eks.on(DescribeUpdateCommand).resolves({ update: { status, errors: [...errors] } });
    await expect(handler({ incident, updates, attempt: 1 })).rejects.toMatchObject({
      name: 'CapacityFailed',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['ResourceNotFoundException', 404, 'CapacityFailed'],
    ['ThrottlingException', 429, 'TryAgain'],
    ['ServerException', 500, 'TryAgain'],
    ['AccessDeniedException', 403, 'AccessDeniedException'],
  ])('translates %s', async (thrown, code, name) => {
    eks.on(DescribeUpdateCommand).rejects(awsError(thrown, thrown, code));
    await expect(handler({ incident, updates, attempt: 1 })).rejects.toMatchObject({ name });
  });

  it('tries again when the Kubernetes API does', async () => {
    kubernetes.refusals.set('GET deployments/erlmcp/status', 503);
    await expect(handler({ incident, updates, attempt: 1 })).rejects.toMatchObject({ name: 'TryAgain' });
  });

  it('goes on in mode plan, telling what it would wait for', async () => {
    kubernetes.autoscalers.set('erlmcp', { minReplicas: 1, maxReplicas: 6 });
    const output = await handler({ incident: planOnly, updates: [], attempt: 1 });
    expect(output).toMatchObject({ ready: true, summary: expect.stringContaining('would wait for') });
  });
});
