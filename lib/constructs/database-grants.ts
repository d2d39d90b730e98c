import { Stack } from 'aws-cdk-lib';
import type { DatabasePlace, DatabaseSettings } from '../../lambdas/database/contract.ts';
import { acknowledge } from './acknowledge.ts';
import type { TaskFunction } from './task-function.ts';

/** What a task may do to the databases of the environment, and to what is made of them. */

type Task = TaskFunction<unknown>;

/** Names of copies and of kept ones begin with the first forty characters of their source (start-restore). */
const stem = 40;

/**
 * Instances and clusters of one place: itself, its copies, the damaged one that was kept under another name, and
 * the members of a cluster.
 */
function arnsOf(task: Task, { region, identifier }: DatabasePlace): readonly string[] {
  const { account } = Stack.of(task);
  const names = [identifier, `${identifier.slice(0, stem)}-*`];
  return ['db', 'cluster'].flatMap((kind) =>
    names.map((name) => `arn:aws:rds:${region}:${account}:${kind}:${name}`),
  );
}

function allow(task: Task, actions: readonly string[], resources: readonly string[], why: string): void {
  const distinct = [...new Set(resources)];
  if (distinct.length === 0) return;
  task.allow(actions, distinct);
  for (const resource of distinct.filter((each) => each.includes('*'))) {
    acknowledge(task.role, `AwsSolutions-IAM5[Resource::${resource}]`, why);
  }
}

const named = 'Copies are named after their source and their recovery point, members after their cluster';

export type Places = readonly DatabasePlace[];

export function placesOf(databases: readonly DatabaseSettings[]): {
  readonly primary: Places;
  readonly standby: Places;
  readonly both: Places;
} {
  const primary = databases.map((database) => database.primary);
  const standby = databases.map((database) => database.standby);
  return { primary, standby, both: [...primary, ...standby] };
}

/** Describe them; and tags, which only some answers of RDS carry. */
export function describesDatabases(task: Task, places: Places): void {
  allow(
    task,
    ['rds:DescribeDBInstances', 'rds:DescribeDBClusters', 'rds:ListTagsForResource'],
    places.flatMap((place) => arnsOf(task, place)),
    named,
  );
}

/** Copied backups have ids of RDS's own. */
export function seesBackups(task: Task, databases: readonly DatabaseSettings[]): void {
  if (databases.length === 0) return;
  task.allowAnywhere(
    ['rds:DescribeDBInstanceAutomatedBackups'],
    'Backups are found by the name of their source, and have ids of their own',
  );
}

export function seesGlobalClusters(task: Task, databases: readonly DatabaseSettings[]): void {
  allow(task, ['rds:DescribeGlobalClusters'], globalArns(task, databases), named);
}

function globalArns(task: Task, databases: readonly DatabaseSettings[]): readonly string[] {
  const { account } = Stack.of(task);
  return databases.flatMap(({ globalCluster }) =>
    globalCluster === undefined ? [] : [`arn:aws:rds::${account}:global-cluster:${globalCluster}`],
  );
}

/** Restore beside the source, with the groups that the source has. */
export function restoresDatabases(task: Task, places: Places): void {
  const { account } = Stack.of(task);
  const groups = [...new Set(places.map(({ region }) => region))].flatMap((region) =>
    ['subgrp', 'pg', 'cluster-pg', 'og', 'auto-backup'].map(
      (kind) => `arn:aws:rds:${region}:${account}:${kind}:*`,
    ),
  );
  allow(
    task,
    [
      'rds:RestoreDBInstanceToPointInTime',
      'rds:RestoreDBClusterToPointInTime',
      'rds:CreateDBInstance',
      'rds:AddTagsToResource',
    ],
    [...places.flatMap((place) => arnsOf(task, place)), ...groups],
    'A copy gets the groups of its source, whatever they are called, and may be made of a copied backup',
  );
  passesMonitoringRole(task);
}

/** Make a copy like its source, or put another in its place. */
export function modifiesDatabases(task: Task, places: Places, actions: readonly string[]): void {
  const { account } = Stack.of(task);
  const groups = [...new Set(places.map(({ region }) => region))].flatMap((region) =>
    ['pg', 'cluster-pg', 'og'].map((kind) => `arn:aws:rds:${region}:${account}:${kind}:*`),
  );
  allow(
    task,
    actions,
    [...places.flatMap((place) => arnsOf(task, place)), ...groups],
    'A copy gets the groups of its source, whatever they are called',
  );
}

/** The role of enhanced monitoring is the source's own. */
export function passesMonitoringRole(task: Task): void {
  const { account } = Stack.of(task);
  const roles = `arn:aws:iam::${account}:role/*`;
  task.allow(['iam:PassRole'], [roles], {
    StringEquals: { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' },
  });
  acknowledge(
    task.role,
    `AwsSolutions-IAM5[Resource::${roles}]`,
    "The monitoring role is the source's own, whatever it is called; only RDS monitoring can get it",
  );
}

export function promotesDatabases(task: Task, databases: readonly DatabaseSettings[]): void {
  const clusters = databases.flatMap(({ kind, primary, standby }) =>
    kind === 'aurora' ? [...arnsOf(task, primary), ...arnsOf(task, standby)] : [],
  );
  allow(
    task,
    ['rds:PromoteReadReplica'],
    databases.flatMap(({ kind, standby }) => (kind === 'instance' ? arnsOf(task, standby) : [])),
    named,
  );
  allow(
    task,
    ['rds:FailoverGlobalCluster', 'rds:SwitchoverGlobalCluster'],
    [...globalArns(task, databases), ...clusters],
    named,
  );
}

/** Have RDS copy automated backups to the standby's region. */
export function copiesBackups(task: Task, databases: readonly DatabaseSettings[]): void {
  allow(
    task,
    ['rds:StartDBInstanceAutomatedBackupsReplication'],
    databases.flatMap(({ primary, standby }) => (standby.from === 'backups' ? arnsOf(task, primary) : [])),
    named,
  );
}

/** Ask functions of any region, by their names. */
export function runsFunctions(task: Task, functionArns: readonly string[]): void {
  task.allow(['lambda:InvokeFunction'], [...new Set(functionArns)]);
}

/** Read secrets of any region, or write them as well; Secrets Manager ends their ARNs with six characters. */
export function usesSecrets(
  task: Task,
  secrets: readonly { readonly region: string; readonly name: string }[],
  actions: readonly string[],
): void {
  const { account } = Stack.of(task);
  const arns = [
    ...new Set(
      secrets.map(({ region, name }) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`),
    ),
  ];
  if (arns.length > 0) task.allow(actions, arns);
}
