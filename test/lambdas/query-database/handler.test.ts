import tls from 'node:tls';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../drill/clock.ts';
import type { DatabaseEngine, DatabaseServer } from '../../../drill/cloud/rds/engine.ts';
import { createAuthority } from '../../../drill/world/certificates.ts';
import { startEngine } from '../../../drill/world/postgres/engine.ts';
import type { ConsistencyQuery } from '../../../lambdas/database/contract.ts';
import type { Settings } from '../../../lambdas/query-database/contract.ts';
import { handler } from '../../../lambdas/query-database/handler.ts';
import { fakeSecrets, type FakeSecrets } from '../fake-secrets.ts';
import { deploy } from '../memory-ledger.ts';

const superuser = { user: 'postgres', password: 'top' };
let engine: DatabaseEngine;
let server: DatabaseServer;
let secrets: FakeSecrets;
const clock = new WorldClock({ start: Date.now(), speed: 1 });

const good: ConsistencyQuery = { name: 'some', sql: 'select count(*) from t', expect: { atLeast: 2 } };

function use(
  consistency: readonly ConsistencyQuery[] = [good],
  more: Partial<Settings['databases'][number]> = {},
) {
  const settings: Settings = {
    environment: 'dev',
    region: 'eu-central-1',
    site: 'primary',
    databases: [
      {
        name: 'app',
        readerSecret: 'reader',
        identity: { by: 'rename', host: { primary: 'localhost', standby: 'localhost' } },
        port: server.port,
        tables: [{ table: 'public.t', writtenAt: 'written_at' }, { table: 'public.u' }, { table: 'gone' }],
        consistency,
        statementTimeoutSeconds: 1,
        ...more,
      },
    ],
  };
  deploy({ ...settings });
}

async function sql(text: string): Promise<void> {
  const client = new Client({
    host: '127.0.0.1',
    port: server.insidePort,
    database: 'app',
    ...superuser,
    ssl: false,
  });
  await client.connect();
  await client.query(text);
  await client.end();
}

const roots = tls.getCACertificates('default');

beforeAll(async () => {
  const authority = await createAuthority();
  // As NODE_EXTRA_CA_CERTS does for a function.
  tls.setDefaultCACertificates([...roots, authority.certificatePem]);
  engine = await startEngine({
    clock,
    superuser,
    users: [{ user: 'reader', password: 'right', database: 'app' }],
    certificate: await authority.issue(['localhost']),
  });
  server = await engine.create('app');
  await sql(`
    create table t (id int primary key, written_at timestamptz not null);
    create table u (id int primary key);
    insert into t values (1, '2026-11-23T10:00:00Z'), (2, '2026-11-23T11:00:00Z');
    grant select on t, u to reader;
  `);
});
afterAll(async () => {
  tls.setDefaultCACertificates(roots);
  clock.stop();
  await engine.stop();
});
beforeEach(() => {
  secrets = fakeSecrets();
  secrets.put('eu-central-1', 'reader', JSON.stringify({ username: 'reader', password: 'right' }));
  use();
});

