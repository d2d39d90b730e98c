import { describe, expect, it } from 'vitest';
import { like } from '../../../drill/cloud/iam/patterns.ts';
import { targetIdentifier } from '../../../lambdas/plan-restore/recovery-point.ts';
import { damagedName } from '../../../lambdas/swap-database/decide.ts';
import { loadEnvironment } from '../../../lib/config/load.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import { type Properties, type Stack, synthesized } from '../synthesized.ts';

/** What the roles may do to RDS, against the names that the tasks themselves make. */

const at = '2026-11-23T10:00:00Z';
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const roleOf = (value: unknown) => (value as { readonly Ref?: string }).Ref;

/** By the id of a role: its inline policies, and those beside it. */
function policiesOf(stack: Stack): ReadonlyMap<string, readonly Properties[]> {
  const found = new Map<string, Properties[]>();
  for (const [, policy] of [...stack.of('AWS::IAM::Policy'), ...stack.of('AWS::IAM::ManagedPolicy')]) {
    for (const role of asList(policy['Roles'] ?? [])) {
      const id = roleOf(role) ?? '';
      found.set(id, [...(found.get(id) ?? []), policy]);
    }
  }
  return found;
}

/** Whether a task may do something to a thing. */
function permissions(stack: Stack) {
  const policies = policiesOf(stack);
  return (task: string, action: string, resource: string): boolean => {
    const [id = ''] =
      stack.of('AWS::IAM::Role').find(([, { RoleName }]) => String(RoleName).endsWith(`-${task}`)) ?? [];
    const statements = (policies.get(id) ?? []).flatMap(
      ({ PolicyDocument }) => PolicyDocument.Statement as { Action: unknown; Resource: unknown }[],
    );
    expect(statements.length).toBeGreaterThan(0);
    return statements.some(
      ({ Action, Resource }) =>
        asList(Action).includes(action) &&
        asList(Resource).some((pattern) => typeof pattern === 'string' && like(pattern, resource)),
    );
  };
}

const acting = [
  ['start-restore', 'rds:RestoreDBInstanceToPointInTime'],
  ['start-restore', 'rds:AddTagsToResource'],
  ['check-restore', 'rds:DescribeDBInstances'],
  ['align-settings', 'rds:ModifyDBInstance'],
  ['align-settings', 'rds:RebootDBInstance'],
  ['swap-database', 'rds:ModifyDBInstance'],
  ['swap-database', 'rds:AddTagsToResource'],
] as const;

describe.each(['dev', 'staging', 'prod'])('with the instances of %s', (name) => {
  const environment = loadEnvironment(name);
  const { account, databases, sites } = environment;
  const may = permissions(synthesized(environment).recovery);
  const db = (region: string, identifier: string) => `arn:aws:rds:${region}:${account}:db:${identifier}`;

  it.each(acting)('%s may %s, of each and of its copies where they are made', (task, action) => {
    for (const { primary, standby } of databases) {
      const copy = targetIdentifier(primary.identifier, Date.parse(at));
      expect(may(task, action, db(sites.primary.region, primary.identifier))).toBe(true);
      expect(may(task, action, db(sites.primary.region, copy))).toBe(true);
      expect(may(task, action, db(sites.primary.region, targetIdentifier(copy, Date.parse(at))))).toBe(true);
      const fromBackups = standby.from === 'backups';
      expect(may(task, action, db(sites.standby.region, copy))).toBe(fromBackups);
    }
  });

  it.each(acting)('%s may not %s of what only begins like one of them', (task, action) => {
    for (const { primary } of databases) {
      for (const end of ['2', '-replica', '-reporting-warehouse', '-damaged']) {
        expect(may(task, action, db(sites.primary.region, primary.identifier + end))).toBe(false);
      }
    }
  });

  it('swap-database may still protect a damaged one under the name that it gave it', () => {
    for (const { primary } of databases) {
      const kept = db(sites.primary.region, damagedName(primary.identifier, at));
      expect(may('swap-database', 'rds:ModifyDBInstance', kept)).toBe(true);
      expect(may('start-restore', 'rds:DescribeDBInstances', kept)).toBe(true);
    }
  });

  it('only replicas of the environment may be promoted, and by one task', () => {
    for (const { primary, standby } of databases) {
      const promote = (task: string, region: string, identifier: string) =>
        may(task, 'rds:PromoteReadReplica', db(region, identifier));
      const isReplica = standby.from === 'replica';
      expect(promote('promote-database', sites.standby.region, standby.identifier)).toBe(isReplica);
      expect(promote('promote-database', sites.primary.region, primary.identifier)).toBe(false);
      expect(promote('check-promotion', sites.standby.region, standby.identifier)).toBe(false);
    }
  });

  it('backups are copied where the standby has no replica, and only there', () => {
    for (const { primary, standby } of databases) {
      const wanted = standby.from === 'backups';
      const copy = (resource: string) =>
        may('keep-copies', 'rds:StartDBInstanceAutomatedBackupsReplication', resource);
      expect(copy(db(sites.primary.region, primary.identifier))).toBe(wanted);
      expect(copy(`arn:aws:rds:${sites.standby.region}:${account}:auto-backup:ab-1`)).toBe(wanted);
    }
  });
});

