import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lambdas/assess-data/contract.ts';
import { handler } from '../../../lambdas/assess-data/handler.ts';
import { queryDatabase } from '../../../lambdas/aws/database-query.ts';
import { describeDatabase } from '../../../lambdas/aws/rds.ts';
import { InvalidInput, TryAgain } from '../../../lambdas/incident/errors.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp, query, restoring, wellAnswer } from '../restore-settings.ts';

vi.mock('../../../lambdas/aws/database-query.ts', () => ({ queryDatabase: vi.fn() }));
vi.mock('../../../lambdas/aws/rds.ts', () => ({ describeDatabase: vi.fn() }));

const settings: Settings = { environment: 'dev', ledgerBucket: 'ledger', databases: [erlmcp], query };
const damaged = {
  ...wellAnswer,
  consistency: [{ name: 'orders', held: false, evidence: '12 rows' }],
} as const;
let ledger: MemoryLedger;

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  vi.mocked(queryDatabase).mockReset().mockResolvedValue(wellAnswer);
  vi.mocked(describeDatabase)
    .mockReset()
    .mockResolvedValue({ status: 'available' } as never);
});

describe('assess-data', () => {
  it('asks the database that its users find, and keeps what it found', async () => {
    vi.mocked(queryDatabase).mockResolvedValue(damaged);
    ledger.write('databases/erlmcp/checks.json', {
      results: [
        { at: '2026-11-23T12:01:00Z', held: false, failing: ['orders'] },
        { at: '2026-11-23T12:00:00Z', held: true, failing: [] },
      ],
    });
    const output = await handler({ incident });
    expect(output).toMatchObject({
      verdict: 'damaged',
      databases: [
        { lastGoodAt: '2026-11-23T12:00:00Z', firstBadAt: '2026-11-23T12:01:00Z', status: 'available' },
      ],
    });
    expect(vi.mocked(queryDatabase).mock.calls).toEqual([
      [query, { database: 'erlmcp', ask: ['consistency', 'state'] }],
    ]);
    expect(ledger.record()).toMatchObject({
      checks: output.checks,
      timeline: [{ actor: 'assess-data', event: expect.stringMatching(/^damaged: /) }],
    });
  });

  it('takes what does not answer for unknown', async () => {
    vi.mocked(queryDatabase).mockRejectedValue(new TryAgain('throttled'));
    vi.mocked(describeDatabase).mockRejectedValue(new TryAgain('throttled'));
    const output = await handler({ incident });
    expect(output).toMatchObject({ verdict: 'unknown', databases: [{ status: null, reachable: false }] });
  });

  it.each([
    ['queryDatabase', () => vi.mocked(queryDatabase).mockRejectedValue(new Error('AccessDenied'))],
    ['describeDatabase', () => vi.mocked(describeDatabase).mockRejectedValue(new Error('AccessDenied'))],
  ])('does not take a refusal of %s for damage', async (_, refuse) => {
    refuse();
    await expect(handler({ incident })).rejects.toThrow('AccessDenied');
  });

  it('calls a restore that is not over damage, although the database looks well', async () => {
    ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'swapped' });
    expect((await handler({ incident })).verdict).toBe('damaged');
    expect(vi.mocked(describeDatabase).mock.calls[0]).toEqual(['instance', restoring.target]);
  });

  it('asks only the databases that a person named, and refuses a name that there is not', async () => {
    deploy({ ...settings, databases: [erlmcp, { ...erlmcp, name: 'orders' }] });
    const named = (databases: string[]) => handler({ incident: { ...incident, restore: { databases } } });
    expect((await named(['orders'])).databases.map(({ database }) => database)).toEqual(['orders']);
    await expect(named(['order'])).rejects.toThrow(InvalidInput);
  });
});
