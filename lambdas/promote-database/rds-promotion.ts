import {
  FailoverGlobalClusterCommand,
  PromoteReadReplicaCommand,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-rds';
import { askRds } from '../aws/rds-failure.ts';
import { rdsClient } from '../aws/rds.ts';
import type { DatabasePlace } from '../database/contract.ts';
import type { Backups } from './decide.ts';

/**
 * @throws TryAgain while RDS does something else with the replica, such as a backup (aws-facts §4.3), or promotes it
 *   already: which of the two it is, the next look tells
 */
export function promoteReplica({ region, identifier }: DatabasePlace, backups: Backups): Promise<unknown> {
  return askRds(`PromoteReadReplica ${identifier}`, () =>
    rdsClient(region).send(
      new PromoteReadReplicaCommand({
        DBInstanceIdentifier: identifier,
        BackupRetentionPeriod: backups.retention,
        ...(backups.window === undefined ? {} : { PreferredBackupWindow: backups.window }),
      }),
    ),
  );
}

/** With data loss: without that word it would be a switchover, which needs the primary (aws-facts §4.4). */
export function failOver(region: string, globalCluster: string, targetArn: string): Promise<unknown> {
  return askRds(`FailoverGlobalCluster ${globalCluster}`, () =>
    rdsClient(region).send(
      new FailoverGlobalClusterCommand({
        GlobalClusterIdentifier: globalCluster,
        TargetDbClusterIdentifier: targetArn,
        AllowDataLoss: true,
      }),
    ),
  );
}

/** Loses nothing, and keeps the topology; needs a healthy primary. */
export function switchOver(region: string, globalCluster: string, targetArn: string): Promise<unknown> {
  return askRds(`SwitchoverGlobalCluster ${globalCluster}`, () =>
    rdsClient(region).send(
      new SwitchoverGlobalClusterCommand({
        GlobalClusterIdentifier: globalCluster,
        TargetDbClusterIdentifier: targetArn,
      }),
    ),
  );
}
