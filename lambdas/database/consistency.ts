import type { ConsistencyQuery, ConsistencyResult } from './contract.ts';

/** What a query answered: its rows as lists of columns, in their order. */
export interface QueryRows {
  readonly count: number;
  /** First column of the first row; undefined when there is none. */
  readonly first: unknown;
}

/** Longer values are cut in evidence: it travels in notices. */
const longest = 200;

/** Whether rows are what the environment expects of them. */
export function judge(
  { name, expect }: Pick<ConsistencyQuery, 'name' | 'expect'>,
  { count, first }: QueryRows,
): ConsistencyResult {
  if ('rows' in expect) {
    return {
      name,
      held: count === expect.rows,
      evidence: `${count} ${count === 1 ? 'row' : 'rows'}, expected ${expect.rows}`,
    };
  }
  const got = count === 0 ? 'no row' : shown(first);
  if ('value' in expect) {
    return {
      name,
      held: count > 0 && text(first) === expect.value,
      evidence: `${got}, expected ${expect.value}`,
    };
  }
  const number = first === null || first === undefined || first === '' ? NaN : Number(text(first));
  return { name, held: number >= expect.atLeast, evidence: `${got}, expected at least ${expect.atLeast}` };
}

function text(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function shown(value: unknown): string {
  const whole = text(value);
  return whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole;
}
