import {
  FailoverGlobalClusterCommand,
  PromoteReadReplicaCommand,
  RDSClient,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-rds';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import type { DatabasePlace } from '../database/contract.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import type { Backups } from './decide.ts';

const clients = new Map<string, RDSClient>();

function rds(region: string): RDSClient {
  const client = clients.get(region) ?? new RDSClient(clientOptions(region));
  clients.set(region, client);
  return client;
}

/**
 * @throws TryAgain while RDS does something else with the replica, such as a backup (aws-facts §4.3), or promotes it
 *   already: which of the two it is, the next look tells
 */
export function promoteReplica({ region, identifier }: DatabasePlace, backups: Backups): Promise<void> {
  return asking(`PromoteReadReplica ${identifier}`, () =>
    rds(region).send(
      new PromoteReadReplicaCommand({
        DBInstanceIdentifier: identifier,
        BackupRetentionPeriod: backups.retention,
        ...(backups.window === undefined ? {} : { PreferredBackupWindow: backups.window }),
      }),
    ),
  );
}

/** With data loss: without that word it would be a switchover, which needs the primary (aws-facts §4.4). */
export function failOver(region: string, globalCluster: string, targetArn: string): Promise<void> {
  return asking(`FailoverGlobalCluster ${globalCluster}`, () =>
    rds(region).send(
      new FailoverGlobalClusterCommand({
        GlobalClusterIdentifier: globalCluster,
        TargetDbClusterIdentifier: targetArn,
        AllowDataLoss: true,
      }),
    ),
  );
}

/** Loses nothing, and keeps the topology; needs a healthy primary. */
export function switchOver(region: string, globalCluster: string, targetArn: string): Promise<void> {
  return asking(`SwitchoverGlobalCluster ${globalCluster}`, () =>
    rds(region).send(
      new SwitchoverGlobalClusterCommand({
        GlobalClusterIdentifier: globalCluster,
        TargetDbClusterIdentifier: targetArn,
      }),
    ),
  );
}

async function asking(call: string, send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    const text = `${call}: ${describeFailure(error)}`;
    const name = failureName(error).replace(/Fault$/, '');
    if (/^Invalid(DBInstance|DBCluster|GlobalCluster)State$/.test(name) || passesByItself(error)) {
      throw new TryAgain(text, { cause: error });
    }
    if (name.endsWith('NotFound') || name.startsWith('InvalidParameter')) throw new UnsafePlan(text);
    throw error;
  }
}
