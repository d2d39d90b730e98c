import { beforeEach, describe, expect, it } from 'vitest';
import type { Lease } from '../../../lambdas/database/contract.ts';
import { grantLease, readLease, revokeLease, safeAfter } from '../../../lambdas/database/lease.ts';
import { openLedger } from '../../../lambdas/incident/ledger.ts';
import { deploy, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const terms = { ttlSeconds: 30, skewSeconds: 10 };
const now = '2026-11-23T12:10:00.000Z';
const renewedAt = '2026-11-23T12:09:50.000Z';
const key = 'leases/erlmcp.json';
const held: Lease = { holder: 'primary', epoch: 4, renewedAt, ttlSeconds: 30 };

let bucket: MemoryLedger;
const ledger = () => openLedger('ledger');

beforeEach(() => {
  bucket = memoryLedger();
  deploy({});
});

describe('a lease that is taken away', () => {
  it('is nobody’s from then on, in the next epoch, and says what the primary had', async () => {
    bucket.write(key, held);
    const { before, after, changed } = await revokeLease(ledger(), 'erlmcp', terms, now);
    expect(changed).toBe(true);
    expect(before?.lease).toEqual(held);
    expect(after).toEqual({ ...held, holder: 'nobody', epoch: 5 });
    expect(bucket.read(key)).toEqual(after);
  });

  it('is left alone the second time, and by another incident', async () => {
    bucket.write(key, held);
    await revokeLease(ledger(), 'erlmcp', terms, now);
    const again = await revokeLease(ledger(), 'erlmcp', terms, now);
    expect(again).toMatchObject({ changed: false, after: { holder: 'nobody', epoch: 5 } });
  });

  it('stays the standby’s when the standby has it already', async () => {
    bucket.write(key, { ...held, holder: 'standby', epoch: 6 });
    expect(await revokeLease(ledger(), 'erlmcp', terms, now)).toMatchObject({ changed: false });
    expect(bucket.read(key)).toMatchObject({ holder: 'standby', epoch: 6 });
  });

  it('that was never there is nobody’s, so that no late keeper makes it its own', async () => {
    const { before, after } = await revokeLease(ledger(), 'erlmcp', terms, now);
    expect(before).toBeNull();
    expect(after).toEqual({ holder: 'nobody', epoch: 1, renewedAt: now, ttlSeconds: 30 });
    expect(await ledger().create(key, held)).toBe(false);
  });
});

describe('a lease for the standby', () => {
  it('is given once', async () => {
    bucket.write(key, { ...held, holder: 'nobody' });
    expect((await grantLease(ledger(), 'erlmcp', terms, now)).changed).toBe(true);
    expect(bucket.read(key)).toEqual({ holder: 'standby', epoch: 5, renewedAt: now, ttlSeconds: 30 });
    expect((await grantLease(ledger(), 'erlmcp', terms, now)).changed).toBe(false);
    expect(bucket.read(key)).toMatchObject({ epoch: 5 });
  });

  it('is refused while the primary holds it', async () => {
    bucket.write(key, held);
    await expect(grantLease(ledger(), 'erlmcp', terms, now)).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(bucket.read(key)).toEqual(held);
  });
});

it('a lease that nobody ever had is told from one that is there', async () => {
  expect(await readLease(ledger(), 'erlmcp')).toBeNull();
  bucket.write(key, held);
  expect(await readLease(ledger(), 'erlmcp')).toEqual({ lease: held, writtenAt: null });
});

describe('safe is', () => {
  const at = Date.parse(now);
  const seen = (lease: Partial<Lease>, writtenAt: string | null) => ({
    before: { lease: { ...held, ...lease }, writtenAt },
  });
  it.each([
    ['after the last renewal, as the storage wrote it', seen({}, '2026-11-23T12:09:55.000Z'), 35.999],
    ['after the last renewal, as its holder says', seen({}, null), 30],
    ['at once after a renewal that is long past', seen({ renewedAt: '2026-11-23T11:00:00.000Z' }, null), 10],
    ['after the longer of two terms', seen({ ttlSeconds: 60 }, '2026-11-23T12:09:55.000Z'), 65.999],
    ['as late as it may be when the renewal cannot be read', seen({ renewedAt: 'soon' }, null), 40],
    ['at once when nobody ever held it', { before: null }, 10],
  ])('%s', (_name, revocation, seconds) => {
    expect((safeAfter(revocation, terms, at) - at) / 1_000).toBe(seconds);
  });
});
