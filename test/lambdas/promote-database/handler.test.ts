import {
  FailoverGlobalClusterCommand,
  PromoteReadReplicaCommand,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-rds';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Recovery } from '../../../lambdas/database/contract.ts';
import { handler } from '../../../lambdas/promote-database/handler.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { aLoss, erlmcp, global } from '../promotion-settings.ts';
import { clusterArn, promoted, startPromotionWorld, type PromotionWorld } from '../promotion-world.ts';

let ledger: MemoryLedger;
let world: PromotionWorld;
const safeAt = '2026-11-23T12:10:00.000Z';

beforeEach(() => {
  ledger = memoryLedger();
  world = startPromotionWorld();
  deploy({ environment: 'dev', ledgerBucket: 'ledger', databases: [erlmcp, global] });
  const nobodys = { holder: 'nobody', epoch: 5, renewedAt: incident.startedAt, ttlSeconds: 30 };
  ledger.write('leases/erlmcp.json', nobodys);
  ledger.write('leases/ledger.json', nobodys);
});
const input = { incident, loss: aLoss, safeAt: new Date(0).toISOString() };
const asked = () => world.rds.commandCalls(PromoteReadReplicaCommand).map(({ args }) => args[0].input);
const recovery = () => ledger.read<Recovery | null>('recoveries/erlmcp.json');

describe('promote-database', () => {
  it('promotes the replica, with the backups that the primary had', async () => {
    ledger.write('databases/erlmcp/settings.json', {
      described: { BackupRetentionPeriod: 14, PreferredBackupWindow: '03:00-04:00' },
    });
    expect(await handler(input)).toMatchObject({ status: 'changed', before: { promoted: false } });
    expect(asked()).toEqual([
      {
        DBInstanceIdentifier: 'erlmcp-replica',
        BackupRetentionPeriod: 14,
        PreferredBackupWindow: '03:00-04:00',
      },
    ]);
    expect(recovery()).toMatchObject({ kind: 'promotion', site: 'standby', phase: 'promoting' });
    expect(ledger.record().steps).toMatchObject([{ step: 'promote-database', status: 'changed' }]);
  });

  it('gives a replica backups of a day when nothing else is known', async () => {
    await handler(input);
    expect(asked()).toMatchObject([{ BackupRetentionPeriod: 1 }]);
  });

  it('has on the ledger that it has begun before RDS is asked', async () => {
    world.refusal = awsError('InternalFailure', 'try later', 500);
    await expect(handler(input)).rejects.toMatchObject({ name: 'TryAgain' });
    expect(recovery()).toMatchObject({ phase: 'promoting' });
  });

  it('refuses before it is safe', async () => {
    const later = new Date(Date.now() + 20_000).toISOString();
    await expect(handler({ ...input, safeAt: later })).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(asked()).toEqual([]);
    expect(recovery()).toBeNull();
  });

  it.each(['primary', null])('refuses when the lease is held by %s', async (holder) => {
    if (holder === null) ledger.objects.delete('leases/erlmcp.json');
    else ledger.write('leases/erlmcp.json', { holder, epoch: 6, renewedAt: safeAt, ttlSeconds: 30 });
    await expect(handler(input)).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(asked()).toEqual([]);
  });

  it.each([
    ['InvalidDBInstanceStateFault', 'TryAgain'],
    ['InvalidDBInstanceState', 'TryAgain'],
    ['Throttling', 'TryAgain'],
    ['DBInstanceNotFoundFault', 'UnsafePlan'],
    ['InvalidParameterValue', 'UnsafePlan'],
    ['AccessDeniedException', 'AccessDeniedException'],
  ])('translates %s to %s', async (thrown, name) => {
    world.refusal = awsError(thrown, 'because');
    await expect(handler(input)).rejects.toMatchObject({ name, message: expect.stringContaining('because') });
    expect(ledger.record().steps).toEqual([]);
  });

  it('tells the change of a try that died before it could', async () => {
    world.refusal = awsError('TimeoutError', 'the answer was lost');
    await expect(handler(input)).rejects.toMatchObject({ name: 'TryAgain' });
    promoted(world);
    expect(await handler(input)).toMatchObject({ status: 'changed' });
    expect(await handler(input)).toMatchObject({ status: 'already-there' });
    expect(asked()).toHaveLength(1);
  });

  it('finds it done when another incident has done it', async () => {
    await handler(input);
    promoted(world);
    const other = { ...incident, id: 'dev-2' };
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), incidentId: other.id });
    ledger.write('incidents/dev-2.json', { ...ledger.record(), ref: other, steps: [], preImages: {} });
    expect(await handler({ ...input, incident: other })).toMatchObject({ status: 'already-there' });
    expect(recovery()?.incidents).toEqual([incident.id, 'dev-2']);
    expect(asked()).toHaveLength(1);
  });

  it('changes nothing in mode plan', async () => {
    expect(await handler({ ...input, incident: planOnly })).toMatchObject({ status: 'planned' });
    expect(asked()).toEqual([]);
    expect(recovery()).toBeNull();
  });

  it('refuses without the lock, and a copy that is not there', async () => {
    world.instances.delete('erlmcp-replica');
    await expect(handler(input)).rejects.toMatchObject({ name: 'UnsafePlan' });
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(handler(input)).rejects.toMatchObject({ name: 'LockLost' });
  });

  it('does not begin while a restore of the same database is not over', async () => {
    ledger.write('recoveries/erlmcp.json', {
      ...{ kind: 'restore', database: 'erlmcp', site: 'primary', incidents: ['dev-1'], phase: 'restoring' },
      ...{ source: erlmcp.primary, target: erlmcp.primary, startedAt: safeAt, updatedAt: safeAt },
    });
    await expect(handler(input)).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(asked()).toEqual([]);
  });
});

describe('a global cluster', () => {
  const loss = { ...aLoss, database: 'ledger', target: global.standby };
  it('fails over with data loss allowed, in the standby’s region', async () => {
    expect(await handler({ ...input, loss: { ...loss, by: 'failover-global' } })).toMatchObject({
      status: 'changed',
    });
    expect(world.rds.commandCalls(FailoverGlobalClusterCommand).map(({ args }) => args[0].input)).toEqual([
      {
        GlobalClusterIdentifier: 'ledger-global',
        TargetDbClusterIdentifier: clusterArn('eu-central-1', 'ledger-secondary'),
        AllowDataLoss: true,
      },
    ]);
  });

  it('switches over without any loss', async () => {
    await handler({ ...input, loss: { ...loss, by: 'switchover-global' } });
    expect(world.rds.commandCalls(FailoverGlobalClusterCommand)).toEqual([]);
    expect(world.rds.commandCalls(SwitchoverGlobalClusterCommand)).toHaveLength(1);
  });

  it('that has its writer in the standby is left alone', async () => {
    world.globalWriter = clusterArn('eu-central-1', 'ledger-secondary');
    expect(await handler({ ...input, loss: { ...loss, by: 'failover-global' } })).toMatchObject({
      status: 'already-there',
    });
    expect(world.rds.commandCalls(FailoverGlobalClusterCommand)).toEqual([]);
  });

  it('that is busy is waited for', async () => {
    world.refusal = awsError('InvalidGlobalClusterStateFault', 'failing over');
    await expect(handler({ ...input, loss: { ...loss, by: 'failover-global' } })).rejects.toMatchObject({
      name: 'TryAgain',
    });
  });
});
