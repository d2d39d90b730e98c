import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../drill/clock.ts';
import type { DatabaseEngine, DatabaseServer } from '../../../drill/cloud/rds/engine.ts';
import { startEngine } from '../../../drill/world/postgres/engine.ts';
import { connect, superuser } from '../../drill/world/postgres/asking.ts';

/** lease.sql in a real PostgreSQL, with a clock that a test sets. */
const folder = path.join(import.meta.dirname, '..', '..', '..', 'examples', 'lease-keeper');
const leaseSql = readFileSync(path.join(folder, 'lease.sql'), 'utf8');
const users = ['application', 'keeper'].map((user) => ({ user, password: 'no secret' }));

const clock = new WorldClock({
  start: Date.parse('2026-11-23T10:00:00Z'),
  speed: Infinity,
  whileBusy: 'not-at-all',
});
let engine: DatabaseEngine;
let server: DatabaseServer;
let owner: Client;
let application: Client;
let keeper: Client;
const clients: Client[] = [];

async function as(user: string, { insidePort: port } = server): Promise<Client> {
  const who = user === superuser.user ? superuser : { user, password: 'no secret' };
  const client = await connect({ port, ...who, database: 'postgres' });
  clients.push(client);
  return client;
}

const tell = (time: string) => owner.query('update told.clock set now = $1', [`2026-11-23T10:00:${time}Z`]);
const renew = (seconds = 30, { site = 'primary', epoch = 1, at = '00' } = {}) =>
  keeper.query('select lifeboat.renew($1, $2, $3, $4)', [site, epoch, `2026-11-23T10:00:${at}Z`, seconds]);
const write = (client = application) => client.query('insert into orders (what) values ($1)', ['a book']);
const orders = async () => {
  const { rows } = await owner.query<{ count: number }>('select count(*)::int as count from orders');
  return rows[0]?.count;
};
const refused = { code: '25006', message: expect.stringContaining('does not hold the lease') };

beforeAll(async () => {
  engine = await startEngine({ clock, superuser, users });
  server = await engine.create('erlmcp');
  owner = await as(superuser.user);
  await owner.query(`
    create table orders (id bigserial primary key, what text);
    create table parts (id int) partition by range (id);
    create table parts_1 partition of parts for values from (0) to (10);
    grant all on orders, parts, parts_1 to application;
    grant usage on sequence orders_id_seq to application;
  `);
  await owner.query(leaseSql);
  await owner.query(`
    create schema told;
    create table told.clock as select '2026-11-23T10:00:00Z'::timestamptz as now;
    grant usage on schema told to public;
    grant select on told.clock to public;
    create or replace function lifeboat.clock() returns timestamptz language sql volatile
    as 'select now from told.clock';
    grant lifeboat_keeper to keeper;
  `);
  application = await as('application');
  keeper = await as('keeper');
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  await engine.stop();
  clock.stop();
});
beforeEach(async () => {
  await tell('00');
  await owner.query("update lifeboat.lease set valid_until = '-infinity', site = null, epoch = 0");
  await owner.query("select lifeboat.protect('public')");
});
afterEach(async () => {
  await application.query('rollback');
});

describe('a protected table', () => {
  it('is written to by nobody before the first renewal, and by everybody within it', async () => {
    await expect(write()).rejects.toMatchObject(refused);
    await renew();
    await write();
    await tell('29.9');
    await write();
    await tell('30');
    await expect(write()).rejects.toMatchObject(refused);
  });

  it.each([
    'update orders set what = null',
    'delete from orders',
    'truncate orders',
    'insert into parts values (1)',
    'insert into parts_1 values (1)',
    'with gone as (delete from orders returning 1) select * from gone',
    'merge into orders using (values (1)) as v (id) on orders.id = v.id when matched then delete',
  ])('is protected from %s', async (sql) => {
    await expect(application.query(sql)).rejects.toMatchObject(refused);
  });

  it('is not written to by its owner either, and is read by everybody', async () => {
    await expect(write(owner)).rejects.toMatchObject(refused);
    await application.query('select * from orders');
  });

  it('gets nothing from a transaction that began within the lease and ends after it', async () => {
    await renew();
    const before = await orders();
    await application.query('begin');
    await write();
    await application.query('savepoint one');
    await write();
    await application.query('rollback to one');
    await tell('31');
    await expect(application.query('commit')).rejects.toMatchObject(refused);
    expect(await orders()).toBe(before);
  });

  it('gets what a long transaction wrote when the lease was renewed meanwhile', async () => {
    await renew();
    const before = (await orders()) ?? 0;
    await application.query('begin');
    await write();
    await tell('25');
    await renew(30, { at: '24' });
    await tell('50');
    await write();
    await application.query('commit');
    expect(await orders()).toBe(before + 2);
    const open = await owner.query('select * from lifeboat.open_transaction');
    expect(open.rows).toEqual([]);
  });
});

