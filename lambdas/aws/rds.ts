import {
  DescribeDBClustersCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  DescribeGlobalClustersCommand,
  RDSClient,
  type DBCluster,
  type DBInstance,
  type Tag,
} from '@aws-sdk/client-rds';
import type { DatabasePlace, DatabaseSettings } from '../database/contract.ts';
import { clientOptions } from './client.ts';
import { askRds, rdsFailure } from './rds-failure.ts';

/** What RDS knows of databases, instances and Aurora clusters alike. Reads only. */

export interface DescribedDatabase {
  readonly identifier: string;
  readonly arn: string;
  /** As RDS says it: `available`, `creating`, `renaming`. */
  readonly status: string;
  /** Of a cluster, the writer's. Null until there is one. */
  readonly endpoint: { readonly host: string; readonly port: number } | null;
  /** ISO 8601; null when nothing is backed up. */
  readonly latestRestorableTime: string | null;
  /** ISO 8601. Of an instance not exactly: RDS tells its creation and its retention; the first backup may be later. */
  readonly earliestRestorableTime: string | null;
  readonly allocatedGiB: number | null;
  /** Identifier or ARN of what it follows; null when it is no replica. */
  readonly replicaOf: string | null;
  /** Days. */
  readonly backupRetentionPeriod: number | null;
  readonly deletionProtection: boolean;
  readonly securityGroupIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** The whole answer. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Of an Aurora cluster. */
  readonly members?: readonly { readonly identifier: string; readonly writer: boolean }[];
}

const clients = new Map<string, RDSClient>();

export function rdsClient(region: string): RDSClient {
  const client = clients.get(region) ?? new RDSClient(clientOptions(region));
  clients.set(region, client);
  return client;
}

/**
 * @returns null when RDS says that there is none of this name
 * @throws TryAgain when the region throttles or does not answer
 */
export async function describeDatabase(
  kind: DatabaseSettings['kind'],
  place: DatabasePlace,
): Promise<DescribedDatabase | null> {
  if (kind === 'aurora') {
    const cluster = await findCluster(place);
    return cluster && describedCluster(cluster);
  }
  const instance = await findInstance(place);
  return instance && describedInstance(instance);
}

/** An instance as RDS answers it; a member of a cluster too. */
export async function findInstance({ region, identifier }: DatabasePlace): Promise<DBInstance | null> {
  return askRds(`DescribeDBInstances ${identifier} in ${region}`, () =>
    orNull('DBInstanceNotFound', async () => {
      const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier });
      return (await rdsClient(region).send(command)).DBInstances?.[0] ?? null;
    }),
  );
}

async function findCluster({ region, identifier }: DatabasePlace): Promise<DBCluster | null> {
  return askRds(`DescribeDBClusters ${identifier} in ${region}`, () =>
    orNull('DBClusterNotFound', async () => {
      const command = new DescribeDBClustersCommand({ DBClusterIdentifier: identifier });
      return (await rdsClient(region).send(command)).DBClusters?.[0] ?? null;
    }),
  );
}

/** "Not found" only of the thing itself: a denial read as an absence would make a second database. */
async function orNull<T>(absence: string, look: () => Promise<T | null>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (rdsFailure(error) === absence) return null;
    throw error;
  }
}

export function describedInstance(raw: DBInstance): DescribedDatabase {
  const { Endpoint: endpoint, LatestRestorableTime: latest, BackupRetentionPeriod: days } = raw;
  return {
    identifier: raw.DBInstanceIdentifier ?? '',
    arn: raw.DBInstanceArn ?? '',
    status: raw.DBInstanceStatus ?? 'unknown',
    endpoint:
      endpoint?.Address === undefined || endpoint.Port === undefined
        ? null
        : { host: endpoint.Address, port: endpoint.Port },
    latestRestorableTime: latest?.toISOString() ?? null,
    earliestRestorableTime: earliest(latest, days, raw.InstanceCreateTime),
    allocatedGiB: raw.AllocatedStorage ?? null,
    replicaOf: raw.ReadReplicaSourceDBInstanceIdentifier ?? raw.ReadReplicaSourceDBClusterIdentifier ?? null,
    backupRetentionPeriod: days ?? null,
    deletionProtection: raw.DeletionProtection ?? false,
    securityGroupIds: groupIds(raw.VpcSecurityGroups),
    tags: tagsOf(raw.TagList),
    raw: { ...raw },
  };
}

