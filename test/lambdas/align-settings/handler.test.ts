import { beforeEach, describe, expect, it } from 'vitest';
import { handler } from '../../../lambdas/align-settings/handler.ts';
import type { DatabaseSettings } from '../../../lambdas/database/contract.ts';
import type { RestorePlan } from '../../../lambdas/plan-restore/contract.ts';
import { handler as startRestore } from '../../../lambdas/start-restore/handler.ts';
import { localFleet, type LocalFleet } from '../local-fleet.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp } from '../restore-settings.ts';
import { aurora, planOf, seedAurora, seedErlmcp, setUp } from '../restored-databases.ts';

let ledger: MemoryLedger;
let fleet: LocalFleet;
let plan: RestorePlan;
const region = erlmcp.primary.region;
/** The source's backups are copied to another region; those of a copy of it are not, by themselves. */
const copies = 'DBInstanceAutomatedBackupsReplications';

beforeEach(() => {
  ledger = memoryLedger();
  fleet = localFleet();
  deploy({ environment: 'dev', ledgerBucket: 'ledger', databases: [erlmcp, aurora] });
});

async function restored(database: DatabaseSettings): Promise<void> {
  await (database === aurora ? seedAurora(fleet) : seedErlmcp(fleet));
  await fleet.pass(20);
  plan = planOf(fleet, database);
  await startRestore({ incident, plan });
  await fleet.pass(22);
  if (database === aurora) await startRestore({ incident, plan });
  await fleet.pass(6);
  fleet.calls.splice(0);
}

/** As the state machine does: half a minute between two looks. */
async function align(database = erlmcp) {
  await restored(database);
  for (let look = 1; look < 30; look++) {
    const output = await handler({ incident, plan });
    if (!output.waiting) return output;
    await fleet.pass(0.5);
  }
  throw new Error('it is never over');
}

const copy = () => fleet.describe(region, plan.target.identifier);
const called = (output: { remaining: readonly { setting: string }[] }) =>
  output.remaining.map(({ setting }) => setting.replace(/^\S+ /, ''));

