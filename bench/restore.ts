import { readdirSync } from 'node:fs';
import { Client } from 'pg';
import { WorldClock } from '../drill/clock.ts';
import type { DatabaseServer } from '../drill/cloud/rds/engine.ts';
import { LogArchive } from '../drill/world/postgres/archive.ts';
import { startEngine } from '../drill/world/postgres/engine.ts';
import { spread, type Spread } from './statistics.ts';
import { table } from './table.ts';

const runs = 5;
const user = { user: 'postgres', password: 'of-this-bench' };

interface Recovery extends Spread {
  readonly rows: number;
  /** Files of the log in the archive, 1 MB each; what deleted the rows is among it. */
  readonly files: number;
}

/**
 * PostgreSQL alone: from "restore to this moment" to a writable server, with no Lifeboat and no AWS around it. What
 * a drill of a data corruption takes beyond it is ours.
 */
export async function measureRestore(): Promise<string> {
  const measured: Recovery[] = [];
  for (const rows of [0, 10_000, 100_000, 500_000]) measured.push(await bareRecovery(rows));
  const ms = (value: number) => Math.round(value);
  return [
    '## Recovery of PostgreSQL to a point in time, nothing around it',
    '',
    `Milliseconds until the restored server is writable, ${runs} runs each.`,
    '',
    table(measured, [
      { title: 'rows before the damage', of: ({ rows }) => rows },
      { title: 'log, MB', of: ({ files }) => files },
      { title: 'min', of: ({ min }) => ms(min) },
      { title: 'median', of: ({ median }) => ms(median) },
      { title: 'max', of: ({ max }) => ms(max) },
    ]),
  ].join('\n');
}

/** Rows are written, then all are deleted; each run brings them back. */
async function bareRecovery(rows: number): Promise<Recovery> {
  const clock = new WorldClock({ start: Date.now(), speed: 1 });
  const engine = await startEngine({ clock, superuser: user });
  try {
    const server = await engine.create('damaged');
    await run(server, 'create table entries (id bigint primary key, written_at timestamptz default now())');
    await run(server, `insert into entries (id) select generate_series(1, ${rows})`);
    const sound = clock.now();
    await run(server, 'delete from entries');
    await server.ship();
    const times: number[] = [];
    for (let n = 0; n < runs; n++) {
      const began = performance.now();
      const restored = await engine.restore('restored', server.archive, sound);
      times.push(performance.now() - began);
      const found = await run(restored, 'select count(*)::int as count from entries');
      if (found !== rows) throw new Error(`${found} of ${rows} rows are back`);
      await restored.destroy();
    }
    const files = server.archive instanceof LogArchive ? readdirSync(server.archive.log).length : 0;
    return { rows, files, ...spread(times) };
  } finally {
    await engine.stop();
    clock.stop();
  }
}

async function run(server: DatabaseServer, sql: string): Promise<number | undefined> {
  const client = new Client({ host: '127.0.0.1', port: server.insidePort, ...user, database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>(sql);
    return rows[0]?.count;
  } finally {
    await client.end();
  }
}
