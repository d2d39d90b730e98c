import type { DatabaseSettings, QueryAnswer } from '../../lambdas/database/contract.ts';
import type { LocalFleet } from './local-fleet.ts';
import { erlmcp } from './restore-settings.ts';

/** The same database as an Aurora cluster with one reader. */
export const aurora: DatabaseSettings = { ...erlmcp, name: 'orders', kind: 'aurora', primary: at('orders') };
export const multiAz: DatabaseSettings = { ...erlmcp, primary: at('erlmcp') };
export const region = 'eu-central-1';
export const query = {
  primary: { region, functionName: 'query-database' },
  standby: { region: 'eu-west-1', functionName: 'query-database' },
};

function at(identifier: string) {
  return { region: 'eu-central-1', identifier };
}

export async function seedDatabases(fleet: LocalFleet, settings: object = { MultiAZ: true }): Promise<void> {
  fleet.rds.seedInstance({
    ...{ region, identifier: 'erlmcp', dbName: 'erlmcp', settings: { ...settings } },
    server: await fleet.engine.create('erlmcp'),
  });
  fleet.rds.seedCluster({
    ...{ region, identifier: 'orders', dbName: 'orders', members: ['orders-1', 'orders-2'] },
    server: await fleet.engine.create('orders'),
  });
}

/** What query-database would answer of a bookkept server. */
export function answerOf(fleet: LocalFleet, name: string): QueryAnswer {
  const server = fleet.engine.servers.find((each) => each.name === name);
  const seen = { at: new Date().toISOString() };
  return server?.state === 'running'
    ? {
        ...{ reachable: true, evidence: `${name}:5432, PostgreSQL 18.4`, ...seen },
        state: { writable: true, inRecovery: false, lagSeconds: null, replicas: 0 },
      }
    : { reachable: false, silent: true, evidence: `${name}:5432: timeout expired`, ...seen };
}
