import { beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseSettings, Recovery } from '../../../lambdas/database/contract.ts';
import { handler } from '../../../lambdas/start-restore/handler.ts';
import { localFleet, type LocalFleet } from '../local-fleet.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp as settings } from '../restore-settings.ts';
import { aurora, planOf, seedAurora, seedErlmcp, setUp } from '../restored-databases.ts';
import { awsError } from '../memory-ledger.ts';

let ledger: MemoryLedger;
let fleet: LocalFleet;
const recovery = () => ledger.read<Recovery | null>('recoveries/erlmcp.json');
const input = async () => ({ incident, plan: planOf(fleet, settings) });

beforeEach(async () => {
  ledger = memoryLedger();
  fleet = localFleet();
  deploy({
    environment: 'dev',
    ledgerBucket: 'ledger',
    databases: [settings, aurora] satisfies DatabaseSettings[],
  });
  await seedErlmcp(fleet);
  await fleet.pass(20);
});

describe('start-restore', () => {
  it('restores beside the source, with all that RDS does not carry over', async () => {
    const given = await input();
    expect(await handler(given)).toMatchObject({ status: 'changed', waiting: false });
    const copy = await fleet.describe(settings.primary.region, given.plan.target.identifier);
    expect(copy).toMatchObject({
      ...setUp,
      DBInstanceStatus: 'creating',
      DBSubnetGroup: { DBSubnetGroupName: 'private' },
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-11111111' }, { VpcSecurityGroupId: 'sg-22222222' }],
      DBParameterGroups: [{ DBParameterGroupName: 'tuned' }],
      OptionGroupMemberships: [{ OptionGroupName: 'options' }],
      // Not members of a restore: align-settings sees to them.
      MonitoringInterval: 0,
      PreferredMaintenanceWindow: 'mon:04:00-mon:04:30',
    });
    expect(copy?.TagList).toEqual([
      { Key: 'team', Value: 'a' },
      { Key: 'lifeboat:recovery', Value: given.plan.target.identifier },
      { Key: 'lifeboat:incident', Value: incident.id },
    ]);
    expect(recovery()).toMatchObject({
      phase: 'restoring',
      kind: 'restore',
      recoveryPoint: given.plan.recoveryPoint,
    });
    expect(await fleet.describe(settings.primary.region, 'erlmcp')).toMatchObject({
      DBInstanceStatus: 'available',
    });
    expect(ledger.record().steps).toMatchObject([{ step: 'start-restore', status: 'changed' }]);
    expect(ledger.record().preImages['start-restore erlmcp']).toMatchObject({ target: null });
  });

  it('waits while the log up to the recovery point is not shipped, and has done nothing', async () => {
    const plan = planOf(fleet, settings, 'now');
    expect(await handler({ incident, plan })).toMatchObject({ waiting: true });
    expect(fleet.calls).toEqual([]);
    expect(recovery()).toBeNull();
    await fleet.pass(6);
    expect(await handler({ incident, plan })).toMatchObject({ waiting: false, status: 'changed' });
  });

  it('gives up waiting when the log is stuck', async () => {
    const plan = planOf(fleet, settings, 'now');
    fleet.rds.stop();
    await fleet.pass(40);
    await expect(handler({ incident, plan })).rejects.toMatchObject({ name: 'RestoreFailed' });
    expect(fleet.calls).toEqual([]);
  });

  it('changes nothing in mode plan', async () => {
    expect(await handler({ ...(await input()), incident: planOnly })).toMatchObject({
      status: 'planned',
      waiting: false,
    });
    expect(fleet.calls).toEqual([]);
    expect(recovery()).toBeNull();
  });

  it('finds its own work when its answer was lost', async () => {
    const given = await input();
    fleet.after = () => {
      throw awsError('TimeoutError');
    };
    await expect(handler(given)).rejects.toMatchObject({ name: 'TryAgain' });
    expect(recovery()).toMatchObject({ phase: 'planned' });
    expect(await handler(given)).toMatchObject({ status: 'changed', waiting: false });
    expect(await handler(given)).toMatchObject({ status: 'already-there', waiting: false });
    expect(fleet.calls).toHaveLength(1);
    expect(recovery()).toMatchObject({ phase: 'restoring' });
    expect(ledger.record().steps).toHaveLength(1);
  });

  it('goes on with the restore of an earlier incident', async () => {
    const given = await input();
    await handler(given);
    const other = { ...incident, id: 'dev-2' };
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), incidentId: other.id });
    ledger.write('incidents/dev-2.json', { ...ledger.record(), ref: other, steps: [], preImages: {} });
    expect(await handler({ ...given, incident: other })).toMatchObject({
      status: 'already-there',
      waiting: false,
    });
    expect(recovery()?.incidents).toEqual([incident.id, 'dev-2']);
    expect(fleet.calls).toHaveLength(1);
  });

  it('refuses a name that something else has', async () => {
    const { plan } = await input();
    const server = await fleet.engine.create('other');
    fleet.rds.seedInstance({ ...plan.target, server, dbName: 'other' });
    await expect(handler({ incident, plan })).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringContaining('is taken'),
    });
    expect(recovery()).toBeNull();
  });

  it('says what to do when the quota is used up, and leaves room for another try', async () => {
    fleet.rds.setFault(settings.primary.region, { kind: 'quota' });
    const given = await input();
    await expect(handler(given)).rejects.toMatchObject({
      name: 'CapacityFailed',
      message: expect.stringMatching(/"DB instances".*Nothing was changed.*Service Quotas/),
    });
    expect(recovery()).toMatchObject({ phase: 'abandoned' });
  });

  it.each([
    ['Throttling', 'TryAgain'],
    ['InvalidDBInstanceStateFault', 'TryAgain'],
    ['StorageQuotaExceededFault', 'CapacityFailed'],
    ['InsufficientDBInstanceCapacityFault', 'CapacityFailed'],
    ['PointInTimeRestoreNotEnabledFault', 'UnsafePlan'],
    ['DBSubnetGroupNotFoundFault', 'UnsafePlan'],
    ['KMSKeyNotAccessibleFault', 'UnsafePlan'],
    ['InvalidParameterCombination', 'UnsafePlan'],
    ['AccessDenied', 'AccessDenied'],
  ])('translates %s to %s', async (thrown, name) => {
    fleet.before = () => {
      throw awsError(thrown, 'because');
    };
    await expect(handler(await input())).rejects.toMatchObject({
      name,
      message: expect.stringContaining('because'),
    });
    expect(ledger.record().steps).toEqual([]);
  });

  it('refuses without the lock, and a database that the environment does not have', async () => {
    const given = await input();
    await expect(handler({ ...given, plan: { ...given.plan, database: 'other' } })).rejects.toMatchObject({
      name: 'InvalidInput',
    });
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(handler(given)).rejects.toMatchObject({ name: 'LockLost' });
  });
});