describe('a renewal', () => {
  it('that arrives late counts from its beginning', async () => {
    await tell('45');
    await renew();
    await expect(write()).rejects.toMatchObject(refused);
  });

  it('never shortens one of the same epoch, and one of an older epoch is ignored', async () => {
    await renew(30, { epoch: 2 });
    await renew(5, { epoch: 2 });
    await renew(59, { epoch: 1 });
    await renew(59, { epoch: 2, site: 'standby' });
    await tell('29');
    await write();
    await tell('31');
    await expect(write()).rejects.toMatchObject(refused);
  });

  it('is over at once when its site has lost the lease, and stays when another has', async () => {
    await renew();
    await keeper.query("select lifeboat.release('standby')");
    await write();
    await keeper.query("select lifeboat.release('primary')");
    await expect(write()).rejects.toMatchObject(refused);
  });

  it('begins with a heartbeat, which tells its time in milliseconds and its place in the log', async () => {
    await tell('12.3456789');
    const { rows } = await keeper.query("select at, position from lifeboat.beat('primary')");
    expect(rows).toEqual([
      { at: '2026-11-23T10:00:12.345Z', position: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/) },
    ]);
    const newest = await application.query('select site from lifeboat.heartbeat order by at desc limit 1');
    expect(newest.rows).toEqual([{ site: 'primary' }]);
  });

  it('is for keepers only', async () => {
    for (const sql of [
      "lifeboat.beat('primary')",
      "lifeboat.renew('primary', 9, now(), 60)",
      "lifeboat.release('primary')",
      "lifeboat.protect('public')",
    ]) {
      await expect(application.query(`select ${sql}`)).rejects.toMatchObject({ code: '42501' });
    }
    await expect(application.query('update lifeboat.lease set epoch = 9')).rejects.toMatchObject({
      code: '42501',
    });
  });
});

it('lease.sql changes nothing when it is run again, but for the clock that a test has set', async () => {
  await renew();
  const { rows } = await owner.query('select * from lifeboat.lease');
  await owner.query(leaseSql.replace(/create or replace function lifeboat\.clock[\s\S]*?\$\$;/, ''));
  expect((await owner.query('select * from lifeboat.lease')).rows).toEqual(rows);
  await write();
});

it('lifeboat does not protect its own tables, which would lock everybody out', async () => {
  await expect(owner.query("select lifeboat.protect('lifeboat')")).rejects.toThrow('tables of others');
});

it('a promoted replica refuses writes until its own keeper has a lease; the old primary, for good', async () => {
  await renew();
  await write();
  const replica = await engine.replicate('erlmcp-replica', server);
  await replica.promote();
  const standby = await as('application', replica);
  const itsOwner = await as(superuser.user, replica);
  const itsKeeper = await as('keeper', replica);
  for (const told of [owner, itsOwner]) {
    await told.query("update told.clock set now = '2026-11-23T10:01:00Z'");
  }
  await expect(write(standby)).rejects.toMatchObject(refused);
  await itsKeeper.query("select lifeboat.renew('standby', 3, '2026-11-23T10:01:00Z', 30)");
  await write(standby);
  await expect(write()).rejects.toMatchObject(refused);
});
