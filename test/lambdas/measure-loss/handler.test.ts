import { InvokeCommand } from '@aws-sdk/client-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/measure-loss/contract.ts';
import { handler } from '../../../lambdas/measure-loss/handler.ts';
import { awsError, deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp, global, unleased } from '../promotion-settings.ts';
import { startPromotionWorld, type PromotionWorld } from '../promotion-world.ts';

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  databases: [erlmcp],
  query: { region: 'eu-central-1', functionName: 'query-database' },
};
let ledger: MemoryLedger;
let world: PromotionWorld;

beforeEach(() => {
  ledger = memoryLedger();
  world = startPromotionWorld();
  deploy(settings);
  ledger.write('leases/erlmcp.json', {
    holder: 'primary',
    epoch: 4,
    renewedAt: '2026-11-23T12:03:00.000Z',
    ttlSeconds: 30,
    heartbeat: { at: '2026-11-23T12:03:00.000Z', position: '0/3000200' },
  });
});
const measure = async () => (await handler({ incident })).databases[0]!;

describe('measure-loss', () => {
  it('asks the replica by its own address, and changes nothing', async () => {
    expect(await measure()).toMatchObject({
      database: 'erlmcp',
      by: 'promote-replica',
      target: { identifier: 'erlmcp-replica' },
      lossSeconds: 42,
      lagSeconds: 7,
      fit: true,
    });
    const { Payload: asked } = world.lambda.commandCalls(InvokeCommand)[0]!.args[0].input;
    expect(JSON.parse(Buffer.from(asked as Uint8Array).toString())).toMatchObject({
      database: 'erlmcp',
      host: 'erlmcp-replica.rds.test',
      ask: ['heartbeat', 'state'],
    });
    expect(ledger.written).toEqual([`incidents/${incident.id}.json`]);
    expect(ledger.record().checks).toMatchObject([{ name: 'loss/erlmcp', held: true }]);
  });

  it.each([-1, null])('takes a published lag of %s for unknown', async (lag) => {
    world.lag = lag;
    expect((await measure()).lagSeconds).toBeNull();
  });

  it('says of a replica that does not answer that nothing is known', async () => {
    world.answer = awsError('TimeoutError', 'no answer');
    expect(await measure()).toMatchObject({ fit: 'unknown', lossSeconds: null });
  });

  it('says of a replica that is not there that it is not fit', async () => {
    world.instances.delete('erlmcp-replica');
    expect(await measure()).toMatchObject({ fit: false, lossSeconds: null });
  });

  it('says of a region that does not answer that it is not known', async () => {
    world.instances.set('erlmcp-replica', null);
    expect(await measure()).toMatchObject({ fit: 'unknown', lossSeconds: null });
  });

  it('measures in the order in which databases must be back', async () => {
    const orders = { ...unleased, name: 'orders', after: ['erlmcp'] };
    deploy({ ...settings, databases: [orders, erlmcp] });
    const { databases, reason } = await handler({ incident });
    expect(databases.map(({ database }) => database)).toEqual(['erlmcp', 'orders']);
    expect(reason).toBe('erlmcp would lose 42 s; it is not known what orders would lose');
  });

  it('fails over a global cluster whose primary does not answer, and switches one over that is well', async () => {
    deploy({ ...settings, databases: [global] });
    expect(await measure()).toMatchObject({ by: 'failover-global', fit: true });
    const { Payload: asked } = world.lambda.commandCalls(InvokeCommand)[0]!.args[0].input;
    expect(JSON.parse(Buffer.from(asked as Uint8Array).toString())).toMatchObject({
      host: 'ledger-secondary.cluster-ro.rds.test',
    });
    world.clusters.set('ledger', { DBClusterIdentifier: 'ledger', Status: 'available' });
    expect(await measure()).toMatchObject({ by: 'switchover-global', lossSeconds: 0 });
  });

  it('measures copied backups by their end', async () => {
    deploy({ ...settings, databases: [{ ...erlmcp, standby: { ...erlmcp.standby, from: 'backups' } }] });
    expect(await measure()).toMatchObject({ by: 'restore-backups', fit: false, lossSeconds: null });
    world.backupsTo = new Date('2026-11-23T11:58:00.000Z');
    expect(await measure()).toMatchObject({ by: 'restore-backups', fit: true, lossSeconds: 300 });
  });

  it('does not overtake a restore of the primary that is not over', async () => {
    ledger.write('recoveries/erlmcp.json', {
      ...{ kind: 'restore', database: 'erlmcp', site: 'primary', incidents: ['dev-1'], phase: 'restoring' },
      ...{ source: erlmcp.primary, target: { region: 'eu-west-1', identifier: 'erlmcp-r1' } },
      ...{ startedAt: incident.startedAt, updatedAt: incident.startedAt },
    });
    const loss = await measure();
    expect(loss.fit).toBe(false);
    expect(loss.evidence).toContain('is not over: it is restoring');
  });
});
