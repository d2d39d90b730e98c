import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lease } from '../../../lambdas/database/contract.ts';
import type { Settings } from '../../../lambdas/fence-primary/contract.ts';
import { handler } from '../../../lambdas/fence-primary/handler.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp, unleased } from '../promotion-settings.ts';
import { startPromotionWorld, type PromotionWorld } from '../promotion-world.ts';

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  databases: [erlmcp, { ...unleased, name: 'orders' }],
  setWriters: { region: 'eu-west-1', functionName: 'set-writers' },
};
const held: Lease = { holder: 'primary', epoch: 4, renewedAt: '', ttlSeconds: 30 };
const key = 'leases/erlmcp.json';
let ledger: MemoryLedger;
let world: PromotionWorld;

beforeEach(() => {
  ledger = memoryLedger();
  world = startPromotionWorld();
  deploy(settings);
  ledger.write(key, { ...held, renewedAt: new Date(Date.now() - 5_000).toISOString() });
  world.answer = { done: true, summary: 'no pod is left' } as never;
});
afterEach(() => {
  vi.useRealTimers();
});
const secondsFromNow = (time: string) => (Date.parse(time) - Date.now()) / 1_000;

describe('fence-primary', () => {
  it('takes the lease away, and says when its writers have stopped by themselves', async () => {
    const output = await handler({ incident });
    expect(ledger.read(key)).toMatchObject({ holder: 'nobody', epoch: 5 });
    expect(secondsFromNow(output.safeAt)).toBeGreaterThan(33);
    expect(secondsFromNow(output.safeAt)).toBeLessThanOrEqual(35);
    expect(output).toMatchObject({ status: 'changed', before: { erlmcp: { holder: 'primary' } } });
    expect(ledger.record()).toMatchObject({
      steps: [{ step: 'fence-primary', status: 'changed' }],
      preImages: { 'fence-primary': { erlmcp: { holder: 'primary', epoch: 4 } } },
    });
  });

  it('has what it tried in the primary’s region on record, whatever became of it', async () => {
    world.instances.set('erlmcp', { DBInstanceIdentifier: 'erlmcp', DBInstanceStatus: 'available' });
    const { extra } = await handler({ incident });
    expect(extra).toMatchObject([
      { fence: "the primary's writers are stopped", held: true, evidence: 'no pod is left' },
      { fence: 'the old primary of erlmcp answers nobody', held: 'unknown' },
      { fence: 'the old primary of orders answers nobody', held: 'unknown' },
    ]);
    expect(extra[1]?.evidence).toBe('RDS in eu-west-1 says that erlmcp is available');
    expect(ledger.record().steps[0]?.after).toMatchObject({ extra });
  });

  it('does not fail when the primary’s region is gone', async () => {
    world.answer = awsError('TimeoutError', 'nobody is there');
    const { extra, status } = await handler({ incident });
    expect(status).toBe('changed');
    expect(extra.map(({ held: holds }) => holds)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(extra[0]?.evidence).toContain('nobody is there');
  });

  it('does not wait for a region that neither answers nor refuses', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    world.lambda.on(InvokeCommand).callsFake(() => new Promise(() => undefined));
    const fenced = handler({ incident });
    await vi.waitFor(() => expect(world.lambda.calls()).not.toEqual([]));
    await vi.advanceTimersByTimeAsync(11_000);
    expect((await fenced).extra[0]).toMatchObject({ held: 'unknown', evidence: 'no answer within 10 s' });
  });

  it('does not take for stopped what was only asked to stop', async () => {
    world.answer = { done: false, summary: '2 pods are left' } as never;
    expect((await handler({ incident })).extra[0]).toMatchObject({
      held: 'unknown',
      evidence: 'asked to stop: 2 pods are left',
    });
  });

  it('fails when a lease cannot be taken away, and has tried nothing else by then', async () => {
    mockClient(S3Client)
      .on(GetObjectCommand)
      .callsFake(({ Key }: { Key: string }) => {
        const found = ledger.objects.get(Key);
        if (!found || Key === key) throw awsError('ServiceUnavailable', 'slow down', 503);
        return { ETag: found.etag, Body: { transformToString: () => Promise.resolve(found.text) } };
      });
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'TryAgain' });
    expect(world.lambda.calls()).toEqual([]);
  });

  it('finds it done when it runs again, and never says it is safe earlier than it is', async () => {
    const first = await handler({ incident });
    const again = await handler({ incident });
    expect(again.status).toBe('already-there');
    expect(ledger.record().steps.map(({ status }) => status)).toEqual(['changed', 'already-there']);
    expect(Date.parse(again.safeAt)).toBeGreaterThanOrEqual(Date.parse(first.safeAt));
    expect(ledger.read(key)).toMatchObject({ epoch: 5 });
  });

  it('leaves the standby its lease, and waits for nothing', async () => {
    ledger.write(key, { ...held, holder: 'standby', renewedAt: new Date().toISOString() });
    const output = await handler({ incident });
    expect(output.status).toBe('already-there');
    expect(secondsFromNow(output.safeAt)).toBeLessThanOrEqual(0);
    expect(ledger.read(key)).toMatchObject({ holder: 'standby' });
  });

  it('waits for nothing without a lease', async () => {
    deploy({ ...settings, databases: [unleased] });
    const output = await handler({ incident });
    expect(secondsFromNow(output.safeAt)).toBeLessThanOrEqual(0);
    expect(output.summary).toContain('erlmcp: no lease to take away');
  });

  it('changes nothing in mode plan, and asks nobody', async () => {
    const output = await handler({ incident: planOnly });
    expect(output).toMatchObject({ status: 'planned', extra: [] });
    expect(output.summary).toContain('would take the lease of erlmcp away');
    expect(ledger.read(key)).toMatchObject({ holder: 'primary', epoch: 4 });
    expect(world.lambda.calls()).toEqual([]);
  });

  it('refuses without the lock', async () => {
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'LockLost' });
    expect(ledger.read(key)).toMatchObject({ holder: 'primary' });
  });
});
