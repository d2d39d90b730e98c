import type { DatabaseSettings } from '../../lambdas/database/contract.ts';
import type { Environment } from '../config/schema.ts';

/** The databases of an environment, as its tasks are told of them. */
export function databasesOf({ databases, sites }: Environment): readonly DatabaseSettings[] {
  return databases.map((database) => ({
    name: database.name,
    kind: database.kind,
    primary: { region: sites.primary.region, identifier: database.primary.identifier },
    standby: {
      region: sites.standby.region,
      identifier: database.standby.identifier,
      from: database.standby.from,
    },
    ...(database.globalCluster === undefined ? {} : { globalCluster: database.globalCluster }),
    after: database.after,
    identity: database.identity,
    ...(database.quarantine.length === 0 ? {} : { quarantine: database.quarantine }),
    ...(database.lease
      ? { lease: { ttlSeconds: database.lease.ttl, skewSeconds: database.lease.skew } }
      : {}),
    expectedSeconds: database.restore.expected,
    budgetSeconds: database.restore.budget,
  }));
}
