import type { Site } from '../../../lambdas/incident/contract.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import type { Clock } from '../../clock.ts';
import type { Cloud } from '../../cloud/cloud.ts';
import type { DatabaseEngine, DatabaseServer } from '../../cloud/rds/engine.ts';
import type { Authority } from '../certificates.ts';
import { type AcknowledgedWrite, type Application, startApplication, connectTo } from './application.ts';
import { writeClockFile } from './clock-file.ts';
import type { SeededRecord, WorldDatabases } from './contract.ts';
import { type DatabaseConfig, sampleSchema, sampleWrite, worldDatabase } from './database.ts';
import { type Keeping, keepLeases, leaseSchema } from './lease-keeping.ts';
import { grants, roles, superuser, users } from './users.ts';

interface DatabasesOptions {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly cloud: Cloud;
  readonly engine: DatabaseEngine;
  readonly authority: Authority;
  /** SQL that makes the application's tables; absent: the sample, to which the application also writes. */
  readonly schema?: string;
  /** Pods of a site's application that run. */
  readonly ready: (site: Site) => number;
  readonly tell: (actor: string, event: string, detail?: string) => void;
}

/** What a restore does not carry over by itself, so that a drill finds out whether somebody did. */
const settings = {
  DBInstanceClass: 'db.r7g.large',
  MultiAZ: true,
  IAMDatabaseAuthenticationEnabled: true,
  DeletionProtection: true,
  CopyTagsToSnapshot: true,
  PubliclyAccessible: false,
  AllocatedStorage: 100,
  MaxAllocatedStorage: 1000,
  StorageType: 'gp3',
  DBSubnetGroup: { DBSubnetGroupName: 'application' },
  DBParameterGroups: [{ DBParameterGroupName: 'application-postgres18', ParameterApplyStatus: 'in-sync' }],
  VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0123456789abcdef0', Status: 'active' }],
  EnabledCloudwatchLogsExports: ['postgresql'],
  PreferredBackupWindow: '02:00-02:30',
  PreferredMaintenanceWindow: 'sun:03:00-sun:03:30',
  PerformanceInsightsEnabled: true,
} as const;

/**
 * The databases that an environment names, filled and replicated before Lifeboat is deployed, and the application
 * that writes to them from each site.
 */
export async function startDatabases(options: DatabasesOptions): Promise<WorldDatabases> {
  const { environment, clock, cloud, authority, ready } = options;
  const lost = new Set<Site>();
  const stopping: (() => Promise<void>)[] = [];
  const clockFile = writeClockFile(clock);
  const records: SeededRecord[] = [];
  let lastId = 0;
  const nextId = () => ++lastId;
  const all = await Promise.all(environment.databases.map((config) => clock.busy(() => make(config))));
  cloud.rds.start();

  async function make(config: DatabaseConfig) {
    const servers: DatabaseServer[] = [];
    const acknowledged: AcknowledgedWrite[] = [];
    records.push(...(await seed(options, config, { servers, clockFile: clockFile.path })));
    const database = worldDatabase({
      config,
      environment,
      clock,
      cloud,
      authority,
      servers,
      acknowledged,
      nextId,
    });
    const running: Application[] = [];
    for (const site of ['primary', 'standby'] as const) {
      const from = () => (lost.has(site) ? 'inside' : 'outside');
      if (options.schema === undefined) {
        running.push(
          startApplication({
            clock,
            site,
            running: () => ready(site) > 0,
            route: () => database.route(site, from()),
            write: sampleWrite,
            nextId,
            onAcknowledged: (write) => acknowledged.push(write),
          }),
        );
      }
    }
    const keeping: Keeping | null = config.lease
      ? keepLeases({
          ...options,
          config,
          route: (site) => database.route(site, lost.has(site) ? 'inside' : 'outside'),
          isolated: (site) => lost.has(site),
        })
      : null;
    stopping.push(async () => {
      await keeping?.stop();
      await Promise.all(running.map((application) => application.stop()));
    });
    return database;
  }

  const inRegion = (site: Site) => {
    const { region } = environment.sites[site];
    return cloud.rds
      .addresses()
      .filter((address) => address.region === region)
      .map(({ identifier }) => cloud.rds.serverOf(region, identifier))
      .filter((server) => server !== undefined);
  };
  const others = (site: Site) => inRegion(site === 'primary' ? 'standby' : 'primary');

  return {
    all,
    records,
    find(name) {
      const found = all.find((database) => database.name === name);
      if (!found) throw new Error(`the world has no database ${name}`);
      return found;
    },
    async loseRegion(site) {
      lost.add(site);
      await clock.busy(async () => {
        await Promise.all(inRegion(site).map((server) => server.setReachable(false)));
        await Promise.all(others(site).map((server) => server.setReplicating(false)));
      });
    },
    async comeBack(site) {
      lost.delete(site);
      await clock.busy(async () => {
        await Promise.all(inRegion(site).map((server) => server.setReachable(true)));
        await Promise.all(others(site).map((server) => server.setReplicating(true)));
      });
    },
    async stop() {
      await Promise.all(stopping.map((stop) => stop()));
      cloud.rds.stop();
      clockFile.stop();
    },
  };
}

