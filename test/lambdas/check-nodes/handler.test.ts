import { beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/check-nodes/contract.ts';
import { handler } from '../../../lambdas/check-nodes/handler.ts';
import type { HardwarePlan, Survey, WorkloadSight } from '../../../lambdas/workloads/contract.ts';
import { cluster, group, localNodeGroups, type LocalNodeGroups } from '../local-node-groups.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const named = { ...cluster, namespace: 'erlmcp', nodeGroups: [group] };
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  clusters: { primary: named, standby: named },
};
const plan: HardwarePlan = { site: 'primary', replace: [], groups: [], reboot: [] };
let ledger: MemoryLedger;
let local: LocalNodeGroups;

const workload = (ready: number, more: Partial<WorkloadSight> = {}): WorkloadSight => ({
  ...{ name: 'erlmcp', exists: true, wanted: 3, ready, updated: 3, updatedReady: ready, revision: '1' },
  ...{ previousRevision: null, revisionAt: null, stuck: false, restarts: 0, waiting: [], endpoints: null },
  ...{ disruptionsAllowed: null, warnings: [] },
  ...more,
});
const check = (more: Partial<Survey> = {}, attempt = 1) =>
  handler({ incident, plan, attempt, survey: { ...local.survey(), workloads: [workload(3)], ...more } });
const endOne = () => local.eks.scalingGroups()[0]!.terminate(local.eks.nodes(cluster)[0]!.instanceId, false);

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  local = localNodeGroups();
});

describe('check-nodes', () => {
  it('is ready when all nodes and all pods are', async () => {
    expect(await check()).toMatchObject({
      ready: true,
      summary: 'nodes and pods are there: all 2 checks hold',
    });
  });

  it('waits for the machine that takes the place of another', async () => {
    endOne();
    await local.pass(61);
    expect(await check()).toMatchObject({
      ready: false,
      summary: expect.stringContaining('hardware/node group workers: 2 of 3 nodes are ready; it is ACTIVE'),
    });
    await local.pass(240);
    expect((await check()).ready).toBe(true);
  });

  it('waits for pods, and says why they wait', async () => {
    const workloads = [workload(1, { waiting: ['ImagePullBackOff'] })];
    expect(await check({ workloads })).toMatchObject({
      ready: false,
      summary: 'not all is there: hardware/deployment erlmcp: 1 of 3 pods are ready (ImagePullBackOff)',
    });
    expect((await check({ workloads: [workload(0, { exists: false })] })).ready).toBe(false);
  });

  it('goes by Auto Scaling where nodes may not be looked at', async () => {
    expect((await check({ nodes: null })).ready).toBe(true);
    endOne();
    expect((await check({ nodes: null })).ready).toBe(false);
  });

  it('does not wait for what a quota keeps away, and says which', async () => {
    local.eks.setFault(cluster, 'workers', 'instance-limit');
    endOne();
    await local.pass(61);
    await expect(check()).rejects.toMatchObject({
      name: 'CapacityFailed',
      message: expect.stringMatching(
        /workers has 2 of 3 nodes ready and gets no more.*Running On-Demand Standard/,
      ),
    });
  });

  it('waits for room, which may come back', async () => {
    local.eks.setFault(cluster, 'workers', 'no-capacity');
    endOne();
    await local.pass(61);
    expect(await check()).toMatchObject({
      ready: false,
      summary: expect.stringContaining('AsgInstanceLaunchFailures'),
    });
    local.eks.setFault(cluster, 'workers', null);
    await local.pass(240);
    expect((await check()).ready).toBe(true);
  });

  it('keeps the first look, every fifth, and the last on the record', async () => {
    endOne();
    for (let attempt = 1; attempt <= 6; attempt++) await check({ nodes: [] }, attempt);
    await local.pass(301);
    await check({}, 7);
    expect(ledger.record().timeline.map(({ event }) => event.slice(0, 6))).toEqual([
      'look 1',
      'look 5',
      'look 7',
    ]);
  });

  it('in a plan waits for nothing', async () => {
    local.eks.setFault(cluster, 'workers', 'instance-limit');
    endOne();
    await local.pass(61);
    expect(await handler({ incident: planOnly, plan, attempt: 1, survey: local.survey() })).toMatchObject({
      ready: true,
      summary: expect.stringMatching(/^would wait for hardware\/node group workers/),
      checks: [{ held: 'unknown' }],
    });
  });
});
