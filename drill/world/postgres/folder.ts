import { spawn } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, statfsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isOpenToAll, type Owner } from './binaries.ts';

/** Removes the folder when its input ends; servers that are just ending may still write to it. */
const remover = `
read -r _
tries=0
while [ -e "$1" ] && [ $tries -lt 100 ]; do
  rm -rf "$1" 2>/dev/null
  [ -e "$1" ] && sleep 0.1
  tries=$((tries + 1))
done
`;

/** A folder that is gone when this process is, however it went. */
export interface PassingFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** The `f_type` of a file system that is in memory. */
const tmpfs = 0x01021994;
/** A world of a few databases takes a tenth of it. */
const roomInMemory = 2 * 2 ** 30;

/**
 * Where a thousand small files are made soonest: in memory, where Linux has room for them. Nothing that is in it can
 * be counted on to be run as a program.
 */
export function placeForData(): string {
  try {
    const { type, bavail, bsize } = statfsSync('/dev/shm');
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    if (type === tmpfs && bavail * bsize >= roomInMemory) return '/dev/shm';
  } catch {
    // Not Linux, or a container without it.
  }
  return tmpdir();
}

/** In `parent`; where the owner of the servers may not go there, in /tmp. */
export function makePassingFolder(parent: string, owner: Owner | undefined): PassingFolder {
  const wanted = path.resolve(parent);
  const place = !owner || isOpenToAll(wanted) ? wanted : '/tmp';
  const folder = mkdtempSync(path.join(place, 'lifeboat-postgres-'));
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const child = spawn('/bin/sh', ['-c', remover, 'remover', folder], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  child.stdin.on('error', () => undefined);
  if (child.stdin instanceof net.Socket) child.stdin.unref();
  return {
    path: folder,
    async remove() {
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      child.stdin.end();
    },
  };
}