describe('a look into a database', () => {
  it('answers with what held, what the server is, and what was written since', async () => {
    const since = '2026-11-23T10:30:00Z';
    const answer = await handler({
      database: 'app',
      ask: ['consistency', 'state', 'heartbeat', 'writes'],
      since,
    });
    expect(answer).toMatchObject({
      reachable: true,
      consistency: [{ name: 'some', held: true }],
      state: { writable: true, inRecovery: false, lagSeconds: null },
      heartbeat: null,
      writes: [
        { table: 'public.t', rows: 2, since: 1, from: '2026-11-23T11:00:00.000Z' },
        { table: 'public.u', rows: 0, since: null },
      ],
    });
    expect(answer.evidence).toMatch(/^localhost:\d+, PostgreSQL 18/);
  });

  it('finds the newest heartbeat', async () => {
    await sql(`create schema lifeboat; create table lifeboat.heartbeat (at timestamptz, position text);
      insert into lifeboat.heartbeat values ('2026-11-23T10:00:00Z', '0/1'), ('2026-11-23T10:00:10Z', '0/2');
      grant usage on schema lifeboat to reader; grant select on lifeboat.heartbeat to reader`);
    expect(await handler({ database: 'app', ask: ['heartbeat'] })).toMatchObject({
      heartbeat: { at: '2026-11-23T10:00:10.000Z', position: '0/2' },
    });
  });

  it('lets no query write, hang, or spoil the others', async () => {
    await sql('grant insert on t to reader');
    use([
      {
        name: 'writes',
        sql: `with w as (insert into t values (9, now()) returning 1) select * from w`,
        expect: { rows: 1 },
      },
      { name: 'hangs', sql: 'select pg_sleep(60)', expect: { rows: 1 } },
      { name: 'wrong', sql: 'select * from nowhere', expect: { rows: 0 } },
      good,
    ]);
    const answer = await handler({ database: 'app', ask: ['consistency'] });
    expect(answer.consistency).toMatchObject([
      { name: 'writes', held: 'unknown', evidence: expect.stringContaining('read-only transaction') },
      { name: 'hangs', held: 'unknown', evidence: expect.stringContaining('statement timeout') },
      { name: 'wrong', held: 'unknown', evidence: expect.stringContaining('nowhere') },
      { name: 'some', held: true, evidence: '2, expected at least 2' },
    ]);
  });

  it('says that a server is read only by its own setting', async () => {
    await sql('alter database app set default_transaction_read_only = on');
    try {
      expect(await handler({ database: 'app', ask: ['state'] })).toMatchObject({
        state: { writable: false },
      });
    } finally {
      await sql('set transaction read write; alter database app reset default_transaction_read_only').catch(
        () => sql('begin read write; alter database app reset default_transaction_read_only; commit'),
      );
    }
  });

  it('takes a password that was changed meanwhile', async () => {
    expect(await handler({ database: 'app', ask: ['state'] })).toMatchObject({ reachable: true });
    await sql(`alter role reader password 'other'`);
    secrets.put('eu-central-1', 'reader', JSON.stringify({ username: 'reader', password: 'other' }));
    expect(await handler({ database: 'app', ask: ['state'] })).toMatchObject({ reachable: true });
    await sql(`alter role reader password 'right'`);
    secrets.put('eu-central-1', 'reader', JSON.stringify({ username: 'reader', password: 'right' }));
    expect(await handler({ database: 'app', ask: ['state'] })).toMatchObject({ reachable: true });
  });

  it('finds a database that does not answer out of reach, which is an answer', async () => {
    use([good], { port: 1 });
    expect(await handler({ database: 'app', ask: ['state'] })).toMatchObject({
      reachable: false,
      silent: true,
      evidence: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('does not take a server for silent that refuses its password', async () => {
    use([good], { readerSecret: 'other-reader' });
    secrets.put('eu-central-1', 'other-reader', JSON.stringify({ username: 'reader', password: 'wrong' }));
    const answer = await handler({ database: 'app', ask: ['state'] });
    expect(answer).toMatchObject({ reachable: false, evidence: expect.stringContaining('password') });
    expect(answer.silent).toBeUndefined();
  });

  it('trusts no server whose certificate is for another name', async () => {
    use([good], { identity: { by: 'rename', host: { primary: '127.1', standby: '127.1' } } });
    const answer = await handler({ database: 'app', ask: ['state'] });
    expect(answer).toMatchObject({
      reachable: false,
      evidence: expect.stringMatching(/certificate|altname/i),
    });
    expect(answer.silent).toBeUndefined();
  });
});

describe('a request', () => {
  it.each([
    [{ database: 'other', ask: ['state'] }, 'database: got "other", allowed: app'],
    [{ database: 'app', ask: [] }, 'ask: got []'],
    [{ database: 'app', ask: ['drop'] }, 'ask: got ["drop"]'],
    [{ database: 'app', ask: ['writes'] }, 'since: got nothing'],
    [{ database: 'app', ask: ['state'], host: 'evil.example.com' }, 'host: got "evil.example.com"'],
    [{ database: 'app', ask: ['state'], host: 'x.rds.amazonaws.com.evil.com' }, 'host: got'],
    [{ database: 'app', ask: ['state'], port: 0 }, 'port: got 0'],
  ])('that is wrong is refused, saying where: %o', async (request, message) => {
    const refused = handler(request as Parameters<typeof handler>[0]);
    await expect(refused).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining(message),
    });
  });
});
