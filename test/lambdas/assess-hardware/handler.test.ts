import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lambdas/assess-hardware/contract.ts';
import { handler } from '../../../lambdas/assess-hardware/handler.ts';
import { queryDatabase } from '../../../lambdas/aws/database-query.ts';
import { describeDatabase } from '../../../lambdas/aws/rds.ts';
import { TryAgain } from '../../../lambdas/incident/errors.ts';
import { cluster, group, localNodeGroups, type LocalNodeGroups } from '../local-node-groups.ts';
import { awsError, deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp, restoring, wellAnswer } from '../restore-settings.ts';
import { query } from '../silent-database.ts';

vi.mock('../../../lambdas/aws/database-query.ts', () => ({ queryDatabase: vi.fn() }));
vi.mock('../../../lambdas/aws/rds.ts', () => ({ describeDatabase: vi.fn() }));

const named = { ...cluster, namespace: 'erlmcp', nodeGroups: [group] };
const settings: Settings = {
  ...{ environment: 'dev', ledgerBucket: 'ledger', databases: [erlmcp], query },
  clusters: { primary: named, standby: named },
  ...{ nodeGraceSeconds: 300, maxReplaced: 1, reboot: 'person', approvalSeconds: 1_800 },
};
const silent = { reachable: false, silent: true, evidence: 'timeout expired', at: '' } as const;
let ledger: MemoryLedger;
let local: LocalNodeGroups;
const assess = () => handler({ incident, survey: local.survey() });

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  local = localNodeGroups();
  vi.mocked(queryDatabase).mockReset().mockResolvedValue(wellAnswer);
  vi.mocked(describeDatabase)
    .mockReset()
    .mockResolvedValue({ identifier: 'erlmcp', status: 'available', raw: { MultiAZ: true } } as never);
});

describe('assess-hardware', () => {
  it('finds a site sound, and keeps what it saw', async () => {
    expect(await assess()).toMatchObject({ verdict: 'sound' });
    expect(ledger.record()).toMatchObject({
      checks: [{ name: 'hardware/node group workers', held: true }, { name: 'hardware/database erlmcp' }],
      timeline: [{ actor: 'assess-hardware', event: expect.stringMatching(/^sound: /) }],
    });
    expect(local.calls).toEqual([]);
  });

  it('finds the node that is silent, and waits until it has been for long enough', async () => {
    await local.silence(2);
    expect(await assess()).toMatchObject({ verdict: 'wait', waitSeconds: 60 });
    await local.pass(300);
    const { name, instanceId } = local.eks.nodes(cluster)[2]!;
    expect(await assess()).toMatchObject({
      ...{ verdict: 'go', plan: { replace: [{ node: name, instanceId, group: 'workers' }] } },
    });
  });

  it('finds a node group short of a machine without looking at nodes', async () => {
    local.eks.setFault(cluster, 'workers', 'instance-limit');
    const [gone] = local.eks.scalingGroups();
    gone?.terminate(local.eks.nodes(cluster)[0]!.instanceId, false);
    await local.pass(61);
    expect(await handler({ incident, survey: { ...local.survey(), nodes: null } })).toMatchObject({
      verdict: 'stop',
      reason: expect.stringContaining('VcpuLimitExceeded'),
    });
  });

  it('takes a database for silent only when it is so twice', async () => {
    vi.mocked(queryDatabase).mockResolvedValueOnce(silent);
    expect((await assess()).verdict).toBe('sound');
    vi.mocked(queryDatabase).mockResolvedValue(silent);
    expect(await assess()).toMatchObject({ verdict: 'ask', plan: { reboot: ['erlmcp'] } });
    expect(vi.mocked(queryDatabase).mock.calls[0]).toEqual([
      query.primary,
      { database: 'erlmcp', ask: ['state'] },
    ]);
  });

  it('asks RDS about the database that a restore has put there', async () => {
    ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'finished' });
    await assess();
    expect(vi.mocked(describeDatabase).mock.calls[0]).toEqual(['instance', restoring.target]);
  });

  it('waits for what throttles', async () => {
    vi.mocked(queryDatabase).mockRejectedValue(new TryAgain('throttled'));
    vi.mocked(describeDatabase).mockRejectedValue(new TryAgain('throttled'));
    expect(await assess()).toMatchObject({ verdict: 'wait', waitSeconds: 30 });
  });

  it.each([
    ['a denial of RDS', () => vi.mocked(describeDatabase).mockRejectedValue(awsError('AccessDenied'))],
    ['a denial of Lambda', () => vi.mocked(queryDatabase).mockRejectedValue(awsError('AccessDenied'))],
  ])('takes %s for no damage', async (_, refuse) => {
    refuse();
    await expect(assess()).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('says which node group there is not', async () => {
    const nodeGroups = [{ ...group, name: 'gone' }];
    deploy({ ...settings, clusters: { ...settings.clusters, primary: { ...named, nodeGroups } } });
    await expect(assess()).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringContaining('there is no node group gone of cluster erlmcp-primary'),
    });
  });
});
