import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as realTime } from 'node:timers/promises';
import type { Client } from 'pg';
import type { RememberingClock } from '../../clock.ts';
import type { DatabaseServer } from '../../cloud/rds/engine.ts';
import { type Backup, LogArchive, type Moment, momentOf } from './archive.ts';
import type { Binaries } from './binaries.ts';
import type { Files } from './files.ts';
import { type Gate, openGate } from './gate.ts';
import { type Postmaster, startPostmaster } from './postmaster.ts';
import { ask, withSession } from './session.ts';
import { access, type Beginning, type Credentials, settingsOf, signalOf } from './settings.ts';

/** Real milliseconds: what PostgreSQL does of its own within a few of them. */
const patience = 30_000;
const interval = 3;
/** The port of a server that was deleted: nothing listens there, and a driver takes 0 for its default. */
const nowhere = 1;

/** What all servers of one engine share. */
export interface Surroundings {
  readonly clock: RememberingClock;
  readonly files: Files;
  readonly binaries: Binaries;
  readonly superuser: Credentials;
  readonly certificate?: { readonly certFile: string; readonly keyFile: string };
  readonly tlsOnly: boolean;
}

interface ServerOptions extends Surroundings {
  readonly name: string;
  /** Its own, empty or not there: data, archive and log are below it. */
  readonly folder: string;
}

/** One PostgreSQL server with its gates and its archive; it runs once `begin` was called. */
export class PostgresServer implements DatabaseServer {
  readonly name: string;
  readonly archive: LogArchive;
  readonly data: string;
  readonly #log: string;
  readonly #around: Surroundings;
  #gate: Gate | undefined;
  #inside: Gate | undefined;
  #postmaster: Postmaster | null = null;
  #source: PostgresServer | null = null;
  /** Between a replica and its source. */
  #link: Gate | undefined;
  /** By the machine's clock; kept for when it no longer runs. */
  #lastCommit = -Infinity;
  #last: Promise<unknown> = Promise.resolve();
  #abandoned = false;

  private constructor({ name, folder, ...around }: ServerOptions) {
    this.name = name;
    this.data = path.join(folder, 'data');
    this.#log = path.join(folder, 'server.log');
    this.#around = around;
    this.archive = new LogArchive({
      owner: name,
      log: path.join(folder, 'archive'),
      clock: around.clock,
      shipMore: () => this.#inTurn(() => this.#shipMore()),
    });
  }

  /** Its folders and its ports; no data yet. */
  static async make(options: ServerOptions): Promise<PostgresServer> {
    const server = new PostgresServer(options);
    await options.files.folder(options.folder);
    await options.files.folder(server.archive.log);
    const target = () => server.#postmaster?.port ?? null;
    server.#gate = await openGate({ target, tlsOnly: options.tlsOnly });
    server.#inside = await openGate({ target });
    return server;
  }

  get port(): number {
    return this.#gate?.port ?? nowhere;
  }

  get insidePort(): number {
    return this.#inside?.port ?? nowhere;
  }

  /** Start with the data that are in the folder. */
  async begin(beginning: Beginning): Promise<void> {
    const { files, certificate } = this.#around;
    const { log: archive } = this.archive;
    const settings = settingsOf({ archive, beginning, ...(certificate && { certificate }) });
    await files.write(path.join(this.data, 'pg_hba.conf'), access);
    await files.write(path.join(this.data, 'postgresql.conf'), settings);
    const signal = signalOf(beginning);
    if (signal !== null) await files.write(path.join(this.data, signal), '');
    await this.#run();
  }

  /** From here on it can be restored; `backup` leads to the data that it has now, or to its own beginning. */
  async archiveFrom(backup: Backup): Promise<void> {
    const from = this.archive.begins(backup);
    const { clock } = this.#around;
    for (let n = 0; n < 3 && clock.now() < from; n++) await realTime(1);
    await this.#ship();
  }

  /** A copy of the data of a running server, for a server that begins with all of its log since. */
  async copyTo(folder: string): Promise<void> {
    const { files } = this.#around;
    await this.session(async (client) => {
      await client.query(`select pg_backup_start('lifeboat', fast => true)`);
      await files.copyData(this.data, folder);
      const label = await ask<string>(
        client,
        `select labelfile from pg_backup_stop(wait_for_archive => false)`,
      );
      await files.write(path.join(folder, 'backup_label'), label);
    });
  }

