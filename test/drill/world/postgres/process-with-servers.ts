import { readFileSync } from 'node:fs';
import path from 'node:path';
import { WorldClock } from '../../../../drill/clock.ts';
import { startEngine } from '../../../../drill/world/postgres/engine.ts';
import { PostgresServer } from '../../../../drill/world/postgres/server.ts';
import { superuser } from './asking.ts';

/** A process of its own with two servers: it says where they are, and ends as it is told, or when it is killed. */
const [end] = process.argv.slice(2);
const clock = new WorldClock({ start: Date.parse('2026-11-23T10:00:00Z'), speed: Infinity });
const engine = await startEngine({ clock, superuser });
const server = await engine.create('one');
const servers = [server, await engine.replicate('other', server)].filter(
  (each) => each instanceof PostgresServer,
);
const pids = servers.map(({ data }) =>
  Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]),
);
const folder = path.join(servers[0]?.data ?? '', '..', '..');
process.stdout.write(`${JSON.stringify({ pids, folder })}\n`);
if (end === 'throw') {
  setImmediate(() => {
    throw new Error('as it happens');
  });
} else if (end === 'exit') {
  process.exit(3);
} else if (end !== 'return') {
  setInterval(() => undefined, 1_000);
}
