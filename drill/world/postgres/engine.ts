import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RememberingClock } from '../../clock.ts';
import type { Archive, DatabaseEngine } from '../../cloud/rds/engine.ts';
import { LogArchive } from './archive.ts';
import { findBinaries, ownerOfServers } from './binaries.ts';
import { Files } from './files.ts';
import { makePassingFolder, placeForData } from './folder.ts';
import { PostgresServer, type Surroundings } from './server.ts';
import type { Credentials } from './settings.ts';

export interface EngineOptions {
  readonly clock: RememberingClock;
  /** The world's own. */
  readonly superuser: Credentials;
  /** In each server that is created; a database of one's own when one is named. */
  readonly users?: readonly (Credentials & { readonly database?: string })[];
  /** PEM; without it no server speaks TLS. */
  readonly certificate?: { readonly key: string; readonly cert: string };
  /** Whether a port refuses who does not ask for TLS, as RDS does; where there is a certificate it does. */
  readonly tlsOnly?: boolean;
  /** Where its own passing folder is made; absent: in memory, or where temporary files are. */
  readonly folder?: string;
}

/**
 * PostgreSQL on loopback, for as long as this process lives at most: a server ends when the process does, however
 * that goes, and so do all files.
 */
export async function startEngine(options: EngineOptions): Promise<DatabaseEngine> {
  const { clock, superuser, users = [], certificate } = options;
  const owner = ownerOfServers();
  const files = new Files(owner);
  const folder = makePassingFolder(options.folder ?? placeForData(), owner);
  const passing = [folder];
  const binaries = findBinaries(() => {
    const another = makePassingFolder(tmpdir(), owner);
    passing.push(another);
    return another.path;
  }, owner);
  const tls = certificate && {
    certFile: path.join(folder.path, 'server.crt'),
    keyFile: path.join(folder.path, 'server.key'),
  };
  if (tls) {
    await files.write(tls.certFile, certificate.cert);
    await files.write(tls.keyFile, certificate.key);
  }
  const around: Surroundings = {
    clock,
    files,
    binaries,
    superuser,
    ...(tls && { certificate: tls }),
    tlsOnly: options.tlsOnly ?? certificate !== undefined,
  };
  const servers: PostgresServer[] = [];
  let stopped = false;
  let made = 0;

  /** Made once, copied for each server: that is an eighth of the time. It is also the backup that each begins with. */
  const template = path.join(folder.path, 'template');
  const templateMade = makeTemplate(binaries.initdb, template, files, superuser, folder.path);
  templateMade.catch(() => undefined); // whoever creates a server hears of it

  async function make(
    name: string,
    fill: (server: PostgresServer) => Promise<void>,
  ): Promise<PostgresServer> {
    if (stopped) throw new Error('the engine was stopped');
    const place = `${++made}-${name.replaceAll(/[^\w-]/g, '_').slice(0, 40)}`;
    const server = await PostgresServer.make({ ...around, name, folder: path.join(folder.path, place) });
    servers.push(server);
    try {
      await fill(server);
      return server;
    } catch (error) {
      await server.destroy();
      throw error;
    }
  }

  return {
    create: (name) =>
      make(name, async (server) => {
        await templateMade;
        await files.copyWhole(template, server.data);
        await server.begin({ as: 'empty' });
        await addUsers(server, users);
        await server.archiveFrom({ base: template, logs: [] });
      }),
    restore: (name, archive, to) =>
      make(name, async (server) => {
        const from = ours(archive);
        const until = await from.targetOf(to);
        await files.copyWhole(from.backup.base, server.data);
        await server.begin({ as: 'restored', logs: from.backup.logs, until });
        await server.archiveFrom(from.backup);
      }),
    replicate: (name, source) =>
      make(name, async (server) => {
        if (!(source instanceof PostgresServer))
          throw new Error(`${source.name} is no server of this engine`);
        const port = await server.follow(source);
        await source.copyTo(server.data);
        await server.begin({ as: 'replica', name, port, user: superuser });
        await server.catchUp(source);
      }),
    async stop() {
      if (stopped) return;
      stopped = true;
      await templateMade.catch(() => undefined);
      await Promise.all(servers.map((server) => server.abandon()));
      await Promise.all(passing.map((each) => each.remove()));
    },
  };
}

function ours(archive: Archive): LogArchive {
  if (archive instanceof LogArchive) return archive;
  throw new Error('this archive is of another engine');
}

async function addUsers(server: PostgresServer, users: NonNullable<EngineOptions['users']>): Promise<void> {
  if (users.length === 0) return;
  await server.session(async (client) => {
    for (const { user, password, database } of users) {
      const [role, secret] = [client.escapeIdentifier(user), client.escapeLiteral(password)];
      await client.query(`create role ${role} login password ${secret}`);
      if (database !== undefined) {
        await client.query(`create database ${client.escapeIdentifier(database)} owner ${role}`);
      }
    }
  });
}

async function makeTemplate(
  initdb: string,
  data: string,
  files: Files,
  { user, password }: Credentials,
  folder: string,
): Promise<void> {
  const secret = path.join(folder, 'password');
  await files.write(secret, password);
  const parameters = [
    ...['-D', data, '-U', user, `--pwfile=${secret}`, '-A', 'scram-sha-256', '-c', 'scram_iterations=1'],
    ...['-E', 'UTF8', '--no-locale', '--wal-segsize=1', '--no-sync', '--no-instructions'],
    ...['-c', 'shared_buffers=4MB', '-c', 'io_method=sync', '-c', 'wal_recycle=off'],
  ];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(initdb, parameters, {
      ...files.owner,
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject).on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`initdb ended with ${code ?? 'a signal'}: ${said.trim()}`));
    });
  });
}
