import { Construct } from 'constructs';
import type { Settings as QueryDatabase } from '../../lambdas/query-database/contract.ts';
import type { Settings as SetWriters } from '../../lambdas/set-writers/contract.ts';
import type { Site } from '../../lambdas/incident/contract.ts';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { usesSecrets } from './database-grants.ts';
import { grantCluster } from './grants.ts';
import { KubernetesAccess } from './kubernetes-access.ts';
import { grantLedger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';

interface SiteTasksProps {
  readonly environment: Environment;
  readonly site: Site;
}

/**
 * The two functions that must be in a site's own region and networks: one asks its databases, one stops and starts
 * what writes to them.
 */
export class SiteTasks extends Construct {
  readonly queryDatabase: TaskFunction<QueryDatabase>;
  readonly setWriters: TaskFunction<SetWriters>;

  constructor(scope: Construct, id: string, { environment, site }: SiteTasksProps) {
    super(scope, id);
    const named = names(environment);
    const { region, cluster, databaseVpc } = environment.sites[site];
    const task = taskMaker(this, environment);
    const roleName = (folder: string) => `${named.prefix}-${folder}-${site}`;

    this.queryDatabase = task<QueryDatabase>(
      'query-database',
      {
        environment: environment.name,
        region,
        site,
        databases: environment.databases.map((database) => ({
          name: database.name,
          readerSecret: database.reader[site],
          identity: database.identity,
          port: database.port,
          tables: database.tables.map(({ table, writtenAt }) => ({
            table,
            ...(writtenAt === undefined ? {} : { writtenAt }),
          })),
          consistency: database.consistency,
          statementTimeoutSeconds: database.statementTimeout,
        })),
      },
      {
        // Who asks waits for 45 s.
        timeout: 40,
        roleName: roleName('query-database'),
        vpc: databaseVpc,
        // Amazon's authorities, RDS's among them, which Node does not load by itself (Lambda, Node.js runtimes).
        variables: { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' },
      },
    );
    usesSecrets(
      this.queryDatabase,
      environment.databases.flatMap(({ reader, identity }) => [
        { region, name: reader[site] },
        ...(identity.by === 'secret' ? [{ region, name: identity.secret[site] }] : []),
      ]),
      ['secretsmanager:GetSecretValue'],
    );

    const writers = {
      region,
      name: cluster.name,
      namespace: cluster.namespace,
      deployments: writersOf(environment, site),
    };
    this.setWriters = task<SetWriters>(
      'set-writers',
      {
        environment: environment.name,
        ledgerBucket: named.ledgerBucket,
        ledgerRegion: environment.sites.standby.region,
        site,
        writers,
      },
      // The primary's is asked by call-site and fence-primary, which wait for 45 s.
      { timeout: 40, vpc: cluster.vpc, roleName: roleName('set-writers') },
    );
    grantLedger(this.setWriters, named.ledgerBucket, ['lock'], ['writers', 'incidents']);
    grantCluster(
      this.setWriters,
      { ...writers, nodeGroups: [], deployments: [] },
      ['eks:DescribeCluster'],
      [],
    );
    if (writers.deployments.length > 0) {
      new KubernetesAccess(this, 'KubernetesAccess', {
        clusterName: cluster.name,
        namespace: cluster.namespace,
        policy: 'scaling',
        tasks: { SetWriters: this.setWriters },
      });
    }
  }
}

/** Who writes: at the standby, all that a failover starts there. */
function writersOf(
  { databases, sites: { primary, standby } }: Environment,
  site: Site,
): SetWriters['writers']['deployments'] {
  if (databases.length === 0) return [];
  const deployments = site === 'primary' ? primary.cluster.writers : standby.deployments;
  return deployments.map(({ name, autoscaler }) => ({
    name,
    ...(autoscaler === undefined ? {} : { autoscaler }),
  }));
}
