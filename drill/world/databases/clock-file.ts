import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Clock, every } from '../../clock.ts';

/** Incident time from one writing to the next, milliseconds: what a database's own time may be behind. */
const interval = 500;

export interface ClockFile {
  readonly path: string;
  stop(): void;
}

/**
 * The world's time as a file that its PostgreSQL servers read: their own clock is the machine's, on which no wait
 * is compressed.
 */
export function writeClockFile(clock: Clock): ClockFile {
  const folder = mkdtempSync(path.join(tmpdir(), 'lifeboat-clock-'));
  // Servers run as a user of their own.
  chmodSync(folder, 0o755);
  const file = path.join(folder, 'clock');
  const write = () => {
    // A reader sees the time before or the time after, never half of one.
    writeFileSync(`${file}.next`, new Date(clock.now()).toISOString(), { mode: 0o644 });
    renameSync(`${file}.next`, file);
  };
  write();
  const cancel = every(clock, interval, write);
  return {
    path: file,
    stop() {
      cancel();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