  /** @throws Error when it does not run */
  async session<T>(use: (client: Client) => Promise<T>, database?: string): Promise<T> {
    const port = this.#postmaster?.port;
    if (port === undefined) throw new Error(`${this.name} does not run`);
    return withSession(port, this.#around.superuser, use, database);
  }

  /** A port that leads to `source` for as long as this replica follows it. */
  async follow(source: PostgresServer): Promise<number> {
    this.#source = source;
    this.#link = await openGate({ target: () => source.#postmaster?.port ?? null });
    return this.#link.port;
  }

  /** Wait until it has applied all that its source had committed by now. */
  async catchUp(source: PostgresServer): Promise<void> {
    const wanted = await source.session((client) => markCommit(client));
    await this.session((client) =>
      until(() => ask<boolean>(client, 'select pg_last_wal_replay_lsn() >= $1::pg_lsn', [wanted])),
    );
  }

  ship(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#source) await this.#ship(); // the log of a replica is its source's
    });
  }

  setReachable(reachable: boolean): Promise<void> {
    this.#gate?.setOpen(reachable);
    return Promise.resolve();
  }

  setReplicating(replicating: boolean): Promise<void> {
    this.#link?.setOpen(replicating);
    return Promise.resolve();
  }

  halt(how: 'shutdown' | 'crash'): Promise<void> {
    return this.#inTurn(() => this.#halt(how));
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#gate) throw new Error(`${this.name} was deleted`);
      if (!this.#postmaster?.running) await this.#run();
    });
  }

  promote(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#source) throw new Error(`${this.name} is no replica`);
      await this.session(async (client) => {
        await client.query('select pg_promote(wait => false)');
        await until(() => ask<boolean>(client, 'select not pg_is_in_recovery()'));
      });
      this.#source = null;
      await this.#link?.close();
      this.#link = undefined;
      const base = path.join(path.dirname(this.data), 'base');
      await this.copyTo(base);
      await this.archiveFrom({ base, logs: [] });
    });
  }

  async lag(): Promise<number | null> {
    const source = this.#source;
    if (!source) return null;
    const { clock } = this.#around;
    const mine = await this.#lastCommitOf('pg_last_xact_replay_timestamp()');
    const theirs = await source.#lastCommitOf('(pg_last_committed_xact()).timestamp');
    if (theirs <= mine) return 0;
    return Math.max(0, clock.timeAt(theirs) - clock.timeAt(mine));
  }

  destroy(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#halt('crash');
      await this.#closeGates();
      await rm(this.data, { recursive: true, force: true });
    });
  }

  /** End it, whatever it is doing; its archive is lost with it. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await this.#postmaster?.end('QUIT');
    this.#postmaster = null;
    await this.#closeGates();
  }

  async #closeGates(): Promise<void> {
    const gates = [this.#gate, this.#inside, this.#link].filter((gate) => gate !== undefined);
    this.#gate = this.#inside = this.#link = undefined;
    await Promise.all(gates.map((gate) => gate.close()));
  }

  async #run(): Promise<void> {
    const { binaries, files } = this.#around;
    this.#postmaster = await startPostmaster({
      postgres: binaries.postgres,
      owner: files.owner,
      data: this.data,
      log: this.#log,
    });
    if (!this.#abandoned) return;
    await this.abandon(); // it was still coming up
    throw new Error(`${this.name} was stopped with its engine`);
  }

  async #halt(how: 'shutdown' | 'crash'): Promise<void> {
    const postmaster = this.#postmaster;
    if (!postmaster) return;
    if (postmaster.running) {
      if (this.archive.lacksSome) this.archive.covers((await this.#shipMore()) ?? -Infinity);
      if (!this.#source)
        await this.#lastCommitOf('(pg_last_committed_xact()).timestamp').catch(() => undefined);
    }
    await postmaster.end(how === 'crash' ? 'QUIT' : 'INT');
    this.#postmaster = null;
  }

  async #ship(): Promise<void> {
    const moment = momentOf(this.#around.clock);
    await this.#shipLog();
    this.archive.holds(moment);
  }

  async #shipMore(): Promise<number | null> {
    if (!this.#postmaster?.running || this.#source) return null;
    const { real }: Moment = momentOf(this.#around.clock);
    await this.#shipLog();
    return real;
  }

  /**
   * Complete the current file of the log and wait until it is in the archive.
   *
   * A restore recognizes its target by the first commit after it and fails when the log ends before, so an empty
   * transaction is committed first: it is later than anything that may be restored to.
   */
  async #shipLog(): Promise<void> {
    const file = await this.session(async (client) => {
      await markCommit(client);
      return ask<string>(client, 'select pg_walfile_name(pg_switch_wal() - 1)');
    });
    const place = path.join(this.archive.log, file);
    await until(() => Promise.resolve(existsSync(place)));
  }

  /** The latest that is known, when it does not run or has none to tell of since it started. */
  async #lastCommitOf(expression: string): Promise<number> {
    if (this.#postmaster?.running) {
      const found = await this.session((client) =>
        ask<string | null>(client, `select 1000 * extract(epoch from ${expression})`),
      );
      if (found !== null) this.#lastCommit = Math.max(this.#lastCommit, Number(found));
    }
    return this.#lastCommit;
  }

  /** One after the other: a log is not shipped while its server is being halted. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** A commit that changes nothing and is in the log when it returns; the position after it. */
async function markCommit(client: Client): Promise<string> {
  await client.query(`select pg_logical_emit_message(true, 'the world', 'later than all before')`);
  return ask<string>(client, 'select pg_current_wal_flush_lsn()::text');
}

async function until(done: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await done())) {
    if (performance.now() > deadline)
      throw new Error(`PostgreSQL did not get there within ${patience / 1000} s`);
    await realTime(interval);
  }
}