/** Not before it was made, nor before its retention. */
function earliest(latest: Date | undefined, days: number | undefined, made: Date | undefined): string | null {
  if (!latest || days === undefined || !made) return null;
  return new Date(Math.max(made.getTime(), latest.getTime() - days * 86_400_000)).toISOString();
}

function describedCluster(raw: DBCluster): DescribedDatabase {
  return {
    identifier: raw.DBClusterIdentifier ?? '',
    arn: raw.DBClusterArn ?? '',
    status: raw.Status ?? 'unknown',
    endpoint:
      raw.Endpoint === undefined || raw.Port === undefined ? null : { host: raw.Endpoint, port: raw.Port },
    latestRestorableTime: raw.LatestRestorableTime?.toISOString() ?? null,
    earliestRestorableTime: raw.EarliestRestorableTime?.toISOString() ?? null,
    allocatedGiB: raw.AllocatedStorage ?? null,
    replicaOf: raw.ReplicationSourceIdentifier ?? null,
    backupRetentionPeriod: raw.BackupRetentionPeriod ?? null,
    deletionProtection: raw.DeletionProtection ?? false,
    securityGroupIds: groupIds(raw.VpcSecurityGroups),
    tags: tagsOf(raw.TagList),
    raw: { ...raw },
    members: (raw.DBClusterMembers ?? []).map(
      ({ DBInstanceIdentifier: identifier = '', IsClusterWriter }) => ({
        identifier,
        writer: IsClusterWriter ?? false,
      }),
    ),
  };
}

function groupIds(groups: DBInstance['VpcSecurityGroups']): readonly string[] {
  return (groups ?? []).flatMap(({ VpcSecurityGroupId: id }) => (id === undefined ? [] : [id]));
}

export function tagsOf(tags: readonly Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

export interface CopiedBackup {
  readonly arn: string;
  /** `replicating`, `active`, `retained`. */
  readonly status: string;
  /** Times that can be restored to, ISO 8601; null until the first copy is complete. */
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * The automated backups of an instance of another region that are replicated into this one; of several, because
 * the instance was made anew under its name, those that reach furthest.
 *
 * @param source identifier of the instance
 */
export async function copiedBackup(
  { region }: Pick<DatabasePlace, 'region'>,
  source: string,
): Promise<CopiedBackup | null> {
  const found: CopiedBackup[] = [];
  let marker: string | undefined;
  do {
    const page = await askRds(`DescribeDBInstanceAutomatedBackups ${source} in ${region}`, () =>
      rdsClient(region).send(
        new DescribeDBInstanceAutomatedBackupsCommand({
          DBInstanceIdentifier: source,
          ...(marker === undefined ? {} : { Marker: marker }),
        }),
      ),
    );
    for (const backup of page.DBInstanceAutomatedBackups ?? []) {
      const { DBInstanceAutomatedBackupsArn: arn, DBInstanceArn: of = '', RestoreWindow: window } = backup;
      if (arn === undefined || of.split(':')[3] === region) continue;
      found.push({
        arn,
        status: backup.Status ?? 'unknown',
        from: window?.EarliestTime?.toISOString() ?? null,
        to: window?.LatestTime?.toISOString() ?? null,
      });
    }
    marker = page.Marker;
  } while (marker !== undefined && marker !== '');
  return found.toSorted((a, b) => (b.to ?? '').localeCompare(a.to ?? ''))[0] ?? null;
}

export interface GlobalCluster {
  readonly status: string;
  readonly members: readonly { readonly arn: string; readonly writer: boolean }[];
}

/** @returns null when there is none of this name */
export async function globalCluster(region: string, id: string): Promise<GlobalCluster | null> {
  return askRds(`DescribeGlobalClusters ${id} in ${region}`, () =>
    orNull('GlobalClusterNotFound', async () => {
      const command = new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: id });
      const [found] = (await rdsClient(region).send(command)).GlobalClusters ?? [];
      if (!found) return null;
      return {
        status: found.Status ?? 'unknown',
        members: (found.GlobalClusterMembers ?? []).map(({ DBClusterArn: arn = '', IsWriter: writer }) => ({
          arn,
          writer: writer ?? false,
        })),
      };
    }),
  );
}