describe('a restore from copied backups', () => {
  const copy = 'erlmcp-r20261123120000';
  const planThere = async () => ({
    ...planOf(fleet, settings),
    recoveryPoint: '2026-11-23T12:05:00Z',
    site: 'standby' as const,
    backupsArn: await fleet.copiedBackups(settings),
    target: { region: settings.standby.region, identifier: copy },
  });
  const kept = async () => ({
    at: '2026-11-23T11:00:00Z',
    ...settings.primary,
    described: await fleet.describe(settings.primary.region, 'erlmcp'),
    tags: { team: 'a' },
  });

  it('takes the settings that were kept, and tells what of them belongs to the lost region', async () => {
    ledger.write('databases/erlmcp/settings.json', await kept());
    fleet.dark.add(settings.primary.region);
    const { summary } = await handler({ incident, plan: await planThere() });
    expect(summary).toContain('as it was kept at 2026-11-23T11:00:00Z');
    expect(summary).toMatch(/nothing is known of them in eu-west-1: .*DBSubnetGroup, VpcSecurityGroups/);
    expect(await fleet.describe(settings.standby.region, copy)).toMatchObject({
      ...setUp,
      PubliclyAccessible: false,
      DBSubnetGroup: { DBSubnetGroupName: 'default' },
    });
  });

  it('takes networks and groups from what was kept of the standby', async () => {
    ledger.write('databases/erlmcp/settings.json', await kept());
    const standby = {
      DBSubnetGroup: { DBSubnetGroupName: 'there' },
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-99999999' }],
    };
    ledger.write('databases/erlmcp/settings-standby.json', {
      at: '2026-11-23T11:30:00Z',
      ...settings.standby,
      described: standby,
      tags: {},
    });
    fleet.dark.add(settings.primary.region);
    await handler({ incident, plan: await planThere() });
    expect(await fleet.describe(settings.standby.region, copy)).toMatchObject({
      DBSubnetGroup: { DBSubnetGroupName: 'there' },
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-99999999' }],
      MultiAZ: true,
    });
  });

  it('is never public, although nothing is known of the source', async () => {
    fleet.dark.add(settings.primary.region);
    expect((await handler({ incident, plan: await planThere() })).summary).toContain(
      'no settings of it were kept',
    );
    expect(await fleet.describe(settings.standby.region, copy)).toMatchObject({
      PubliclyAccessible: false,
    });
  });
});

describe('a restore of an Aurora cluster', () => {
  it('makes the instances that the source had, once the cluster is available', async () => {
    await seedAurora(fleet);
    await fleet.pass(20);
    const plan = planOf(fleet, aurora);
    const { region, identifier } = plan.target;
    expect(await handler({ incident, plan })).toMatchObject({ status: 'changed', waiting: true });
    expect(await handler({ incident, plan })).toMatchObject({ status: 'already-there', waiting: true });
    await fleet.pass(21);
    expect(await handler({ incident, plan })).toMatchObject({ status: 'changed', waiting: false });
    expect(await handler({ incident, plan })).toMatchObject({ status: 'already-there', waiting: false });
    const cluster = await fleet.cluster(region, identifier);
    expect(cluster?.DBClusterMembers).toMatchObject([
      { DBInstanceIdentifier: `${identifier}-1`, IsClusterWriter: true },
      { DBInstanceIdentifier: `${identifier}-2`, IsClusterWriter: false },
    ]);
    expect(cluster).toMatchObject({ DBSubnetGroup: 'private', DeletionProtection: true });
    expect(await fleet.describe(region, `${identifier}-2`)).toMatchObject({
      DBInstanceClass: 'db.r6g.xlarge',
      MonitoringInterval: 60,
    });
  });

  it('fails when the cluster does, and when it outlasts its budget', async () => {
    await seedAurora(fleet);
    await fleet.pass(20);
    const plan = planOf(fleet, aurora);
    fleet.rds.setFault(plan.target.region, { kind: 'restore-hangs' });
    await handler({ incident, plan });
    await fleet.pass(plan.budgetSeconds / 60 + 1);
    await expect(handler({ incident, plan })).rejects.toMatchObject({
      name: 'RestoreFailed',
      message: expect.stringMatching(/still creating after 2 h 1 min.*ledger is untouched/),
    });
  });
});
