import { beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/replace-nodes/contract.ts';
import { handler } from '../../../lambdas/replace-nodes/handler.ts';
import type { HardwarePlan } from '../../../lambdas/workloads/contract.ts';
import { cluster, group, localNodeGroups, type LocalNodeGroups } from '../local-node-groups.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const named = { ...cluster, namespace: 'erlmcp', nodeGroups: [group] };
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  clusters: { primary: named, standby: { ...named, name: 'erlmcp-standby' } },
};
let ledger: MemoryLedger;
let local: LocalNodeGroups;

const planFor = (...indices: readonly number[]): HardwarePlan => ({
  site: 'primary',
  groups: [],
  reboot: [],
  replace: indices.map((index) => {
    const { name, instanceId, nodeGroup } = local.eks.nodes(cluster)[index]!;
    return { node: name, instanceId, group: nodeGroup };
  }),
});
const replace = (plan: HardwarePlan, mode: 'live' | 'plan' = 'live') =>
  handler({ incident: mode === 'live' ? incident : planOnly, plan, survey: local.survey() });
const ended = () => local.calls.filter((call) => call.startsWith('Terminate'));
const ids = () => local.eks.nodes(cluster).map(({ instanceId }) => instanceId);

beforeEach(async () => {
  ledger = memoryLedger();
  deploy(settings);
  local = localNodeGroups();
  await local.silence(1);
});

describe('a node that is silent', () => {
  it('gets another machine, and the record says which one it had', async () => {
    const plan = planFor(1);
    const [{ instanceId, node } = { instanceId: '', node: '' }] = plan.replace;
    expect(await replace(plan)).toMatchObject({
      status: 'changed',
      summary: `ended ${instanceId} of workers (${node}), and the group starts as many`,
      before: { instances: [{ instanceId, lifecycle: 'InService' }], groups: { workers: { desired: 3 } } },
      after: { instances: [{ instanceId, lifecycle: 'Terminating:Wait' }] },
    });
    expect(ledger.record().preImages).toHaveProperty(['replace-nodes', 'instances']);
    await local.pass(300);
    expect(ids()).toHaveLength(3);
    expect(ids()).not.toContain(instanceId);
    expect(local.eks.nodes(cluster).every(({ ready }) => ready)).toBe(true);
  });

  it('is ended once, however often that is asked, also when it is gone', async () => {
    const plan = planFor(1);
    await replace(plan);
    expect(await replace(plan)).toMatchObject({
      status: 'already-there',
      summary: expect.stringMatching(/is ending/),
    });
    await local.pass(300);
    expect(await replace(plan)).toMatchObject({
      status: 'already-there',
      summary: expect.stringMatching(/is gone/),
    });
    expect(ended()).toHaveLength(1);
    expect(ids()).toHaveLength(3);
  });

  it('whose answer was lost is found ending, and told as changed', async () => {
    const plan = planFor(1);
    local.after = (name) => {
      if (name.startsWith('Terminate')) throw awsError('TimeoutError', 'no answer');
    };
    await expect(replace(plan)).rejects.toMatchObject({ name: 'TryAgain' });
    expect(ledger.record().steps).toEqual([]);
    expect(await replace(plan)).toMatchObject({
      status: 'changed',
      summary: expect.stringContaining('since an earlier try of this step'),
    });
    expect(ended()).toHaveLength(1);
  });

  it('is left alone when it is ready meanwhile', async () => {
    const plan = planFor(1);
    local.eks.setNodeDown(cluster, plan.replace[0]!.node, false);
    await local.pass(1);
    expect(await replace(plan)).toMatchObject({
      status: 'already-there',
      summary: expect.stringMatching(/is ready again/),
    });
    expect(ended()).toEqual([]);
  });

  it('is left alone in a plan, which says what it would do', async () => {
    expect(await replace(planFor(1), 'plan')).toMatchObject({
      status: 'planned',
      summary: expect.stringMatching(/^would end i-0/),
    });
    expect(local.calls).toEqual([]);
    expect(ledger.record().preImages).toEqual({});
  });

  it('is left alone by an incident that has lost the lock', async () => {
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: incident.epoch + 1 });
    await expect(replace(planFor(1))).rejects.toMatchObject({ name: 'LockLost' });
    expect(local.calls).toEqual([]);
  });
});

describe('what is refused', () => {
  it('is to end machines when no node is ready any more', async () => {
    const plan = planFor(1);
    await local.silence(0);
    await local.silence(2);
    await expect(replace(plan)).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringContaining('{"scenario":"site-failure"}'),
    });
    expect(local.calls).toEqual([]);
  });

  it('is to end a machine of another Auto Scaling group', async () => {
    const elsewhere = { region: cluster.region, name: 'other' };
    local.eks.seedCluster({
      ...{ ...elsewhere, endpoint: 'https://y', certificateAuthorityData: '' },
      nodeGroups: [group],
    });
    const { instanceId } = local.eks.nodes(elsewhere)[0]!;
    const plan: HardwarePlan = {
      ...planFor(),
      replace: [{ node: 'a-node', instanceId, group: 'workers' }],
    };
    await expect(replace(plan)).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringContaining(`${instanceId} of node a-node belongs to the Auto Scaling group`),
    });
    expect(ended()).toEqual([]);
  });
});

describe('a node group below what it should have', () => {
  it('is raised, and never lowered', async () => {
    local = localNodeGroups({ name: 'workers', min: 1, desired: 1, max: 8 });
    const result = await replace(planFor());
    expect(result).toMatchObject({ status: 'changed', summary: 'raised workers to 3 nodes (min 2, max 8)' });
    expect(await replace(planFor())).toMatchObject({
      status: expect.stringMatching(/already-there|changed/),
    });
    await local.pass(300);
    expect(ids()).toHaveLength(3);
  });

  it('that is just being updated is tried again later, with the machine ended already', async () => {
    local = localNodeGroups({ name: 'workers', min: 1, desired: 2, max: 4 });
    await local.silence(1);
    local.before = (name) => {
      if (name === 'UpdateNodegroupConfig')
        throw awsError('ResourceInUseException', 'not in Active State', 409);
    };
    const plan = planFor(1);
    await expect(replace(plan)).rejects.toMatchObject({ name: 'TryAgain' });
    expect(ledger.record().steps).toMatchObject([{ step: 'replace-nodes', status: 'changed' }]);
    local.before = () => undefined;
    expect(await replace(plan)).toMatchObject({
      status: 'changed',
      summary: expect.stringMatching(/^raised workers to 3 nodes/),
    });
    expect(ended()).toHaveLength(1);
  });
});

it.each(['Throttling', 'ResourceContention', 'ScalingActivityInProgress'])(
  '%s of Auto Scaling passes by itself',
  async (error) => {
    local.before = (name) => {
      if (name.startsWith('Terminate')) throw awsError(error);
    };
    await expect(replace(planFor(1))).rejects.toMatchObject({ name: 'TryAgain' });
  },
);

it('a denial does not', async () => {
  local.before = (name) => {
    if (name.startsWith('Terminate')) throw awsError('AccessDenied', 'not authorized', 403);
  };
  await expect(replace(planFor(1))).rejects.toMatchObject({ name: 'AccessDenied' });
});
