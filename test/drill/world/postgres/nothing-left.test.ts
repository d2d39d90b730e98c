import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';

const program = path.join(import.meta.dirname, 'process-with-servers.ts');

interface Servers {
  readonly pids: readonly number[];
  readonly folder: string;
}

async function start(end: string, user: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, [program, end], { ...user, stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  const ended = once(child, 'close');
  await settled(() =>
    said.endsWith('\n') || child.exitCode !== null ? [] : ['it has not said where they are'],
  );
  if (said === '') throw new Error(complained);
  return { child, ended, servers: JSON.parse(said) as Servers };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function expectNothingLeft({ pids, folder }: Servers): Promise<void> {
  expect(pids).toHaveLength(2);
  await settled(() => [...pids.filter(alive), ...(existsSync(folder) ? [folder] : [])]);
}

/** What a concurrent test can wait with: `expect.poll` wants to know in which it is. */
async function settled(left: () => readonly unknown[]): Promise<void> {
  await vi.waitFor(() => assert.deepEqual(left(), []), { timeout: 20_000, interval: 10 });
}

it.concurrent.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'servers and their files are gone when the process is ended by %s',
  async (signal) => {
    const { child, ended, servers } = await start('wait');
    expect(servers.pids.every(alive)).toBe(true);
    child.kill(signal);
    await ended;
    await expectNothingLeft(servers);
  },
);

it.concurrent.each(['throw', 'exit', 'return'])(
  'servers and their files are gone when the process ends by itself: %s',
  async (end) => {
    const { ended, servers } = await start(end);
    await ended;
    await expectNothingLeft(servers);
  },
);

it.runIf(process.getuid?.() === 0)('servers run for a plain user as well', async () => {
  const { child, ended, servers } = await start('wait', { uid: 65534, gid: 65534 });
  child.kill('SIGKILL');
  await ended;
  await expectNothingLeft(servers);
});
