import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './options.ts';

/**
 * Write what a command made to a file, and make the directories above it.
 *
 * @returns where it is, as it was named
 * @throws UsageError when it cannot be written there
 */
export function writeTo(file: string, content: string): string {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  } catch (error) {
    throw new UsageError(
      `${file} cannot be written (${error instanceof Error ? error.message : String(error)}): name another`,
      { cause: error },
    );
  }
}
