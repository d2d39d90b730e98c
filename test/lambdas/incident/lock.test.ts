import { beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../../lambdas/incident/ledger.ts';
import {
  readLock,
  readLockVersion,
  releaseLock,
  requireLock,
  takeLock,
} from '../../../lambdas/incident/lock.ts';
import { aLock, anIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const ledger = () => openLedger('ledger');
const at = '2026-11-23T04:05:00.000Z';

beforeEach(() => {
  deploy({});
});

describe('requireLock', () => {
  it('lets the holder of this epoch pass', async () => {
    startBucket({ 'lock.json': aLock() });
    await expect(requireLock(ledger(), anIncident)).resolves.toBeUndefined();
  });

  it.each([
    ['nobody has ever taken it', undefined, 'there is no lock'],
    ['it is free', aLock({ state: 'free' }), 'it is free'],
    ['another incident holds it', aLock({ incidentId: 'other' }), 'it is held by other in epoch 3'],
    ['its epoch is past', aLock({ epoch: 4 }), 'in epoch 4'],
  ])('throws LockLost when %s', async (_, lock, why) => {
    startBucket(lock ? { 'lock.json': lock } : {});
    await expect(requireLock(ledger(), anIncident)).rejects.toMatchObject({
      name: 'LockLost',
      message: expect.stringContaining(why),
    });
  });

  it('does not pass when it cannot see the lock', async () => {
    startBucket().fail('get', 'lock.json', awsError('SlowDown', 'busy', 503));
    await expect(requireLock(ledger(), anIncident)).rejects.toMatchObject({ name: 'TryAgain' });
  });
});

describe('takeLock', () => {
  it('lets exactly one of many have it', async () => {
    const bucket = startBucket({ 'lock.json': aLock({ state: 'free' }) });
    const seen = await readLockVersion(ledger());
    const taken = await Promise.all(
      ['a', 'b', 'c', 'd'].map((incidentId) => takeLock(ledger(), aLock({ epoch: 4, incidentId }), seen)),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(bucket.lock().incidentId).toBe('abcd'[taken.indexOf(true)]);
  });

  it('lets exactly one be the first ever', async () => {
    startBucket();
    const taken = await Promise.all([1, 2].map(() => takeLock(ledger(), aLock({ epoch: 1 }), null)));
    expect(taken.toSorted()).toEqual([false, true]);
  });
});

describe('releaseLock', () => {
  it('frees it, and remembers a recovery', async () => {
    startBucket({ 'lock.json': aLock() });
    expect(await releaseLock(ledger(), anIncident, at, { recoveredAt: at })).toBe(true);
    expect(await readLock(ledger())).toEqual({
      ...aLock({ state: 'free' }),
      releasedAt: at,
      lastRecoveryAt: at,
    });
  });

  it('keeps the last recovery when there was none this time', async () => {
    startBucket({ 'lock.json': aLock({ lastRecoveryAt: '2026-11-01T00:00:00.000Z' }) });
    await releaseLock(ledger(), anIncident, at);
    expect(await readLock(ledger())).toMatchObject({
      state: 'free',
      lastRecoveryAt: '2026-11-01T00:00:00.000Z',
    });
  });

  it("leaves another epoch's lock alone", async () => {
    const bucket = startBucket({ 'lock.json': aLock({ epoch: 4 }) });
    expect(await releaseLock(ledger(), anIncident, at)).toBe(false);
    expect(bucket.lock()).toEqual(aLock({ epoch: 4 }));
  });

  it('finds it free the second time', async () => {
    const bucket = startBucket({ 'lock.json': aLock() });
    await releaseLock(ledger(), anIncident, at, { recoveredAt: at });
    const once = bucket.lock();
    expect(await releaseLock(ledger(), anIncident, '2026-11-23T05:00:00.000Z')).toBe(true);
    expect(bucket.lock()).toEqual(once);
  });
});
