import { spawn } from 'node:child_process';
import { chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Owner } from './binaries.ts';

/** Each clone shares its blocks with the original where the file system can. */
const cloning: readonly string[] =
  process.platform === 'linux'
    ? ['-a', '--reflink=auto']
    : process.platform === 'darwin'
      ? ['-cpR']
      : ['-pR'];

/** What a copy of a data folder must not have, or has no use for; the folders among them it needs empty. */
const left: Readonly<Record<string, 'empty' | 'gone'>> = {
  pg_wal: 'empty',
  pg_replslot: 'empty',
  pg_dynshmem: 'empty',
  pg_notify: 'empty',
  pg_serial: 'empty',
  pg_snapshots: 'empty',
  pg_stat_tmp: 'empty',
  pg_subtrans: 'empty',
  'postmaster.pid': 'gone',
  'postmaster.opts': 'gone',
  'recovery.signal': 'gone',
  'standby.signal': 'gone',
  'backup_label.old': 'gone',
};

/** Makes folders and files that belong to the owner of the servers. */
export class Files {
  readonly owner: Owner | undefined;

  constructor(owner: Owner | undefined) {
    this.owner = owner;
  }

  async folder(...parts: readonly string[]): Promise<string> {
    const folder = path.join(...parts);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.#give(folder);
    return folder;
  }

  async write(file: string, text: string): Promise<void> {
    await writeFile(file, text, { mode: 0o600 });
    await this.#give(file);
  }

  /** Of a server that is stopped: all of it. */
  async copyWhole(from: string, to: string): Promise<void> {
    await this.#run('cp', [...cloning, from, to]);
  }

  /**
   * Of a server that may be running, between the start and the end of a backup: without its log, with empty folders
   * where PostgreSQL wants them.
   */
  async copyData(from: string, to: string): Promise<void> {
    await this.folder(to);
    const names = await readdir(from);
    const wanted = names.filter((name) => left[name] === undefined).map((name) => path.join(from, name));
    const empty = Object.keys(left).filter((name) => left[name] === 'empty');
    await Promise.all([
      this.#run('cp', [...cloning, ...wanted, to]),
      ...empty.map((name) => this.folder(to, name)),
    ]);
  }

  async #give(place: string): Promise<void> {
    if (this.owner) await chown(place, this.owner.uid, this.owner.gid);
  }

  /** @throws Error with what the program said; that a file vanished is no error, a server may be dropping it */
  #run(program: string, parameters: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, parameters, {
        ...this.owner,
        env: { PATH: process.env['PATH'], LC_ALL: 'C' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.on('error', reject).on('close', (code) => {
        const lines = said.split('\n').filter((line) => line !== '');
        const vanished =
          lines.length > 0 && lines.every((line) => line.endsWith('No such file or directory'));
        if (code === 0 || vanished) resolve();
        else reject(new Error(`${program} ended with ${code ?? 'a signal'}: ${said.trim()}`));
      });
    });
  }
}