describe('align-settings', () => {
  it('sets what a restore cannot, and leaves nothing that differs', async () => {
    const output = await align();
    expect(called(output)).toEqual([copies]);
    expect(output.fixed.map(({ setting }) => setting)).toEqual(
      ['PreferredMaintenanceWindow', 'MonitoringInterval', 'PerformanceInsightsEnabled'].map(
        (name) => `${plan.target.identifier} ${name}`,
      ),
    );
    expect(output.summary).toContain('is set up like its source as it is, but for');
    expect(fleet.calls).toEqual([`ModifyDBInstance ${plan.target.identifier}`]);
    expect(await copy()).toMatchObject({
      ...setUp,
      DBInstanceStatus: 'available',
      MonitoringInterval: 60,
      MonitoringRoleArn: 'arn:aws:iam::111111111111:role/monitoring',
      PerformanceInsightsEnabled: true,
      PreferredMaintenanceWindow: 'sun:02:00-sun:02:30',
    });
    const steps = ledger.record().steps.filter(({ step }) => step === 'align-settings');
    expect(steps.map(({ status }) => status)).toEqual(['changed', 'already-there']);
    expect(ledger.record().preImages['align-settings erlmcp']).toMatchObject({
      copy: { MonitoringInterval: 0 },
    });
  });

  it('sets right what differs although the restore asked for it, and reboots for parameters', async () => {
    await restored(erlmcp);
    fleet.rds.seedInstance({
      region,
      identifier: 'bare-r20261123110000',
      server: await fleet.engine.create('bare'),
      dbName: 'app',
      tags: { 'lifeboat:recovery': 'bare-r20261123110000', team: 'b' },
      settings: { PubliclyAccessible: true, MultiAZ: false },
    });
    plan = { ...plan, target: { region, identifier: 'bare-r20261123110000' } };
    let output = await handler({ incident, plan });
    while (output.waiting) {
      await fleet.pass(0.5);
      output = await handler({ incident, plan });
    }
    const { MultiAZ, DeletionProtection, IAMDatabaseAuthenticationEnabled } = setUp;
    const { EnabledCloudwatchLogsExports, BackupRetentionPeriod } = setUp;
    expect(await copy()).toMatchObject({
      ...{ MultiAZ, DeletionProtection, IAMDatabaseAuthenticationEnabled },
      ...{ EnabledCloudwatchLogsExports, BackupRetentionPeriod },
      PubliclyAccessible: false,
      DBParameterGroups: [{ DBParameterGroupName: 'tuned', ParameterApplyStatus: 'in-sync' }],
      TagList: expect.arrayContaining([{ Key: 'team', Value: 'a' }]),
    });
    expect(fleet.calls.map((call) => call.split(' ')[0])).toEqual([
      'ModifyDBInstance',
      'AddTagsToResource',
      'RebootDBInstance',
    ]);
    expect(called(output)).toEqual(['DBSubnetGroup', copies]);
    expect(output.summary).toContain('move it by hand');
  });

  it('goes on without a setting that RDS refuses, and tells which', async () => {
    fleet.before = (name, input) => {
      if (name === 'ModifyDBInstance' && 'MonitoringInterval' in input)
        throw awsError('AccessDenied', 'no iam:PassRole');
    };
    const output = await align();
    expect(called(output)).toEqual([copies, 'MonitoringInterval']);
    expect(output.remaining[1]?.why).toContain('no iam:PassRole');
    expect(await copy()).toMatchObject({ PerformanceInsightsEnabled: true, MonitoringInterval: 0 });
  });

  it('does not ask for ever for what RDS takes and does not do', async () => {
    await restored(erlmcp);
    const asked: unknown[] = [];
    fleet.before = (_, input) => {
      asked.push({ ...input });
      delete input['MonitoringInterval'];
    };
    let output = await handler({ incident, plan });
    while (output.waiting) {
      await fleet.pass(0.5);
      output = await handler({ incident, plan });
    }
    expect(asked).toHaveLength(1);
    expect(output.remaining[0]?.why).toContain('it is still so');
  });

  it('tells of replicas and roles that the damaged one has, and the copy has not', async () => {
    await restored(erlmcp);
    fleet.rds.seedInstance({
      region,
      identifier: 'erlmcp-reader',
      server: await fleet.engine.create('reader'),
      dbName: 'app',
      replicaOf: `arn:aws:rds:${region}:111111111111:db:erlmcp`,
    });
    let output = await handler({ incident, plan });
    while (output.waiting) {
      await fleet.pass(0.5);
      output = await handler({ incident, plan });
    }
    expect(called(output)).toEqual(['ReadReplicaDBInstanceIdentifiers', copies]);
    expect(output.summary).toContain('make new ones of the copy');
  });

  it('waits for a copy that is busy, and for its own request to show', async () => {
    await restored(erlmcp);
    expect(await handler({ incident, plan })).toMatchObject({ status: 'changed', waiting: true });
    expect(await handler({ incident, plan })).toMatchObject({ status: 'already-there', waiting: true });
    await fleet.pass(0.5);
    expect((await handler({ incident, plan })).summary).toContain('is modifying');
    expect(fleet.calls).toHaveLength(1);
  });

  it('tells the change of a try whose answer was lost', async () => {
    await restored(erlmcp);
    fleet.after = () => {
      throw awsError('TimeoutError');
    };
    await expect(handler({ incident, plan })).rejects.toMatchObject({ name: 'TryAgain' });
    fleet.after = () => undefined;
    await fleet.pass(3);
    expect(await handler({ incident, plan })).toMatchObject({ status: 'changed', waiting: false });
  });

  it('compares with what was kept when the source cannot be asked', async () => {
    await seedErlmcp(fleet);
    await fleet.pass(20);
    const described = await fleet.describe(region, 'erlmcp');
    ledger.write('databases/erlmcp/settings.json', {
      at: '2026-11-23T11:00:00Z',
      ...erlmcp.primary,
      described,
      tags: { team: 'a' },
    });
    const target = { region: erlmcp.standby.region, identifier: 'erlmcp-r20261123120500' };
    plan = { ...planOf(fleet, erlmcp), site: 'standby', target, recoveryPoint: '2026-11-23T12:05:00Z' };
    plan = { ...plan, backupsArn: await fleet.copiedBackups(erlmcp) };
    fleet.dark.add(region);
    await startRestore({ incident, plan });
    await fleet.pass(22);
    let output = await handler({ incident, plan });
    while (output.waiting) {
      await fleet.pass(0.5);
      output = await handler({ incident, plan });
    }
    expect(called(output)).toEqual([
      'DBParameterGroups',
      'DBSubnetGroup',
      'VpcSecurityGroups',
      'OptionGroupMemberships',
      copies,
    ]);
    expect(await fleet.describe(target.region, target.identifier)).toMatchObject({ MonitoringInterval: 60 });
  });

  it('changes nothing in mode plan, and needs the lock', async () => {
    await restored(erlmcp);
    expect(await handler({ incident: planOnly, plan })).toMatchObject({ status: 'planned', waiting: false });
    expect(fleet.calls).toEqual([]);
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(handler({ incident, plan })).rejects.toMatchObject({ name: 'LockLost' });
  });

  it('touches nothing that is no copy of this recovery', async () => {
    await restored(erlmcp);
    const other = { ...plan, target: erlmcp.primary };
    await expect(handler({ incident, plan: other })).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(fleet.calls).toEqual([]);
  });
});

describe('a restored cluster', () => {
  it('is set up like its source, instance by instance', async () => {
    const output = await align(aurora);
    expect(output.remaining).toEqual([]);
    const { identifier } = plan.target;
    expect(await fleet.describe(region, `${identifier}-2`)).toMatchObject({
      DBInstanceClass: 'db.r6g.xlarge',
      PreferredMaintenanceWindow: 'sun:02:00-sun:02:30',
      DBParameterGroups: [{ DBParameterGroupName: 'tuned' }],
    });
    const [source, target] = [await fleet.cluster(region, 'ledger'), await fleet.cluster(region, identifier)];
    expect(target?.DBClusterParameterGroup).toBe(source?.DBClusterParameterGroup);
    expect(target?.PreferredMaintenanceWindow).toBe(source?.PreferredMaintenanceWindow);
  });
});