/** The servers, what is in them, and what AWS and the application's pods know of them. */
async function seed(
  options: DatabasesOptions,
  config: DatabaseConfig,
  { servers, clockFile }: { readonly servers: DatabaseServer[]; readonly clockFile: string },
): Promise<SeededRecord[]> {
  const { environment, cloud, engine, schema } = options;
  const { primary, standby } = environment.sites;
  const server = await engine.create(config.primary.identifier);
  servers.push(server);
  await setUp(server, config, { schema: schema ?? sampleSchema, clockFile });
  const tags = { service: environment.application.name, environment: environment.name };
  const common = { dbName: config.name, tags, settings, backupRetentionPeriod: 7 };
  const replica =
    config.standby.from === 'replica' ? await engine.replicate(config.standby.identifier, server) : undefined;
  if (replica) servers.push(replica);
  if (config.kind === 'aurora') {
    const cluster = { ...common, members: [] as readonly string[] };
    const global = config.globalCluster;
    cloud.rds.seedCluster({
      ...cluster,
      region: primary.region,
      identifier: config.primary.identifier,
      server,
      members: [`${config.primary.identifier}-1`, `${config.primary.identifier}-2`],
      ...(global === undefined ? {} : { globalCluster: { identifier: global, role: 'writer' as const } }),
    });
    if (replica) {
      cloud.rds.seedCluster({
        ...cluster,
        region: standby.region,
        identifier: config.standby.identifier,
        server: replica,
        members: [`${config.standby.identifier}-1`],
        ...(global === undefined
          ? {}
          : { globalCluster: { identifier: global, role: 'secondary' as const } }),
      });
    }
  } else {
    cloud.rds.seedInstance({
      ...common,
      region: primary.region,
      identifier: config.primary.identifier,
      server,
      ...(config.standby.from === 'backups' ? { backupsCopiedTo: standby.region } : {}),
    });
    if (replica) {
      cloud.rds.seedInstance({
        ...common,
        region: standby.region,
        identifier: config.standby.identifier,
        server: replica,
        replicaOf: `arn:aws:rds:${primary.region}:${environment.account}:db:${config.primary.identifier}`,
      });
    }
  }
  return makeKnown(options, config);
}

async function setUp(
  server: DatabaseServer,
  config: DatabaseConfig,
  { schema, clockFile }: { readonly schema: string; readonly clockFile: string },
): Promise<void> {
  const at = (database: string) =>
    connectTo({ server: server.name, port: server.insidePort, database, ...superuser }, 'the world');
  const first = await at('postgres');
  await first.query(`create database "${config.name}"`);
  await first.query(roles);
  await first.end();
  const client = await at(config.name);
  await client.query(schema);
  await client.query(grants);
  if (config.lease) await client.query(leaseSchema(clockFile));
  await client.end();
}

/** Secrets and records by which the application and Lifeboat's readers find their databases. */
function makeKnown({ environment, cloud }: DatabasesOptions, config: DatabaseConfig): SeededRecord[] {
  const known: SeededRecord[] = [];
  for (const site of ['primary', 'standby'] as const) {
    const { region } = environment.sites[site];
    const address = cloud.rds
      .addresses()
      .find((each) => each.region === region && each.identifier === config[site].identifier);
    const reader = { username: users.reader.user, password: users.reader.password, dbname: config.name };
    cloud.secrets.put(region, config.reader[site], JSON.stringify(reader));
    // A standby that is restored from backups has no database yet: the name leads nowhere.
    const host = address?.name ?? `nothing-yet.${region}.rds.amazonaws.com`;
    const { identity } = config;
    if (identity.by === 'secret') {
      const { user: username, password } = users.application;
      cloud.secrets.put(
        region,
        identity.secret[site],
        JSON.stringify({ host, port: config.port, username, password, dbname: config.name }),
      );
    }
    if (identity.by === 'cname') {
      known.push({
        zoneId: identity.zoneId,
        record: {
          Name: `${identity.record[site]}.`,
          Type: 'CNAME',
          TTL: identity.ttl,
          ResourceRecords: [{ Value: host }],
        },
      });
    }
  }
  return known;
}
