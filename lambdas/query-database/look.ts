import type { ClientBase } from 'pg';
import { judge } from '../database/consistency.ts';
import type {
  ConsistencyQuery,
  ConsistencyResult,
  DatabaseState,
  Heartbeat,
  TableWrites,
} from '../database/contract.ts';
import { instant, quoted } from './decide.ts';

/**
 * One look into a connected database, within a transaction that reads only. A query that fails poisons none of the
 * others: each has a savepoint of its own.
 */
async function within<T>(client: ClientBase, look: () => Promise<T>): Promise<T> {
  await client.query('savepoint look');
  try {
    return await look();
  } catch (error) {
    await client.query('rollback to savepoint look');
    throw error;
  } finally {
    await client.query('release savepoint look').catch(() => undefined);
  }
}

export async function consistencyOf(
  client: ClientBase,
  queries: readonly ConsistencyQuery[],
): Promise<readonly ConsistencyResult[]> {
  const results: ConsistencyResult[] = [];
  for (const query of queries) {
    try {
      const { rows } = await within(client, () =>
        client.query<unknown[]>({ text: query.sql, rowMode: 'array' }),
      );
      results.push(judge(query, { count: rows.length, first: rows[0]?.[0] }));
    } catch (error) {
      results.push({ name: query.name, held: 'unknown', evidence: `could not be run: ${sentence(error)}` });
    }
  }
  return results;
}

/** Null when there is none, and when the database has no `lifeboat.heartbeat` that the reader may see. */
export async function heartbeatOf(client: ClientBase): Promise<Heartbeat | null> {
  try {
    const { rows } = await within(client, () =>
      client.query<{ at: unknown; position: unknown }>(
        'select at, position from lifeboat.heartbeat order by at desc limit 1',
      ),
    );
    const at = instant(rows[0]?.at);
    if (at === undefined) return null;
    const position = rows[0]?.position;
    return typeof position === 'string' ? { at, position } : { at };
  } catch {
    return null;
  }
}

/**
 * Read from what the server says of itself; what the reader may not see is null, never 0. Read only is what a new
 * transaction would be: this one is by its own wish.
 */
export async function stateOf(client: ClientBase): Promise<DatabaseState> {
  const { rows } = await within(client, () =>
    client.query<{ in_recovery: boolean; read_only: string; lag: string | null }>(
      `select pg_is_in_recovery() as in_recovery,
              current_setting('default_transaction_read_only') as read_only,
              case when pg_is_in_recovery()
                   then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::text end as lag`,
    ),
  );
  const inRecovery = rows[0]?.in_recovery ?? false;
  const lag = rows[0]?.lag ?? null;
  return {
    writable: !inRecovery && rows[0]?.read_only !== 'on',
    inRecovery,
    lagSeconds: lag === null ? null : Math.max(0, Math.round(Number(lag) * 10) / 10),
    replicas: await replicasOf(client),
  };
}

async function replicasOf(client: ClientBase): Promise<number | null> {
  try {
    const { rows } = await within(client, () =>
      client.query<{ n: string }>('select count(*)::text as n from pg_stat_replication'),
    );
    return rows[0] ? Number(rows[0].n) : null;
  } catch {
    return null;
  }
}

/** Rows in all and since a time, of tables that the environment lists, and of the heartbeat. */
export async function writesOf(
  client: ClientBase,
  tables: readonly { readonly table: string; readonly writtenAt?: string }[],
  since: string,
): Promise<readonly TableWrites[]> {
  const found: TableWrites[] = [];
  for (const { table, writtenAt } of tables) {
    const name = quoted(table);
    try {
      const all = await within(client, () =>
        client.query<{ n: string }>(`select count(*)::text as n from ${name}`),
      );
      const rows = Number(all.rows[0]?.n ?? 0);
      if (writtenAt === undefined) {
        found.push({ table, rows, since: null });
        continue;
      }
      const column = quoted(writtenAt);
      const newer = await within(client, () =>
        client.query<{ n: string; first: unknown; last: unknown }>(
          `select count(*)::text as n, min(${column}) as first, max(${column}) as last from ${name} where ${column} > $1::timestamptz`,
          [since],
        ),
      );
      const from = instant(newer.rows[0]?.first);
      const to = instant(newer.rows[0]?.last);
      found.push({
        table,
        rows,
        since: Number(newer.rows[0]?.n ?? 0),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
    } catch {
      // A table that cannot be counted is left out: who compares two databases then says that it is unknown.
    }
  }
  return found;
}

/** PostgreSQL's message, which quotes no rows; details and hints, which may, are left out. */
export function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.length > 300 ? `${message.slice(0, 299)}…` : message;
}
