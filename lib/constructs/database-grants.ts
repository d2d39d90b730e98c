import { Stack } from 'aws-cdk-lib';
import type { DatabasePlace, DatabaseSettings } from '../../lambdas/database/contract.ts';
import { copyStem } from '../config/database-rules.ts';
import { acknowledge } from './acknowledge.ts';
import type { TaskFunction } from './task-function.ts';

/** What a task may do to the databases of the environment, and to what is made of them. */

type Task = TaskFunction<unknown>;

/** An instance or a cluster by its name, and all that is called after it. */
export interface GrantedPlace extends DatabasePlace {
  readonly kind: DatabaseSettings['kind'];
}

/**
 * So many are spelled out, with their copies. Of more only the beginning of each name is: IAM takes 10,240 characters
 * in a role and ten policies of 6,144 beside it, and a template has a megabyte.
 */
const spelledOut = 24;

/**
 * Itself, its copies, and the damaged one that was kept: as plan-restore and swap-database name them, by the first
 * characters of their source and a time of this century. The members of a restored cluster are called after it.
 */
function namesAfter(identifier: string, many: boolean): readonly string[] {
  const stem = (length: number) => identifier.slice(0, length).replace(/-+$/, '');
  if (many) return [`${stem(copyStem)}*`];
  return [identifier, `${stem(copyStem)}-r20????????????*`, `${stem(42)}-damaged-20*`];
}

