import { beforeEach, describe, expect, it } from 'vitest';
import type { Lease, Recovery } from '../../../lambdas/database/contract.ts';
import { handler } from '../../../lambdas/check-promotion/handler.ts';
import { awsError, deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';
import { aLoss, erlmcp, unleased } from '../promotion-settings.ts';
import { promoted, startPromotionWorld, type PromotionWorld } from '../promotion-world.ts';

let ledger: MemoryLedger;
let world: PromotionWorld;
const settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  databases: [erlmcp],
  query: { region: 'eu-central-1', functionName: 'query-database' },
};
const begun = (updatedAt = new Date().toISOString()) =>
  ledger.write('recoveries/erlmcp.json', {
    ...{
      kind: 'promotion',
      database: 'erlmcp',
      site: 'standby',
      incidents: [incident.id],
      phase: 'promoting',
    },
    ...{ source: erlmcp.primary, target: aLoss.target, startedAt: updatedAt, updatedAt },
  });
const lease = () => ledger.read<Lease>('leases/erlmcp.json');
const recovery = () => ledger.read<Recovery>('recoveries/erlmcp.json');

beforeEach(() => {
  ledger = memoryLedger();
  world = startPromotionWorld();
  deploy(settings);
  ledger.write('leases/erlmcp.json', { holder: 'nobody', epoch: 5, renewedAt: '', ttlSeconds: 30 });
  begun();
});

describe('check-promotion', () => {
  it('gives the standby its lease once its database can be written to', async () => {
    promoted(world);
    expect(await handler({ incident, loss: aLoss })).toMatchObject({
      ready: true,
      endpoint: { host: 'erlmcp-replica.rds.test', port: 5_432 },
      heartbeat: { at: '2026-11-23T12:02:18.000Z' },
    });
    expect(lease()).toMatchObject({ holder: 'standby', epoch: 6 });
    expect(recovery()).toMatchObject({
      phase: 'promoted',
      endpoint: { host: 'erlmcp-replica.rds.test', port: 5_432 },
    });
    await handler({ incident, loss: aLoss });
    expect(lease()).toMatchObject({ epoch: 6 });
    const told = ledger.record().timeline.filter(({ actor }) => actor === 'check-promotion');
    expect(told).toHaveLength(1);
  });

  it('waits while it is a replica, and asks it nothing', async () => {
    expect(await handler({ incident, loss: aLoss })).toMatchObject({ ready: false, status: 'available' });
    expect(world.lambda.calls()).toEqual([]);
    expect(lease()).toMatchObject({ holder: 'nobody' });
  });

  it('waits while it cannot be written to, or asked', async () => {
    promoted(world);
    world.answer = awsError('TooManyRequestsException', 'busy', 429);
    expect(await handler({ incident, loss: aLoss })).toMatchObject({ ready: false });
    expect(lease()).toMatchObject({ holder: 'nobody' });
    expect(recovery()).toMatchObject({ phase: 'promoting' });
  });

  it('fails when it outlasts its budget, is given up by RDS, or is gone', async () => {
    begun(new Date(Date.now() - 14_500_000).toISOString());
    const outlasted = { name: 'RestoreFailed', message: expect.stringContaining('within 14400 s') };
    await expect(handler({ incident, loss: aLoss })).rejects.toMatchObject(outlasted);
    world.instances.set('erlmcp-replica', { DBInstanceStatus: 'failed' });
    await expect(handler({ incident, loss: aLoss })).rejects.toMatchObject({ name: 'RestoreFailed' });
    world.instances.delete('erlmcp-replica');
    await expect(handler({ incident, loss: aLoss })).rejects.toMatchObject({ name: 'RestoreFailed' });
    expect(lease()).toMatchObject({ holder: 'nobody' });
  });

  it('gives no lease to a database that has none, and none away that the primary holds', async () => {
    promoted(world);
    deploy({ ...settings, databases: [unleased] });
    ledger.write('leases/erlmcp.json', { holder: 'primary', epoch: 4, renewedAt: '', ttlSeconds: 30 });
    expect(await handler({ incident, loss: aLoss })).toMatchObject({ ready: true });
    expect(lease()).toMatchObject({ holder: 'primary' });
    deploy(settings);
    await expect(handler({ incident, loss: aLoss })).rejects.toMatchObject({ name: 'UnsafePlan' });
  });

  it('refuses without the lock', async () => {
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(handler({ incident, loss: aLoss })).rejects.toMatchObject({ name: 'LockLost' });
  });
});
