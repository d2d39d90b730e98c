import { beforeEach, describe, expect, it, vi } from 'vitest';
import { queryDatabase } from '../../../lambdas/aws/database-query.ts';
import { describeDatabase } from '../../../lambdas/aws/rds.ts';
import type { Output, Settings } from '../../../lambdas/compare-writes/contract.ts';
import { handler } from '../../../lambdas/compare-writes/handler.ts';
import type { QueryAnswer } from '../../../lambdas/database/contract.ts';
import type { RestorePlan } from '../../../lambdas/plan-restore/contract.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp, query, restoring } from '../restore-settings.ts';

vi.mock('../../../lambdas/aws/database-query.ts', () => ({ queryDatabase: vi.fn() }));
vi.mock('../../../lambdas/aws/rds.ts', () => ({ describeDatabase: vi.fn() }));

const settings: Settings = { environment: 'dev', ledgerBucket: 'ledger', databases: [erlmcp], query };
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
const at = '2026-11-23T12:40:00Z';
const [from, to] = ['2026-11-23T11:55:01Z', '2026-11-23T12:00:00Z'];
const answers: Record<string, QueryAnswer> = {
  'damaged.rds.test': {
    ...{ reachable: true, evidence: '', at },
    writes: [{ table: 'orders', rows: 90, since: 42, from, to }],
  },
  'restored.rds.test': {
    ...{ reachable: true, evidence: '', at },
    writes: [{ table: 'orders', rows: 80, since: 0 }],
  },
};
const key = `lost-writes/${incident.id}.json`;
let ledger: MemoryLedger;

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'swapped' });
  vi.mocked(queryDatabase)
    .mockReset()
    .mockImplementation((_, { host = '' }) =>
      Promise.resolve(answers[host] ?? { reachable: false, evidence: `no ${host}`, at }),
    );
  vi.mocked(describeDatabase)
    .mockReset()
    .mockResolvedValue({ endpoint: { host: 'damaged.rds.test', port: 5432 } } as never);
});

describe('compare-writes', () => {
  it('asks both by their own addresses since the recovery point, and keeps what only the damaged one has', async () => {
    const output = await handler({ incident, plans: [plan] });
    expect(output.tables).toMatchObject([
      { table: 'orders', lost: 42, from, to, rowsDamaged: 90, rowsRestored: 80 },
    ]);
    expect(ledger.read<Output>(key)).toEqual(output);
    expect(vi.mocked(queryDatabase).mock.calls[0]![1]).toMatchObject({
      ask: ['writes'],
      since: '2026-11-23T11:55:00Z',
    });
    expect(ledger.record().timeline).toMatchObject([{ actor: 'compare-writes', event: output.summary }]);
  });

  it('finds the damaged one under the name that it was given', async () => {
    const keptAs = { identifier: 'erlmcp-damaged', host: 'damaged.rds.test', port: 5432 };
    ledger.write('recoveries/erlmcp.json', { ...restoring, keptAs });
    expect((await handler({ incident, plans: [plan] })).tables[0]!.lost).toBe(42);
    expect(describeDatabase).not.toHaveBeenCalled();
  });

  it('says that nothing is known when the damaged one is not found', async () => {
    vi.mocked(describeDatabase).mockResolvedValue(null);
    const output = await handler({ incident, plans: [plan] });
    expect(output.summary).toContain('the damaged one cannot be asked (it is not known where it answers)');
    expect(output.tables).toMatchObject([{ lost: null, rowsRestored: 80 }]);
  });

  it('does not take the restored one for the damaged one when it took over its name', async () => {
    deploy({ ...settings, databases: [{ ...erlmcp, identity: { by: 'rename' } }] });
    expect((await handler({ incident, plans: [plan] })).summary).toContain('cannot be asked');
    expect(describeDatabase).not.toHaveBeenCalled();
  });

  it('keeps the same once when it is asked twice, and nothing in mode plan', async () => {
    await handler({ incident: planOnly, plans: [plan] });
    expect(ledger.written).toEqual([]);
    await handler({ incident, plans: [plan] });
    await handler({ incident, plans: [plan] });
    expect(ledger.written.filter((each) => each === key)).toHaveLength(1);
  });
});
