import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../arguments.ts';

/**
 * Make a folder that can be written to, before anything is drilled for it.
 *
 * Level by level: where the file system refuses a new folder (below /proc, say), Node's own recursive way never
 * comes back.
 *
 * @throws UsageError saying which folder and why
 */
export function prepareFolder(folder: string): void {
  const full = path.resolve(folder);
  try {
    const missing: string[] = [];
    for (let level = full; !existsSync(level); level = path.dirname(level)) missing.unshift(level);
    for (const level of missing) mkdirSync(level);
    if (!statSync(full).isDirectory()) throw new Error('it is a file');
    accessSync(full, constants.W_OK);
  } catch (error) {
    throw new UsageError(
      `--out: got ${JSON.stringify(folder)}, allowed: a folder that can be made and written to (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}
