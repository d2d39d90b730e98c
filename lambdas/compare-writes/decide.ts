import type { QueryAnswer, TableWrites } from '../database/contract.ts';
import type { Output } from './contract.ts';

/** Both sides of one database, after the swap. */
export interface Pair {
  readonly database: string;
  readonly recoveryPoint: string;
  readonly damaged: QueryAnswer;
  readonly restored: QueryAnswer;
}

type LostTable = Output['tables'][number];

/**
 * What only the damaged databases have: rows written after the recovery point, by table and time.
 *
 * A number is said only where it can be known. Rows that were changed or deleted since cannot be counted; nor
 * can rows of a time from which the restored one has some of its own, which may be the same ones or others.
 */
export function compareWrites(pairs: readonly Pair[]): Output {
  const tables = pairs.flatMap(tablesOf);
  return {
    summary: pairs.map((pair) => describe(pair, tables)).join('; ') || 'nothing was compared',
    tables,
  };
}

function tablesOf({ database, damaged, restored }: Pair): readonly LostTable[] {
  const [before, after] = [writesOf(damaged), writesOf(restored)];
  const names = new Set([...before, ...after].map(({ table }) => table));
  return [...names].map((table) => {
    const old = before.find((each) => each.table === table);
    const now = after.find((each) => each.table === table);
    return {
      database,
      table,
      lost: lostOf(old, now),
      from: old?.from ?? null,
      to: old?.to ?? null,
      rowsDamaged: old?.rows ?? null,
      rowsRestored: now?.rows ?? null,
    };
  });
}

function writesOf({ reachable, writes }: QueryAnswer): readonly TableWrites[] {
  return reachable ? (writes ?? []) : [];
}

/** @returns null when it cannot be told */
function lostOf(damaged: TableWrites | undefined, restored: TableWrites | undefined): number | null {
  const [old, fresh] = [damaged?.since ?? null, restored?.since ?? null];
  if (old === null || old === 0) return old;
  if (fresh === null) return null;
  return fresh === 0 || startsLater(restored?.from, damaged?.to) ? old : null;
}

/** The restored one's new rows are those of the writers that were started again. */
function startsLater(from: string | undefined, to: string | undefined): boolean {
  return from !== undefined && to !== undefined && Date.parse(from) > Date.parse(to);
}

function describe({ database, recoveryPoint, damaged, restored }: Pair, all: readonly LostTable[]): string {
  if (!damaged.reachable) {
    return `${database}: what was lost since ${recoveryPoint} is not known, the damaged one cannot be asked (${damaged.evidence})`;
  }
  if (!restored.reachable) {
    return `${database}: what was lost since ${recoveryPoint} is not known, the restored one cannot be asked (${restored.evidence})`;
  }
  const tables = all.filter((each) => each.database === database);
  if (tables.length === 0) return `${database}: no table is counted, so it is not known what was lost`;
  const sum = tables.reduce((rows, { lost }) => rows + (lost ?? 0), 0);
  const told = tables
    .filter(({ lost }) => lost !== null && lost > 0)
    .map(
      ({ table, lost, from, to }) => `${table} ${String(lost)}${from && to ? ` from ${from} to ${to}` : ''}`,
    );
  const untold = tables.filter(({ lost }) => lost === null).map(({ table }) => table);
  return [
    `${database}: ${untold.length > 0 ? 'at least ' : ''}${sum} rows written after ${recoveryPoint} are only in the damaged one`,
    ...(told.length > 0 ? [` (${told.join(', ')})`] : []),
    ...(untold.length > 0 ? [`; not known for ${untold.join(', ')}`] : []),
  ].join('');
}
