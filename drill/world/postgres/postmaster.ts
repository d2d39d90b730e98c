import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as realTime } from 'node:timers/promises';
import type { Owner } from './binaries.ts';

/**
 * Runs PostgreSQL, passes on the signals that are named on its input, and ends PostgreSQL at once when its input
 * ends: that is when the process that holds the other end is gone, however it went.
 */
const keeper = `
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ while read -r signal <&3; do kill -"$signal" $server; done; kill -QUIT $server; } 2>/dev/null &
reader=$!
exec 3<&-
wait $server
status=$?
kill $reader 2>/dev/null
exit $status
`;

/** Real milliseconds; a laden machine takes a few thousand. */
const patience = 60_000;
const interval = 4;
const portsToTry = 10;

interface PostmasterOptions {
  readonly postgres: string;
  readonly owner: Owner | undefined;
  readonly data: string;
  readonly log: string;
}

/** A running server. */
export interface Postmaster {
  /** Where it listens this time. */
  readonly port: number;
  /** Until it takes connections. */
  ready(): Promise<void>;
  /** INT: roll back what runs, write everything out, go; QUIT: go, as if the machine had died. */
  end(signal: 'INT' | 'QUIT'): Promise<void>;
  readonly running: boolean;
}

/** @throws Error with the last lines of its log when it does not come up */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const postmaster = await run(options);
    try {
      await postmaster.ready();
      return postmaster;
    } catch (error) {
      await postmaster.end('QUIT');
      const portTaken = error instanceof Error && error.message.includes('could not bind');
      if (!portTaken || attempt === portsToTry) throw error;
    }
  }
}

async function run({ postgres, owner, data, log }: PostmasterOptions): Promise<Postmaster> {
  const port = await freePort();
  const pidFile = path.join(data, 'postmaster.pid');
  await rm(pidFile, { force: true }); // that of a server that was killed says that it is ready
  const output = openSync(log, 'w');
  // A session of its own: what a terminal sends to us is for us.
  const child = spawn('/bin/sh', ['-c', keeper, 'postgres', postgres, '-D', data, '-p', String(port)], {
    ...owner,
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['pipe', output, output],
    detached: true,
  });
  closeSync(output);
  const input = child.stdin;
  if (!input) throw new Error('PostgreSQL cannot be started without a pipe to its keeper');
  input.on('error', () => undefined); // it ended before it could be told to
  if (input instanceof net.Socket) input.unref();
  child.unref();
  const ended = once(child, 'exit').then(
    () => (running = false),
    () => (running = false),
  );
  let running = true;

  return {
    port,
    get running() {
      return running;
    },
    async ready() {
      const deadline = performance.now() + patience;
      while ((await statusIn(pidFile)) !== 'ready') {
        if (!running) throw new Error(`PostgreSQL did not come up:\n${await endOf(log)}`);
        if (performance.now() > deadline) {
          throw new Error(`PostgreSQL is not ready after ${patience / 1000} s:\n${await endOf(log)}`);
        }
        await realTime(interval);
      }
    },
    async end(signal) {
      if (!running) return;
      child.ref();
      input.write(`${signal}\n`);
      const insist = setTimeout(() => input.write('QUIT\n'), patience / 6);
      await ended;
      clearTimeout(insist);
    },
  };
}

/** Line 8 of `postmaster.pid`, for which `pg_ctl` looks too; undefined until it is there. */
async function statusIn(pidFile: string): Promise<string | undefined> {
  try {
    return (await readFile(pidFile, 'utf8')).split('\n')[7]?.trim();
  } catch {
    return undefined;
  }
}

async function endOf(log: string): Promise<string> {
  try {
    return (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-12).join('\n');
  } catch {
    return 'it left no log';
  }
}

/** Of the machine at this moment: another program may take it before PostgreSQL does. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
