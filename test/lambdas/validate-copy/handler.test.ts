import { beforeEach, describe, expect, it, vi } from 'vitest';
import { queryDatabase } from '../../../lambdas/aws/database-query.ts';
import type { Recovery } from '../../../lambdas/database/contract.ts';
import { LockLost, TryAgain, UnsafePlan } from '../../../lambdas/incident/errors.ts';
import type { RestorePlan } from '../../../lambdas/plan-restore/contract.ts';
import type { Settings } from '../../../lambdas/validate-copy/contract.ts';
import { handler } from '../../../lambdas/validate-copy/handler.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp, query, restoring, wellAnswer } from '../restore-settings.ts';

vi.mock('../../../lambdas/aws/database-query.ts', () => ({ queryDatabase: vi.fn() }));

const standbyQuery = { region: 'eu-west-1', functionName: 'query-there' };
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  databases: [erlmcp],
  query: { primary: query, standby: standbyQuery },
};
const endpoint = { host: 'restored.rds.test', port: 5432 };
const plan: RestorePlan = {
  database: 'erlmcp',
  site: 'primary',
  source: restoring.source,
  target: restoring.target,
  recoveryPoint: '2026-11-23T11:55:00Z',
  foundBy: '',
  lossSeconds: 300,
  expectedSeconds: 1,
  budgetSeconds: 1,
  resumed: false,
};
let ledger: MemoryLedger;
const phase = () => ledger.read<Recovery>('recoveries/erlmcp.json').phase;

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  ledger.write('recoveries/erlmcp.json', restoring);
  vi.mocked(queryDatabase).mockReset().mockResolvedValue(wellAnswer);
});

describe('validate-copy', () => {
  it('asks the copy by its own address, and keeps that it is proven', async () => {
    const output = await handler({ incident, plan, endpoint });
    expect(output.sound).toBe(true);
    expect(vi.mocked(queryDatabase).mock.calls).toContainEqual([
      query,
      { database: 'erlmcp', ...endpoint, ask: ['consistency', 'state', 'heartbeat'] },
    ]);
    expect(phase()).toBe('validated');
    expect(ledger.record()).toMatchObject({ checks: output.checks, timeline: [{ actor: 'validate-copy' }] });
  });

  it('measures what is lost by the damaged database, or by what its writers said was acknowledged', async () => {
    vi.mocked(queryDatabase).mockImplementation((_, { host }) =>
      Promise.resolve(host ? wellAnswer : { ...wellAnswer, heartbeat: { at: '2026-11-23T12:00:00Z' } }),
    );
    const loss = async () =>
      (await handler({ incident, plan, endpoint })).checks.find(({ name }) =>
        name.endsWith('/measured-loss'),
      );
    expect((await loss())?.evidence).toContain('301.0 s');
    ledger.write('leases/erlmcp.json', {
      holder: 'primary',
      epoch: 1,
      renewedAt: '',
      ttlSeconds: 30,
      heartbeat: { at: '2026-11-23T12:00:05Z' },
    });
    expect((await loss())?.evidence).toContain('306.0 s');
  });

  it('proves the copy although the damaged one cannot be asked', async () => {
    vi.mocked(queryDatabase).mockImplementation((_, { host }) =>
      host ? Promise.resolve(wellAnswer) : Promise.reject(new TryAgain('throttled')),
    );
    const output = await handler({ incident, plan, endpoint });
    expect(output.sound).toBe(true);
    expect(output.checks.at(-1)).toMatchObject({ name: 'copy/erlmcp/measured-loss', held: 'unknown' });
  });

  it('leaves a copy that is not sound unproven', async () => {
    vi.mocked(queryDatabase).mockResolvedValue({
      ...wellAnswer,
      consistency: [{ name: 'orders', held: false, evidence: '3 rows' }],
    });
    expect((await handler({ incident, plan, endpoint })).sound).toBe(false);
    expect(phase()).toBe('restored');
  });

  it('asks at the standby for a copy there, and never the primary that is lost', async () => {
    ledger.write('recoveries/erlmcp.json', { ...restoring, site: 'standby' });
    await handler({ incident, plan: { ...plan, site: 'standby' }, endpoint });
    expect(vi.mocked(queryDatabase).mock.calls.map(([whom]) => whom)).toEqual([standbyQuery]);
  });

  it('does nothing without the lock, and nothing for what a person has abandoned', async () => {
    ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'abandoned' });
    await expect(handler({ incident, plan, endpoint })).rejects.toThrow(UnsafePlan);
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(handler({ incident, plan, endpoint })).rejects.toThrow(LockLost);
  });
});
