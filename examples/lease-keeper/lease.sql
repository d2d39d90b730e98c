-- The database's side of Lifeboat's write lease, for PostgreSQL 14 and later. README.md says why it is safe.
--
-- Run it as the owner of the database, once and again after each new version of this file: it changes nothing that is
-- there already. Then protect each schema that the application writes to, and again after every migration that
-- makes tables:
--
--   select lifeboat.protect('public');

create schema if not exists lifeboat;

-- Proof of life: what of this table reached a copy says how far the copy reaches.
create table if not exists lifeboat.heartbeat (
  at timestamptz not null,
  position text,
  site text not null
);
create index if not exists heartbeat_at on lifeboat.heartbeat (at desc);

-- One row. Until a keeper has extended it for the first time, nobody writes.
create table if not exists lifeboat.lease (
  single boolean primary key default true check (single),
  valid_until timestamptz not null,
  site text,
  epoch bigint not null default 0
);
insert into lifeboat.lease (valid_until) values ('-infinity') on conflict do nothing;

-- Transactions that have written and not ended. Unlogged: a crash, or a promotion, ends them all.
create unlogged table if not exists lifeboat.open_transaction (
  xid xid8 primary key
);

-- The only place that tells the time.
create or replace function lifeboat.clock() returns timestamptz
language sql volatile
as $$ select clock_timestamp() $$;

-- Refuses past the lease, in the words of a database that is read only, which every driver knows.
create or replace function lifeboat.assert_lease() returns void
language plpgsql security definer set search_path = lifeboat, pg_catalog, pg_temp
as $$
declare
  until_then timestamptz;
begin
  select valid_until into until_then from lifeboat.lease;
  if until_then is null or lifeboat.clock() >= until_then then
    raise exception 'lifeboat: this site does not hold the lease to write (it ended at %)', until_then
      using errcode = 'read_only_sql_transaction',
            hint = 'Another site may be writing. See leases/ on the ledger, and the log of the lease keeper.';
  end if;
end
$$;

-- Before each statement that writes; and the transaction is remembered, to be asked once more when it commits.
create or replace function lifeboat.require_lease() returns trigger
language plpgsql security definer set search_path = lifeboat, pg_catalog, pg_temp
as $$
begin
  perform lifeboat.assert_lease();
  insert into lifeboat.open_transaction (xid) values (pg_current_xact_id()) on conflict do nothing;
  return null;
end
$$;

-- At commit: a transaction that began within the lease must not end after it.
create or replace function lifeboat.require_lease_at_commit() returns trigger
language plpgsql security definer set search_path = lifeboat, pg_catalog, pg_temp
as $$
begin
  perform lifeboat.assert_lease();
  delete from lifeboat.open_transaction where xid = new.xid;
  return null;
end
$$;

do $$
begin
  if not exists (
    select from pg_trigger
    where tgrelid = 'lifeboat.open_transaction'::regclass and tgname = 'at_commit'
  ) then
    create constraint trigger at_commit after insert on lifeboat.open_transaction
      deferrable initially deferred
      for each row execute function lifeboat.require_lease_at_commit();
  end if;
end
$$;

-- Put the trigger on every table of a schema, partitions too. Answers how many there are.
create or replace function lifeboat.protect(in_schema name) returns integer
language plpgsql
as $$
declare
  found_table name;
  tables integer := 0;
begin
  if in_schema = 'lifeboat' then
    raise exception 'lifeboat protects the tables of others: its own must be written to get a lease';
  end if;
  for found_table in
    select c.relname from pg_class c
    where c.relnamespace = (select n.oid from pg_namespace n where n.nspname = in_schema)
      and c.relkind in ('r', 'p')
  loop
    execute format(
      'create or replace trigger lifeboat_require_lease '
      'before insert or update or delete or truncate on %I.%I '
      'for each statement execute function lifeboat.require_lease()',
      in_schema, found_table);
    tables := tables + 1;
  end loop;
  return tables;
end
$$;

-- A heartbeat; its time is the beginning of a renewal, by this database's clock. Rows are kept for 40 days, longer than
-- any backup. Committed is on disk, whatever the session's own settings are.
create or replace function lifeboat.beat(in_site text) returns table (at text, "position" text)
language plpgsql security definer set search_path = lifeboat, pg_catalog, pg_temp
as $$
declare
  beaten lifeboat.heartbeat;
begin
  perform set_config('synchronous_commit', 'on', true);
  insert into lifeboat.heartbeat as h (at, position, site)
    values (lifeboat.clock(), pg_current_wal_insert_lsn()::text, in_site)
    returning h.* into beaten;
  delete from lifeboat.heartbeat h where h.at < beaten.at - interval '40 days';
  return query select
    to_char(date_trunc('milliseconds', beaten.at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    beaten.position;
end
$$;

-- Writes are allowed until `in_seconds` after the beginning of a renewal that the ledger has acknowledged. What an older
-- epoch says is out of date.
create or replace function lifeboat.renew(
  in_site text, in_epoch bigint, in_beginning timestamptz, in_seconds double precision
) returns void
language sql security definer set search_path = lifeboat, pg_catalog, pg_temp
as $$
  update lifeboat.lease
  set valid_until = case
        when epoch = in_epoch then greatest(valid_until, in_beginning + make_interval(secs => in_seconds))
        else in_beginning + make_interval(secs => in_seconds)
      end,
      site = in_site,
      epoch = in_epoch
  where epoch < in_epoch or (epoch = in_epoch and site = in_site)
$$;

-- The site has lost the lease: nobody writes from now on. Another site's lease is left alone.
create or replace function lifeboat.release(in_site text) returns void
language sql security definer set search_path = lifeboat, pg_catalog, pg_temp
as $$
  update lifeboat.lease set valid_until = lifeboat.clock() where site = in_site and valid_until > lifeboat.clock()
$$;

-- Who keeps the lease needs nothing else: grant lifeboat_keeper to the user of the keeper.
do $$
begin
  if not exists (select from pg_roles where rolname = 'lifeboat_keeper') then
    create role lifeboat_keeper nologin;
  end if;
end
$$;
revoke all on function
  lifeboat.protect(name),
  lifeboat.beat(text),
  lifeboat.renew(text, bigint, timestamptz, double precision),
  lifeboat.release(text)
from public;
grant execute on function
  lifeboat.beat(text),
  lifeboat.renew(text, bigint, timestamptz, double precision),
  lifeboat.release(text)
to lifeboat_keeper;
grant usage on schema lifeboat to public;
grant select on lifeboat.heartbeat, lifeboat.lease to public;
