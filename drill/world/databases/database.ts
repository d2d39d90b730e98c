import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from 'pg';
import type { Clock } from '../../clock.ts';
import type { Cloud } from '../../cloud/cloud.ts';
import type { DatabaseServer } from '../../cloud/rds/engine.ts';
import type { Site } from '../../../lambdas/incident/contract.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import type { Authority } from '../certificates.ts';
import { type AcknowledgedWrite, connectTo, type Route } from './application.ts';
import type { WorldDatabase } from './contract.ts';
import { superuser, users } from './users.ts';

export type DatabaseConfig = Environment['databases'][number];

/** The schema of an environment that brings none of its own. */
export const sampleSchema = readFileSync(path.join(import.meta.dirname, 'sample.sql'), 'utf8');

/** One write of the application with the sample schema: an entry, and the balance that goes with it. */
export const sampleWrite =
  'with entry as (insert into entries (id, account, amount, written_at) ' +
  'values ($1::bigint, 1 + $1::bigint % 20, 1 + $1::bigint % 7, $2::timestamptz) returning account, amount) ' +
  'update accounts set balance = balance + entry.amount, updated_at = $2::timestamptz ' +
  'from entry where accounts.id = entry.account';

/** A server that compares a write with its damaged rows has let it in: class 23, integrity constraint violations. */
const isOfItsData = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('23');

interface DatabaseParts {
  readonly config: DatabaseConfig;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly cloud: Cloud;
  readonly authority: Authority;
  readonly servers: DatabaseServer[];
  readonly acknowledged: readonly AcknowledgedWrite[];
  readonly nextId: () => number;
}

/** What the rest of the world knows of a database, beside what its application does to it. */
export function worldDatabase(parts: DatabaseParts): WorldDatabase & {
  route(site: Site, from: 'outside' | 'inside'): Route | null;
} {
  const { config, environment, clock, cloud, authority, servers, acknowledged } = parts;

  const remember = (server: DatabaseServer) => {
    if (!servers.includes(server)) servers.push(server);
    return server;
  };

  /** The host name that the identity gives a site; undefined when it gives none. */
  function hostOf(site: Site): string | undefined {
    const { region } = environment.sites[site];
    const { identity } = config;
    switch (identity.by) {
      case 'secret': {
        const text = cloud.secrets.read(region, identity.secret[site]);
        return text === undefined ? undefined : (JSON.parse(text) as { host?: string }).host;
      }
      case 'cname': {
        const { answers } = cloud.route53.zones.answer({ name: `${identity.record[site]}.`, type: 'CNAME' });
        return answers[0]?.value.replace(/\.$/, '');
      }
      case 'rename': {
        const { identifier } = config[site];
        return cloud.rds.addresses().find((each) => each.region === region && each.identifier === identifier)
          ?.name;
      }
    }
  }

  function addressOf(site: Site) {
    const host = hostOf(site);
    return host === undefined ? undefined : cloud.rds.addresses().find(({ name }) => name === host);
  }

  function serverOf(site: Site): DatabaseServer | null {
    const address = addressOf(site);
    if (!address) return null;
    const server = cloud.rds.serverOf(address.region, address.identifier);
    return server ? remember(server) : null;
  }

  const within = (
    server: DatabaseServer,
    user: { readonly user: string; readonly password: string },
  ): Route => ({
    server: server.name,
    port: server.insidePort,
    database: config.name,
    ...user,
  });

  async function asking<T>(
    server: DatabaseServer,
    user: { readonly user: string; readonly password: string },
    use: (client: Client) => Promise<T>,
  ): Promise<T> {
    return clock.busy(async () => {
      const client = await connectTo(within(server, user), 'the world');
      try {
        return await use(client);
      } finally {
        await client.end().catch(() => undefined);
      }
    });
  }

  /** In quarantine nobody of the application gets through, from wherever he comes. */
  function quarantined(groups: readonly string[]): boolean {
    return config.quarantine.length > 0 && groups.some((group) => config.quarantine.includes(group));
  }

  const database: ReturnType<typeof worldDatabase> = {
    name: config.name,
    serverOf,
    servers: () => {
      for (const { region, identifier } of cloud.rds.addresses()) {
        const server = cloud.rds.serverOf(region, identifier);
        if (server && identifier.startsWith(config.primary.identifier)) remember(server);
      }
      return servers;
    },
    acknowledged: () => acknowledged,
    route(site, from) {
      const address = addressOf(site);
      const server = serverOf(site);
      if (!address || !server || quarantined(address.securityGroups)) return null;
      if (from === 'inside') return within(server, users.application);
      return {
        server: server.name,
        port: address.loopbackPort,
        database: config.name,
        ...users.application,
        tls: { ca: authority.certificatePem, servername: address.name },
      };
    },
    async rows<Row extends object>(server: DatabaseServer, sql: string, values: readonly unknown[] = []) {
      try {
        return await asking(server, superuser, async (client) => {
          const { rows } = await client.query<Row>(sql, [...values]);
          return rows;
        });
      } catch (error) {
        // What PostgreSQL itself refuses is a mistake in the statement; anything else is a server that is gone.
        if (
          error instanceof Error &&
          'severity' in error &&
          !/starting up|shutting down/.test(error.message)
        ) {
          throw error;
        }
        return null;
      }
    },
    async tryWrite(server) {
      const address = cloud.rds
        .addresses()
        .find(({ region, identifier }) => cloud.rds.serverOf(region, identifier) === server);
      if (address && quarantined(address.securityGroups)) return 'its security groups let nobody in';
      try {
        await asking(server, users.application, async (client) => {
          await client.query('begin');
          await client.query(sampleWrite, [parts.nextId(), new Date(clock.now()).toISOString()]);
          await client.query('rollback');
        });
        return null;
      } catch (error) {
        if (isOfItsData(error)) return null;
        return error instanceof Error && error.message !== '' ? error.message : 'nobody answers';
      }
    },
    async tables() {
      const server = serverOf('primary') ?? servers[0];
      if (!server) return [];
      const found = await database.rows<{ table: string }>(
        server,
        `select quote_ident(schemaname) || '.' || quote_ident(tablename) as table from pg_tables
          where schemaname not in ('pg_catalog', 'information_schema', 'lifeboat') order by 1`,
      );
      return (found ?? []).map(({ table }) => table);
    },
    async destroyRows() {
      const server = serverOf('primary');
      if (!server) throw new Error(`database ${config.name} cannot be reached to damage it`);
      const named = config.tables.map(({ table }) => table);
      const tables = named.length > 0 ? named : await database.tables();
      return asking(server, superuser, async (client) => {
        let destroyed = 0;
        await client.query('begin');
        // A bad job does not ask for foreign keys, and neither for the lease.
        await client.query("set local session_replication_role = 'replica'");
        for (const table of tables) {
          const { rowCount } = await client.query(
            `delete from ${table} where ctid in (select ctid from (select ctid, row_number() over (order by ctid) as n from ${table}) each where n % 2 = 0)`,
          );
          destroyed += rowCount ?? 0;
        }
        await client.query('commit');
        return destroyed;
      });
    },
  };
  return database;
}
