-- What an application like erlmcp keeps: accounts, and the entries that make up their balances. A world uses it
-- when the environment brings no schema of its own (environments/<name>.sql).
create table accounts (
  id bigint primary key,
  owner text not null,
  balance bigint not null default 0,
  updated_at timestamptz not null
);
create table entries (
  id bigint primary key,
  account bigint not null references accounts (id),
  amount bigint not null,
  written_at timestamptz not null
);
create index on entries (account);
insert into accounts (id, owner, updated_at)
  select n, 'owner ' || n, timestamptz '2026-01-01 00:00:00Z' from generate_series(1, 20) n;