function arnsOf(task: Task, places: Places): readonly string[] {
  const { account } = Stack.of(task);
  return places.flatMap(({ region, identifier, kind }) =>
    (kind === 'aurora' ? ['cluster', 'db'] : ['db']).flatMap((each) =>
      namesAfter(identifier, places.length > spelledOut).map(
        (name) => `arn:aws:rds:${region}:${account}:${each}:${name}`,
      ),
    ),
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

export type Places = readonly GrantedPlace[];

/** Where the standby has copied backups only, what is restored from them there is called after the primary. */
export function placesOf(databases: readonly DatabaseSettings[]): {
  readonly primary: Places;
  readonly standby: Places;
  readonly both: Places;
} {
  const primary = databases.map((database) => ({ ...database.primary, kind: database.kind }));
  const standby = databases.flatMap(({ kind, primary: { identifier }, standby: { from, ...place } }) => [
    { ...place, kind },
    ...(from === 'backups' ? [{ region: place.region, identifier, kind }] : []),
  ]);
  return { primary, standby, both: [...primary, ...standby] };
}

/** Describe them, with the tags by which a copy is known. */
export function describesDatabases(task: Task, places: Places): void {
  allow(task, describing(places), arnsOf(task, places), named);
  describesMembers(task, places);
}

function describing(places: Places): readonly string[] {
  const clusters = places.some(({ kind }) => kind === 'aurora') ? ['rds:DescribeDBClusters'] : [];
  return ['rds:DescribeDBInstances', ...clusters, 'rds:ListTagsForResource'];
}

/** Those of a cluster that Lifeboat did not make are called whatever their owner likes. */
function describesMembers(task: Task, places: Places): void {
  const { account } = Stack.of(task);
  const regions = regionsOf(places.filter(({ kind }) => kind === 'aurora'));
  allow(
    task,
    ['rds:DescribeDBInstances'],
    regions.map((region) => `arn:aws:rds:${region}:${account}:db:*`),
    'Members of a cluster have names of their own',
  );
}

/** Copied backups have ids of RDS's own; they are found by the name of their source. */
export function seesBackups(task: Task, databases: readonly DatabaseSettings[]): void {
  const { account } = Stack.of(task);
  const copied = databases.filter(({ standby }) => standby.from === 'backups');
  allow(
    task,
    ['rds:DescribeDBInstanceAutomatedBackups'],
    [
      ...arnsOf(task, placesOf(copied).standby),
      ...copied.map(({ standby: { region } }) => `arn:aws:rds:${region}:${account}:auto-backup:*`),
    ],
    'Copied backups have ids of their own, and are found by the name of their source',
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
  const actions = ofKinds(places, {
    instance: ['rds:RestoreDBInstanceToPointInTime'],
    aurora: ['rds:RestoreDBClusterToPointInTime', 'rds:CreateDBInstance'],
  });
  changesDatabases(task, places, [...actions, 'rds:AddTagsToResource']);
  namesGroups(task, places, actions, ['subgrp', 'pg', 'cluster-pg', 'og', 'auto-backup']);
  passesMonitoringRole(task, places);
  usesKeys(task, places);
}

/** Make a copy like its source; parameters that are static hold after a reboot only. */
export function alignsDatabases(task: Task, places: Places): void {
  const actions = ofKinds(places, {
    instance: ['rds:ModifyDBInstance'],
    aurora: ['rds:ModifyDBCluster', 'rds:ModifyDBInstance'],
  });
  changesDatabases(task, places, [...actions, 'rds:RebootDBInstance', 'rds:AddTagsToResource']);
  namesGroups(task, places, actions, ['pg', 'cluster-pg', 'og']);
  passesMonitoringRole(task, places);
  usesKeys(task, places);
}

/** Take the damaged one away from its users, and put another in its place. */
export function swapsDatabases(task: Task, places: Places): void {
  const actions = ofKinds(places, { instance: ['rds:ModifyDBInstance'], aurora: ['rds:ModifyDBCluster'] });
  changesDatabases(task, places, [...actions, 'rds:AddTagsToResource']);
}

function ofKinds(
  places: Places,
  actions: Readonly<Record<GrantedPlace['kind'], readonly string[]>>,
): readonly string[] {
  return [...new Set(places.flatMap(({ kind }) => actions[kind]))];
}

/** Who changes databases looks at them as well: in one statement, for there may be a hundred of them. */
function changesDatabases(task: Task, places: Places, actions: readonly string[]): void {
  allow(task, [...describing(places), ...actions], arnsOf(task, places), named);
  describesMembers(task, places);
}

/** RDS asks for the groups and backups, too, that a call names. */
function namesGroups(task: Task, places: Places, actions: readonly string[], kinds: readonly string[]): void {
  const { account } = Stack.of(task);
  allow(
    task,
    actions,
    regionsOf(places).flatMap((region) => kinds.map((kind) => `arn:aws:rds:${region}:${account}:${kind}:*`)),
    'A copy gets the groups of its source, whatever they are called, and may be made of a copied backup',
  );
}

/**
 * RDS makes a copy with the key of its source in the name of who asks for it. Which key that is the source says; the
 * condition holds it to what RDS does with it (RDS User Guide, Authorizing access to a customer managed key).
 */
function usesKeys(task: Task, places: Places): void {
  const { account } = Stack.of(task);
  for (const region of regionsOf(places)) {
    const keys = `arn:aws:kms:${region}:${account}:key/*`;
    task.allow(['kms:CreateGrant', 'kms:DescribeKey', 'kms:Decrypt', 'kms:GenerateDataKey'], [keys], {
      StringEquals: { 'kms:ViaService': `rds.${region}.amazonaws.com` },
    });
    acknowledge(
      task.role,
      `AwsSolutions-IAM5[Resource::${keys}]`,
      'The key is the one of the source, whatever it is; only RDS can use it in the name of this task',
    );
  }
}

function regionsOf(places: Places): readonly string[] {
  return [...new Set(places.map(({ region }) => region))];
}

/** The role of enhanced monitoring is the source's own. */
function passesMonitoringRole(task: Task, places: Places): void {
  if (places.length === 0) return;
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

/** Restart an instance, or a cluster's writer, in its other zone, and read what RDS tells of it. */
export function restartsDatabases(task: Task, places: Places): void {
  const of = (kind: GrantedPlace['kind']) => places.filter((place) => place.kind === kind);
  allow(task, ['rds:RebootDBInstance'], arnsOf(task, of('instance')), named);
  allow(task, ['rds:FailoverDBCluster'], arnsOf(task, of('aurora')), named);
  if (places.length > 0) {
    task.allowAnywhere(['rds:DescribeEvents'], 'RDS knows no resources for telling its events');
  }
}

/** Promotion, and nothing that could undo or repeat it elsewhere: of replicas, and of clusters of a global one. */
export function promotesDatabases(task: Task, databases: readonly DatabaseSettings[]): void {
  const { account } = Stack.of(task);
  const arn = (kind: string, { region, identifier }: DatabasePlace) =>
    `arn:aws:rds:${region}:${account}:${kind}:${identifier}`;
  const replicas = databases.filter(({ kind, standby }) => kind === 'instance' && standby.from === 'replica');
  allow(
    task,
    ['rds:PromoteReadReplica'],
    replicas.map(({ standby }) => arn('db', standby)),
    named,
  );
  const clusters = databases
    .filter(({ kind }) => kind === 'aurora')
    .flatMap(({ primary, standby }) => [arn('cluster', primary), arn('cluster', standby)]);
  allow(
    task,
    ['rds:FailoverGlobalCluster', 'rds:SwitchoverGlobalCluster'],
    [...globalArns(task, databases), ...clusters],
    named,
  );
}

/**
 * Have RDS copy automated backups to the standby's region, with a key that is there. Backups get ids of RDS's own
 * (service authorization reference: auto-backup and db).
 */
export function copiesBackups(task: Task, databases: readonly DatabaseSettings[]): void {
  const copied = databases.filter(({ standby }) => standby.from === 'backups');
  if (copied.length === 0) return;
  const { account } = Stack.of(task);
  const places = placesOf(copied);
  const action = 'rds:StartDBInstanceAutomatedBackupsReplication';
  allow(
    task,
    [action],
    [
      ...arnsOf(task, places.primary),
      ...regionsOf(places.both).map((region) => `arn:aws:rds:${region}:${account}:auto-backup:*`),
    ],
    'Backups have ids of their own, which RDS gives when it begins to copy',
  );
  task.allowAnywhere(['rds:CrossRegionCommunication'], 'RDS knows no resources for it');
  usesKeys(task, places.both);
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