describe('with a long name', () => {
  const dev = loadEnvironment('dev');
  const [database] = dev.databases;
  /** The fortieth character is a hyphen, which no name of a copy may have before another one. */
  const identifier = 'erlmcp-in-the-hosted-zone-of-a-customer-and-its-customers';
  const may = permissions(
    synthesized({ ...dev, databases: [{ ...database!, primary: { identifier } }] }).recovery,
  );
  const db = (name: string) => `arn:aws:rds:${dev.sites.primary.region}:${dev.account}:db:${name}`;

  it.each([targetIdentifier(identifier, Date.parse(at)), damagedName(identifier, at)])(
    '%s, which has not all of it, may be swapped',
    (name) => {
      expect(name.startsWith(identifier)).toBe(false);
      expect(may('swap-database', 'rds:ModifyDBInstance', db(name))).toBe(true);
    },
  );
});

describe('with a hundred Aurora clusters', () => {
  const dev = loadEnvironment('dev');
  const databases = Array.from({ length: 100 }, (_, index): Environment['databases'][number] => {
    const name = `ledger-${String(index).padStart(3, '0')}`;
    return {
      ...dev.databases[0]!,
      name,
      kind: 'aurora',
      globalCluster: `${name}-global`,
      primary: { identifier: `${name}-eu-west` },
      standby: { ...dev.databases[0]!.standby, identifier: `${name}-eu-central` },
      identity: {
        by: 'secret',
        secret: { primary: `lifeboat/dev/${name}`, standby: `lifeboat/dev/${name}` },
      },
      reader: { primary: `lifeboat/dev/${name}-reader`, standby: `lifeboat/dev/${name}-reader` },
    };
  });
  const { recovery, protection } = synthesized({ ...dev, databases });
  const may = permissions(recovery);

  it('every role holds what it must: 10,240 characters, and ten policies of 6,144 beside it (IAM quotas)', () => {
    for (const stack of [recovery, protection]) {
      for (const [role, policies] of policiesOf(stack)) {
        const sizes = policies.map(({ PolicyDocument }) => JSON.stringify(PolicyDocument).length);
        const [inline = 0, ...beside] = sizes;
        expect([role, inline <= 10_240]).toEqual([role, true]);
        expect([role, beside.length <= 10]).toEqual([role, true]);
        expect([role, beside.filter((size) => size > 6_144)]).toEqual([role, []]);
      }
    }
  });

  it('the last one may be restored, and failed over to, like the first one', () => {
    for (const { primary, globalCluster } of [databases.at(0)!, databases.at(-1)!]) {
      const cluster = (name: string) =>
        `arn:aws:rds:${dev.sites.primary.region}:${dev.account}:cluster:${name}`;
      const copy = targetIdentifier(primary.identifier, Date.parse(at));
      expect(may('start-restore', 'rds:RestoreDBClusterToPointInTime', cluster(copy))).toBe(true);
      const global = `arn:aws:rds::${dev.account}:global-cluster:${globalCluster ?? ''}`;
      expect(may('promote-database', 'rds:FailoverGlobalCluster', global)).toBe(true);
    }
  });

  it('a member is described by whatever name it has', () => {
    const member = `arn:aws:rds:${dev.sites.primary.region}:${dev.account}:db:writer`;
    expect(may('check-restore', 'rds:DescribeDBInstances', member)).toBe(true);
    expect(may('align-settings', 'rds:ModifyDBInstance', member)).toBe(false);
  });
});
