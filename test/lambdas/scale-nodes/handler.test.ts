import { DescribeNodegroupCommand, EKSClient, UpdateNodegroupConfigCommand } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/scale-nodes/contract.ts';
import { handler } from '../../../lambdas/scale-nodes/handler.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let ledger: MemoryLedger;
let groups: Record<string, { minSize: number; desiredSize: number; maxSize: number }>;

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  cluster: {
    region: 'eu-central-1',
    name: 'erlmcp-standby',
    namespace: 'erlmcp',
    nodeGroups: [
      { name: 'workers', min: 2, desired: 2, max: 4 },
      { name: 'system', min: 1, desired: 1, max: 2 },
    ],
    deployments: [],
  },
};

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  groups = {
    workers: { minSize: 0, desiredSize: 1, maxSize: 2 },
    system: { minSize: 1, desiredSize: 1, maxSize: 2 },
  };
  eks.reset();
  eks.on(DescribeNodegroupCommand).callsFake(({ nodegroupName }: { nodegroupName: string }) => ({
    nodegroup: { status: 'ACTIVE', scalingConfig: groups[nodegroupName] },
  }));
  eks.on(UpdateNodegroupConfigCommand).callsFake((input: { nodegroupName: string; scalingConfig: never }) => {
    groups[input.nodegroupName] = input.scalingConfig;
    return { update: { id: `update-of-${input.nodegroupName}` } };
  });
});

const asked = () => eks.commandCalls(UpdateNodegroupConfigCommand).map(({ args }) => args[0].input);

describe('scale-nodes', () => {
  it('raises the group that lacks and leaves the one that does not', async () => {
    const output = await handler({ incident });
    expect(asked()).toEqual([
      {
        clusterName: 'erlmcp-standby',
        nodegroupName: 'workers',
        scalingConfig: { minSize: 2, desiredSize: 2, maxSize: 4 },
        clientRequestToken: 'dev-20261123-120305.3.workers.2-2-4',
      },
    ]);
    expect(output).toMatchObject({
      step: 'scale-nodes',
      status: 'changed',
      summary: 'raised workers to 2 nodes (min 2, max 4)',
      updates: [{ nodeGroup: 'workers', updateId: 'update-of-workers' }],
      before: { workers: { desired: 1 } },
      after: { workers: { desired: 2 } },
    });
    expect(ledger.record()).toMatchObject({
      steps: [{ step: 'scale-nodes', status: 'changed' }],
      preImages: { 'scale-nodes': { workers: { min: 0, desired: 1, max: 2 } } },
    });
  });

  it('finds its work done when it runs again, and keeps the first pre-image', async () => {
    await handler({ incident });
    expect(await handler({ incident })).toMatchObject({ status: 'already-there', updates: [] });
    expect(asked()).toHaveLength(1);
    expect(ledger.record().preImages['scale-nodes']).toMatchObject({ workers: { desired: 1 } });
  });

  it('tells the change of a try that died before it could', async () => {
    eks
      .on(UpdateNodegroupConfigCommand)
      .callsFake((input: { nodegroupName: string; scalingConfig: never }) => {
        groups[input.nodegroupName] = input.scalingConfig;
        throw awsError('TimeoutError', 'the answer was lost');
      });
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'TryAgain' });
    expect(await handler({ incident })).toMatchObject({
      status: 'changed',
      summary: 'every node group has what the standby needs, since an earlier try of this step',
      before: { workers: { desired: 1 } },
      after: { workers: { desired: 2 } },
    });
    expect(await handler({ incident })).toMatchObject({ status: 'already-there' });
  });

  it('says in mode plan what it would raise, and raises nothing', async () => {
    const output = await handler({ incident: planOnly });
    expect(output).toMatchObject({
      status: 'planned',
      summary: 'would raise workers to 2 nodes (min 2, max 4)',
      after: { workers: { min: 2, desired: 2, max: 4 }, system: { desired: 1 } },
      updates: [],
    });
    expect(asked()).toEqual([]);
  });

  it('refuses without the lock, before it has looked at anything', async () => {
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4, incidentId: 'other' });
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'LockLost' });
    expect(eks.calls()).toEqual([]);
  });

  it.each([
    ['ResourceInUseException', 'TryAgain'],
    ['ThrottlingException', 'TryAgain'],
    ['ResourceNotFoundException', 'UnsafePlan'],
    ['InvalidParameterException', 'UnsafePlan'],
    ['InvalidRequestException', 'UnsafePlan'],
    ['AccessDeniedException', 'AccessDeniedException'],
  ])('translates %s of an update to %s', async (thrown, name) => {
    eks.on(UpdateNodegroupConfigCommand).rejects(awsError(thrown, 'because'));
    await expect(handler({ incident })).rejects.toMatchObject({
      name,
      message: expect.stringContaining('because'),
    });
    expect(ledger.record().steps).toEqual([]);
  });

  it.each([
    ['ResourceNotFoundException', 'UnsafePlan'],
    ['ServerException', 'TryAgain'],
    ['AccessDeniedException', 'AccessDeniedException'],
  ])('translates %s of a look to %s', async (thrown, name) => {
    eks.on(DescribeNodegroupCommand).rejects(awsError(thrown));
    await expect(handler({ incident })).rejects.toMatchObject({ name });
  });

  it('keeps on record what it changed when another group is refused', async () => {
    groups['system'] = { minSize: 0, desiredSize: 0, maxSize: 1 };
    eks
      .on(UpdateNodegroupConfigCommand, { nodegroupName: 'system' })
      .rejects(awsError('ResourceInUseException'));
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'TryAgain' });
    expect(ledger.record().steps).toMatchObject([
      { status: 'changed', summary: 'raised workers to 2 nodes (min 2, max 4)' },
    ]);
  });

  it('returns its updates even when the look afterwards fails', async () => {
    eks
      .on(DescribeNodegroupCommand, { nodegroupName: 'workers' })
      .resolvesOnce({ nodegroup: { status: 'ACTIVE', scalingConfig: groups['workers'] } })
      .rejects(awsError('ServerException', 'slow', 500));
    expect(await handler({ incident })).toMatchObject({
      status: 'changed',
      after: { unknown: expect.stringContaining('slow') },
      updates: [{ updateId: 'update-of-workers' }],
    });
  });
});
