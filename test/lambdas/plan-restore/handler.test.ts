import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Output as Assessment } from '../../../lambdas/assess-data/contract.ts';
import { copiedBackup, describeDatabase } from '../../../lambdas/aws/rds.ts';
import { TryAgain } from '../../../lambdas/incident/errors.ts';
import type { Settings } from '../../../lambdas/plan-restore/contract.ts';
import { handler } from '../../../lambdas/plan-restore/handler.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp, restoring } from '../restore-settings.ts';

vi.mock('../../../lambdas/aws/rds.ts', () => ({ describeDatabase: vi.fn(), copiedBackup: vi.fn() }));

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  databases: [erlmcp],
  ask: { P0: 'beyond-rpo', P1: 'beyond-rpo', P2: 'always', P3: 'always' },
  approvalSeconds: 3_600,
};
const now = Date.parse('2026-11-23T12:00:00Z');
const lastGoodAt = '2026-11-23T11:56:00Z';
const assessment: Assessment = {
  verdict: 'damaged',
  reason: '',
  checks: [],
  databases: [
    {
      database: 'erlmcp',
      status: 'available',
      reachable: true,
      consistency: [],
      verdict: 'damaged',
      lastGoodAt,
      firstBadAt: null,
      evidence: '',
    },
  ],
};
const described = {
  status: 'available',
  earliestRestorableTime: '2026-11-16T02:00:00Z',
  latestRestorableTime: '2026-11-23T11:55:00Z',
  allocatedGiB: 200,
};
let ledger: MemoryLedger;
const atPrimary = { incident, assessment, site: 'primary' } as const;
const atStandby = { incident, site: 'standby', databases: ['erlmcp'] } as const;

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date'] });
  ledger = memoryLedger();
  deploy(settings);
  vi.mocked(describeDatabase)
    .mockReset()
    .mockResolvedValue(described as never);
  vi.mocked(copiedBackup).mockReset().mockResolvedValue(null);
  return () => vi.useRealTimers();
});

describe('plan-restore', () => {
  it('plans by what RDS and the checks know, keeps why, and changes nothing', async () => {
    const output = await handler(atPrimary);
    expect(output.waves[0]![0]).toMatchObject({ recoveryPoint: lastGoodAt, lossSeconds: 240 });
    expect(vi.mocked(describeDatabase).mock.calls).toEqual([['instance', erlmcp.primary]]);
    expect(ledger.record().timeline).toMatchObject([
      { actor: 'plan-restore', event: expect.stringMatching(/^go: /) },
    ]);
    expect(ledger.written).toEqual([`incidents/${incident.id}.json`]);
  });

  it('says how long it will take by what was measured', async () => {
    ledger.write('databases/erlmcp/restores.json', {
      restores: [{ at: '', seconds: 600, allocatedGiB: 100 }],
    });
    expect((await handler(atPrimary)).expectedSeconds).toBe(1_200);
  });

  it.each([
    ['is not there', null, 'there is no erlmcp in eu-central-1'],
    ['has no backups', { ...described, latestRestorableTime: null }, 'nothing is backed up'],
    [
      'has backups of an unreadable time',
      { ...described, latestRestorableTime: 'x' },
      'nothing is backed up',
    ],
  ])('stops when the database %s', async (_, found, why) => {
    vi.mocked(describeDatabase).mockResolvedValue(found as never);
    expect(await handler(atPrimary)).toMatchObject({
      decision: 'stop',
      reason: expect.stringContaining(why),
    });
  });

  it('does not ask RDS about a source that may be between two names', async () => {
    ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'swapping' });
    const [plan] = (await handler(atPrimary)).waves[0]!;
    expect(plan).toMatchObject({ resumed: true, endpoint: restoring.endpoint, source: erlmcp.primary });
    expect(describeDatabase).not.toHaveBeenCalled();
  });

  it('restores what took the place of the damaged one the last time', async () => {
    ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'finished' });
    const [plan] = (await handler(atPrimary)).waves[0]!;
    expect(plan).toMatchObject({
      source: restoring.target,
      target: { identifier: 'erlmcp-r20261123115600' },
      resumed: false,
    });
  });

  it('asks which of several sound databases to restore', async () => {
    deploy({ ...settings, databases: [erlmcp, { ...erlmcp, name: 'orders' }] });
    const output = await handler({ incident, site: 'primary', assessment: { ...assessment, databases: [] } });
    expect(output).toMatchObject({
      decision: 'stop',
      nextSteps: [expect.stringContaining('"databases":["erlmcp","orders"]')],
    });
  });

  it('lets a throttle pass by itself', async () => {
    vi.mocked(describeDatabase).mockRejectedValue(new TryAgain('throttled'));
    await expect(handler(atPrimary)).rejects.toThrow(TryAgain);
  });

  it('takes the newest of the copied backups for the standby', async () => {
    vi.mocked(copiedBackup).mockResolvedValue({
      arn: 'arn:backup',
      from: '2026-11-20T00:00:00Z',
      to: '2026-11-23T11:54:30Z',
    } as never);
    const output = await handler(atStandby);
    expect(output.waves[0]![0]).toMatchObject({
      site: 'standby',
      backupsArn: 'arn:backup',
      recoveryPoint: '2026-11-23T11:54:30Z',
      source: erlmcp.primary,
      target: { region: 'eu-west-1' },
    });
    expect(vi.mocked(copiedBackup).mock.calls).toEqual([[erlmcp.standby, 'erlmcp']]);
    expect(describeDatabase).not.toHaveBeenCalled();
  });

  it('stops at the standby without copied backups, or with none that reach any time', async () => {
    expect((await handler(atStandby)).reason).toContain('no backups of erlmcp are copied to eu-west-1');
    vi.mocked(copiedBackup).mockResolvedValue({ arn: 'a', from: null, to: null } as never);
    expect((await handler(atStandby)).reason).toContain('reach no time yet');
  });
});
