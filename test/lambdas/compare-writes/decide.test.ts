import { describe, expect, it } from 'vitest';
import { compareWrites } from '../../../lambdas/compare-writes/decide.ts';
import type { QueryAnswer, TableWrites } from '../../../lambdas/database/contract.ts';

const at = '2026-11-23T12:40:00Z';
const unreachable: QueryAnswer = { reachable: false, evidence: 'timed out', at };
const [from, to] = ['2026-11-23T11:55:01Z', '2026-11-23T12:00:00Z'];
const orders: TableWrites = { table: 'orders', rows: 90, since: 42, from, to };

function answering(...writes: readonly TableWrites[]): QueryAnswer {
  return { reachable: true, evidence: '', at, writes };
}

function compare(damaged: QueryAnswer, restored: QueryAnswer) {
  return compareWrites([{ database: 'erlmcp', recoveryPoint: '2026-11-23T11:55:00Z', damaged, restored }]);
}

describe('what only the damaged database has', () => {
  it('is told by table and time', () => {
    const restored: TableWrites = { table: 'orders', rows: 1_000, since: 0 };
    expect(compare(answering(orders), answering(restored))).toEqual({
      summary:
        'erlmcp: 42 rows written after 2026-11-23T11:55:00Z are only in the damaged one ' +
        `(orders 42 from ${from} to ${to})`,
      tables: [
        { database: 'erlmcp', table: 'orders', lost: 42, from, to, rowsDamaged: 90, rowsRestored: 1_000 },
      ],
    });
  });

  it('is not lessened by what the writers have written since they were started again', () => {
    const restored = { table: 'orders', rows: 1_010, since: 10, from: '2026-11-23T12:35:00Z', to: at };
    expect(compare(answering(orders), answering(restored)).tables[0]!.lost).toBe(42);
  });

  it.each([
    ['both have rows of one time', orders, { table: 'orders', rows: 1_010, since: 10, from, to }],
    [
      'the restored one does not say when its rows were written',
      orders,
      { table: 'orders', rows: 9, since: 9 },
    ],
    [
      'the table says no times',
      { table: 'orders', rows: 90, since: null },
      { table: 'orders', rows: 1, since: null },
    ],
  ])('is not known when %s', (_, damaged, restored) => {
    const output = compare(answering(damaged), answering(restored));
    expect(output.tables[0]).toMatchObject({ lost: null, rowsDamaged: 90 });
    expect(output.summary).toContain('at least 0 rows');
    expect(output.summary).toContain('not known for orders');
  });

  it('is not known of a table that the damaged one has lost altogether', () => {
    const output = compare(answering(), answering({ table: 'orders', rows: 1_000, since: 0 }));
    expect(output.tables[0]).toMatchObject({ lost: null, rowsDamaged: null, rowsRestored: 1_000 });
  });

  it('is nothing when nothing was written since', () => {
    const quiet = { table: 'orders', rows: 90, since: 0 };
    expect(compare(answering(quiet), answering(quiet)).summary).toContain('erlmcp: 0 rows written after');
  });

  it.each([
    ['damaged', unreachable, answering(orders)],
    ['restored', answering(orders), unreachable],
  ])('is not known when the %s one cannot be asked', (which, damaged, restored) => {
    const output = compare(damaged, restored);
    expect(output.summary).toContain(`is not known, the ${which} one cannot be asked (timed out)`);
    expect(output.tables.every(({ lost }) => lost === null)).toBe(true);
  });

  it('is not said to be nothing when no table is counted', () => {
    expect(compare(answering(), answering()).summary).toContain('it is not known what was lost');
    expect(compareWrites([]).summary).toBe('nothing was compared');
  });
});
