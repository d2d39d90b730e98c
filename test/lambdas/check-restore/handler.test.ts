import { beforeEach, describe, expect, it } from 'vitest';
import { handler } from '../../../lambdas/check-restore/handler.ts';
import type { DatabaseSettings, Recovery } from '../../../lambdas/database/contract.ts';
import type { RestorePlan } from '../../../lambdas/plan-restore/contract.ts';
import { handler as startRestore } from '../../../lambdas/start-restore/handler.ts';
import { localFleet, type LocalFleet } from '../local-fleet.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp } from '../restore-settings.ts';
import { aurora, planOf, seedAurora, seedErlmcp } from '../restored-databases.ts';

let ledger: MemoryLedger;
let fleet: LocalFleet;
let plan: RestorePlan;
const recovery = (name = 'erlmcp') => ledger.read<Recovery>(`recoveries/${name}.json`);

async function begin(database: DatabaseSettings): Promise<void> {
  await fleet.pass(20);
  plan = planOf(fleet, database);
  await startRestore({ incident, plan });
}

beforeEach(async () => {
  ledger = memoryLedger();
  fleet = localFleet();
  deploy({ environment: 'dev', ledgerBucket: 'ledger', databases: [erlmcp, aurora] });
  await seedErlmcp(fleet);
});

describe('check-restore', () => {
  it('says where the copy answers once it is available, and keeps it', async () => {
    await begin(erlmcp);
    expect(await handler({ incident, plan })).toMatchObject({
      ready: false,
      status: 'creating',
      endpoint: null,
    });
    expect(recovery()).toMatchObject({ phase: 'restoring' });
    await fleet.pass(21);
    const { ready, endpoint, elapsedSeconds, summary } = await handler({ incident, plan });
    expect(ready).toBe(true);
    expect(endpoint).toEqual({ host: expect.stringContaining(plan.target.identifier), port: 5432 });
    expect(elapsedSeconds).toBe(21 * 60);
    expect(summary).toContain('is available after 21 min');
    expect(recovery()).toMatchObject({ phase: 'restored', endpoint, restoredAt: expect.any(String) });
  });

  it.each(['failed', 'incompatible-restore'] as const)(
    'fails when the copy is %s, and says what to do',
    async (status) => {
      fleet.rds.setFault(erlmcp.primary.region, { kind: 'restore-fails', status });
      await begin(erlmcp);
      await fleet.pass(21);
      await expect(handler({ incident, plan })).rejects.toMatchObject({
        name: 'RestoreFailed',
        message: expect.stringMatching(new RegExp(`is ${status}, after 21 min; erlmcp is untouched.*events`)),
      });
      expect(await fleet.describe(erlmcp.primary.region, 'erlmcp')).toMatchObject({
        DBInstanceStatus: 'available',
      });
    },
  );

  it('fails when the restore outlasts its budget', async () => {
    fleet.rds.setFault(erlmcp.primary.region, { kind: 'restore-hangs' });
    await begin(erlmcp);
    await fleet.pass(plan.budgetSeconds / 60);
    expect(await handler({ incident, plan })).toMatchObject({ ready: false });
    await fleet.pass(1);
    await expect(handler({ incident, plan })).rejects.toMatchObject({
      name: 'RestoreFailed',
      message: expect.stringContaining(
        'still creating after 2 h 1 min, and 2 h were allowed; erlmcp is untouched',
      ),
    });
  });

  it('fails when somebody has deleted the copy', async () => {
    await begin(erlmcp);
    const lost = { ...plan, target: { ...plan.target, identifier: 'erlmcp-gone' } };
    expect(await handler({ incident, plan: lost })).toMatchObject({ ready: false, status: 'not listed' });
    await fleet.pass(3);
    await expect(handler({ incident, plan: lost })).rejects.toMatchObject({ name: 'RestoreFailed' });
  });

  it('refuses what is no copy of this recovery', async () => {
    await begin(erlmcp);
    const other = { ...plan, target: erlmcp.primary };
    await expect(handler({ incident, plan: other })).rejects.toMatchObject({ name: 'UnsafePlan' });
  });

  it('waits for nothing in mode plan, and needs the lock', async () => {
    const unborn = planOf(fleet, erlmcp);
    expect(await handler({ incident: planOnly, plan: unborn })).toMatchObject({
      ready: true,
      endpoint: null,
    });
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(handler({ incident, plan: unborn })).rejects.toMatchObject({ name: 'LockLost' });
  });
});

describe('a restored cluster', () => {
  it('is ready when its instances are', async () => {
    await seedAurora(fleet);
    await begin(aurora);
    await fleet.pass(21);
    expect(await handler({ incident, plan })).toMatchObject({
      ready: false,
      summary: expect.stringContaining('it has no instance yet'),
    });
    await startRestore({ incident, plan });
    expect(await handler({ incident, plan })).toMatchObject({
      ready: false,
      summary: expect.stringContaining(`${plan.target.identifier}-1 is creating`),
    });
    await fleet.pass(6);
    const { ready, endpoint } = await handler({ incident, plan });
    expect(ready).toBe(true);
    expect(endpoint?.host).toContain(`${plan.target.identifier}.cluster-`);
    expect(recovery('ledger')).toMatchObject({ phase: 'restored', endpoint });
  });
});
