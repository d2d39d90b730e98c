import { UnsafePlan } from '../incident/errors.ts';
import { change, type Ledger } from '../incident/ledger.ts';
import type { Lease, LeaseTerms } from './contract.ts';

/** A lease, and when this version of it was written as the storage saw it. */
export interface SeenLease {
  readonly lease: Lease;
  /** By the clock of the storage, which holder and taker share; null when it did not say. */
  readonly writtenAt: string | null;
}

function leaseKey(database: string): string {
  return `leases/${database}.json`;
}

/** Who may write to the database, or null when nobody ever could prove that he may. */
export async function readLease(ledger: Ledger, database: string): Promise<SeenLease | null> {
  const stored = await ledger.read<Lease>(leaseKey(database));
  return stored ? { lease: stored.value, writtenAt: stored.modifiedAt ?? null } : null;
}

/** What was found before the lease was taken away; `before` is null when there was none. */
export interface Revocation {
  readonly before: SeenLease | null;
  readonly after: Lease;
  readonly changed: boolean;
}

/**
 * Take the lease away from the primary, so that no renewal of its keeper can succeed any more.
 *
 * A lease that nobody holds, or that the standby holds already, is left alone: it is the primary that is fenced.
 * One that was never there is put there as nobody's, because a keeper that starts late would make it its own.
 *
 * @param now ISO 8601; becomes the renewal of a lease that was never there
 */
export async function revokeLease(
  ledger: Ledger,
  database: string,
  terms: LeaseTerms,
  now: string,
): Promise<Revocation> {
  let before = null as SeenLease | null;
  let changed = false;
  const after = await change<Lease>(ledger, leaseKey(database), (current, stored) => {
    if (changed && current?.holder === 'nobody') {
      // Written by the try before, whose answer was lost, or by somebody else after it: as late as either.
      before &&= { lease: before.lease, writtenAt: stored?.modifiedAt ?? null };
      return undefined;
    }
    before = current ? { lease: current, writtenAt: stored?.modifiedAt ?? null } : null;
    changed = current?.holder !== 'nobody' && current?.holder !== 'standby';
    if (!changed) return undefined;
    return current
      ? { ...current, holder: 'nobody', epoch: current.epoch + 1 }
      : { holder: 'nobody', epoch: 1, renewedAt: now, ttlSeconds: terms.ttlSeconds };
  });
  if (!after) throw new Error(`${leaseKey(database)} is not there although it was written`);
  return { before, after, changed };
}

/**
 * Give the lease to the standby, whose database has been promoted.
 *
 * @throws UnsafePlan while the primary holds it: it was never fenced, or it was given back meanwhile
 */
export async function grantLease(
  ledger: Ledger,
  database: string,
  terms: LeaseTerms,
  now: string,
): Promise<{ readonly after: Lease; readonly changed: boolean }> {
  let changed = false;
  const after = await change<Lease>(ledger, leaseKey(database), (current) => {
    if (current?.holder === 'standby') return undefined;
    if (current?.holder === 'primary') {
      throw new UnsafePlan(
        `the primary holds the lease of ${database} (epoch ${current.epoch}, renewed at ${current.renewedAt}): ` +
          'it may still write, so the standby does not get it',
      );
    }
    changed = true;
    return {
      holder: 'standby',
      epoch: (current?.epoch ?? 0) + 1,
      renewedAt: now,
      ttlSeconds: current?.ttlSeconds ?? terms.ttlSeconds,
    };
  });
  if (!after) throw new Error(`${leaseKey(database)} is not there although it was written`);
  return { after, changed };
}

/**
 * From when on no writer writes that keeps to the lease which was taken away. Milliseconds since the epoch.
 *
 * A renewal counts from its beginning, which is before the storage wrote it; whoever kept to the lease stops
 * `ttlSeconds` after that. A version that nobody holds was written by the taking, which is later still.
 * Clocks may differ by the skew, so it is added in any case.
 *
 * @param now milliseconds since the epoch, after the lease was taken away
 */
export function safeAfter({ before }: Pick<Revocation, 'before'>, terms: LeaseTerms, now: number): number {
  const skew = terms.skewSeconds * 1_000;
  if (!before) return now + skew;
  const ttl = Math.max(terms.ttlSeconds, before.lease.ttlSeconds) * 1_000;
  // S3 tells whole seconds, and it may have cut off the rest.
  const written = before.writtenAt === null ? NaN : Date.parse(before.writtenAt) + 999;
  const renewed = Number.isNaN(written) ? Date.parse(before.lease.renewedAt) : written;
  // A time that nobody can read is as late as it may be.
  return Math.max(now, (Number.isNaN(renewed) ? now : renewed) + ttl) + skew;
}
