import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import type { DatabaseEngine, DatabaseServer } from '../../../../drill/cloud/rds/engine.ts';
import { createAuthority } from '../../../../drill/world/certificates.ts';
import { startEngine } from '../../../../drill/world/postgres/engine.ts';
import { ask, connect, superuser } from './asking.ts';

const start = Date.parse('2026-11-23T10:00:00Z');
const clock = new WorldClock({ start, speed: Infinity, whileBusy: 'not-at-all' });
const names = 'erlmcp.abc.eu-west-1.rds.amazonaws.com';
let engine: DatabaseEngine;
let server: DatabaseServer;
let ca: string;

beforeAll(async () => {
  const authority = await createAuthority();
  ca = authority.certificatePem;
  engine = await startEngine({
    clock,
    superuser,
    users: [{ user: 'erl"mcp', password: "o'clock", database: 'erl mcp' }],
    certificate: await authority.issue([names]),
  });
  server = await engine.create('erlmcp');
});

afterAll(async () => {
  await engine.stop();
  clock.stop();
});

describe('a server', () => {
  it('is PostgreSQL 18, writable, with the users and databases that were asked for', async () => {
    const who = { port: server.insidePort, user: 'erl"mcp', password: "o'clock", database: 'erl mcp' };
    await ask(who, 'create table mine (n int)');
    expect(
      await ask(who, "insert into mine values (1) returning current_setting('server_version_num')"),
    ).toEqual([expect.stringMatching(/^18/)]);
    await expect(ask({ ...who, password: 'wrong' }, 'select 1')).rejects.toThrow(
      /password authentication failed/,
    );
  });

  it('speaks TLS with the certificate of the world, and refuses who does not', async () => {
    const { port } = server;
    const ssl = { ca, servername: names };
    expect(await ask({ port, ssl }, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toEqual([
      true,
    ]);
    await expect(ask({ port, ssl: { ca, servername: 'example.com' } }, 'select 1')).rejects.toThrow(
      /altnames/,
    );
    await expect(ask(port, 'select 1')).rejects.toThrow(/no encryption/);
    expect(await ask(server.insidePort, 'select 1')).toEqual([1]);
  });

  it('lets nobody in and cuts everybody off while it is out of reach, and goes on inside', async () => {
    const reach = { port: server.port, ssl: { ca, servername: names } };
    const client = await connect(reach);
    await server.setReachable(false);
    await expect(client.query('select 1')).rejects.toThrow();
    await expect(ask(reach, 'select 1')).rejects.toThrow();
    expect(await ask(server.insidePort, 'select 1')).toEqual([1]);
    await server.setReachable(true);
    expect(await ask(reach, 'select 1')).toEqual([1]);
  });

  it('keeps its data and its ports when it is stopped, and when its machine dies', async () => {
    const ports = [server.port, server.insidePort];
    await ask(server.insidePort, 'create table kept as select 1 as n');
    for (const how of ['shutdown', 'crash'] as const) {
      await ask(server.insidePort, 'insert into kept values (2)');
      await server.halt(how);
      await server.halt(how);
      await expect(ask(server.insidePort, 'select 1')).rejects.toThrow();
      await expect(server.ship()).rejects.toThrow('erlmcp does not run');
      await server.start();
      await server.start();
      expect([server.port, server.insidePort]).toEqual(ports);
    }
    expect(await ask(server.insidePort, 'select count(*)::int from kept')).toEqual([3]);
  });

  it('is gone once it is deleted, and nothing answers in its place', async () => {
    const doomed = await engine.create('doomed');
    const { insidePort } = doomed;
    await doomed.destroy();
    await doomed.destroy();
    await expect(ask(insidePort, 'select 1')).rejects.toThrow();
    await expect(ask(doomed.insidePort, 'select 1')).rejects.toThrow();
    await expect(doomed.start()).rejects.toThrow('doomed was deleted');
  });
});

describe('a restore', () => {
  it('brings back what there was, archives again, and can itself be restored', async () => {
    await ask(server.insidePort, 'create table accounts as select n from generate_series(1, 500) n');
    await clock.sleep(60_000);
    const sound = clock.now();
    await clock.sleep(1_000);
    await ask(server.insidePort, 'delete from accounts where n > 100');
    await clock.sleep(1_000);
    await server.ship();
    expect(server.archive.window()).toEqual({ from: start, to: clock.now() });

    const restored = await engine.restore('erlmcp-r', server.archive, sound);
    expect(await ask(restored.insidePort, 'select count(*)::int from accounts')).toEqual([500]);
    await ask(restored.insidePort, 'insert into accounts values (501)');
    const later = clock.now();
    await clock.sleep(1_000);
    await ask(restored.insidePort, 'delete from accounts');
    await restored.ship();
    const again = await engine.restore('erlmcp-r2', restored.archive, later);
    expect(await ask(again.insidePort, 'select count(*)::int from accounts')).toEqual([501]);
    expect(await ask(server.insidePort, 'select count(*)::int from accounts')).toEqual([100]);
    await Promise.all([restored.destroy(), again.destroy()]);
  });

  it('is refused before the first backup, past the shipped log, and without a time', async () => {
    const { archive } = server;
    await clock.sleep(1_000);
    const refused = (to: number) => expect(engine.restore('never', archive, to)).rejects;
    await refused(start - 1).toThrow(
      'the backups of erlmcp begin at 2026-11-23T10:00:00.000Z, after 2026-11-23T09:59:59.999Z',
    );
    await refused(clock.now()).toThrow(/log of erlmcp was shipped up to .* not to/);
    await refused(Number.NaN).toThrow(/after NaN/);
    await server.ship();
    const restored = await engine.restore('latest', archive, clock.now());
    await restored.destroy();
  });

  it('works from what a deleted or dead server had shipped', async () => {
    for (const end of ['halt', 'destroy'] as const) {
      const lost = await engine.create('lost');
      await ask(lost.insidePort, 'create table things as select 1 as n');
      await lost.ship();
      const shipped = clock.now();
      // At the time of the shipment, and after it.
      await ask(lost.insidePort, 'insert into things values (2)');
      await clock.sleep(1_000);
      await ask(lost.insidePort, 'insert into things values (3)');
      await (end === 'halt' ? lost.halt('crash') : lost.destroy());
      const restored = await engine.restore('found', lost.archive, shipped);
      expect(await ask(restored.insidePort, 'select n from things')).toEqual([1, 2]);
      await expect(engine.restore('never', lost.archive, shipped + 1)).rejects.toThrow(/shipped up to/);
      await restored.destroy();
      await lost.destroy();
    }
  });
});

describe('a replica', () => {
  it('follows its source, read only, until it is promoted with all that it had received', async () => {
    const replica = await engine.replicate('erlmcp-replica', server);
    await ask(server.insidePort, 'create table streamed as select 1 as n');
    await settles(() => ask(replica.insidePort, 'select n from streamed'), [1]);
    expect(await replica.lag()).toBe(0);
    expect(await server.lag()).toBeNull();
    expect(replica.archive.window()).toBeNull();
    await replica.ship();
    await expect(ask(replica.insidePort, 'insert into streamed values (9)')).rejects.toThrow(/read-only/);

    await replica.setReplicating(false);
    await clock.sleep(30_000);
    await ask(server.insidePort, 'insert into streamed values (2)');
    expect(await replica.lag()).toBe(30_000);
    await replica.setReplicating(true);
    await settles(() => ask(replica.insidePort, 'select n from streamed'), [1, 2]);
    await settles(() => replica.lag(), 0);

    await replica.setReplicating(false);
    await ask(server.insidePort, 'insert into streamed values (3)');
    await clock.sleep(10_000);
    await server.halt('crash');
    await replica.halt('crash');
    await replica.start();
    await replica.promote();
    expect(await replica.lag()).toBeNull();
    expect(await ask(replica.insidePort, 'insert into streamed values (4) returning n')).toEqual([4]);
    await server.start();
    await replica.setReplicating(true);
    expect(await ask(replica.insidePort, 'select n from streamed')).toEqual([1, 2, 4]);
    await expect(replica.promote()).rejects.toThrow('erlmcp-replica is no replica');

    await replica.ship();
    const restored = await engine.restore('from-promoted', replica.archive, clock.now());
    expect(await ask(restored.insidePort, 'select n from streamed')).toEqual([1, 2, 4]);
    await Promise.all([restored.destroy(), replica.destroy()]);
  });
});

async function settles(look: () => Promise<unknown>, wanted: unknown): Promise<void> {
  await expect.poll(() => look().catch(String), { timeout: 10_000, interval: 10 }).toEqual(wanted);
}
