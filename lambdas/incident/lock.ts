import type { IncidentRef, Mode } from './contract.ts';
import { LockLost } from './errors.ts';
import { change, type Ledger, type Stored } from './ledger.ts';

const key = 'lock.json';

/** Who may change the environment. Times are ISO 8601, UTC. */
export interface Lock {
  /** One more with every taking, for ever. */
  readonly epoch: number;
  readonly state: 'held' | 'free';
  readonly incidentId: string;
  readonly executionArn: string;
  readonly mode: Mode;
  readonly takenAt: string;
  readonly expiresAt: string;
  readonly releasedAt?: string;
  readonly lastRecoveryAt?: string;
  /** A person stopped an incident: until then no alarm opens another. A person who opens one lifts it. */
  readonly heldOffUntil?: string;
  /** The incident whose lock was taken from it, so that a retry can finish saying so on its record. */
  readonly takenFrom?: string;
}

export async function readLock(ledger: Ledger): Promise<Lock | null> {
  return (await readLockVersion(ledger))?.value ?? null;
}

/** With its tag, for who is about to take it. */
export function readLockVersion(ledger: Ledger): Promise<Stored<Lock> | null> {
  return ledger.read<Lock>(key);
}

/**
 * Take the lock, if it is still as it was seen.
 *
 * @returns false when somebody else was faster, or when the write succeeded but its answer was lost: read again
 */
export function takeLock(ledger: Ledger, lock: Lock, seen: Stored<Lock> | null): Promise<boolean> {
  return seen ? ledger.replace(key, lock, seen.etag) : ledger.create(key, lock);
}

/**
 * Refuse to go on unless the lock is held by this incident, in this epoch.
 *
 * @throws LockLost otherwise: another incident may be changing the same things now
 */
export async function requireLock(ledger: Ledger, incident: IncidentRef): Promise<void> {
  const lock = await readLock(ledger);
  if (lock && isHeldBy(lock, incident)) return;
  const now = !lock
    ? 'there is no lock'
    : lock.state === 'free'
      ? `it is free, last held by ${lock.incidentId} in epoch ${lock.epoch}`
      : `it is held by ${lock.incidentId} in epoch ${lock.epoch}`;
  throw new LockLost(
    `${incident.id} no longer holds the lock of ${incident.environment} (epoch ${incident.epoch}): ${now}`,
  );
}

/**
 * Give the lock back, if it is still this incident's. A retry finds it free and leaves it.
 *
 * @param end when the incident ended in a recovery: alarms start no other for a while; until when they start none
 *   because a person stopped it
 * @returns whether it is free of this incident because of this call or one before
 */
export async function releaseLock(
  ledger: Ledger,
  incident: Pick<IncidentRef, 'id' | 'epoch'>,
  at: string,
  end: { readonly recoveredAt?: string | undefined; readonly heldOffUntil?: string | undefined } = {},
): Promise<boolean> {
  const { recoveredAt, heldOffUntil } = end;
  const after = await change<Lock>(ledger, key, (lock) =>
    lock && isHeldBy(lock, incident)
      ? {
          ...lock,
          state: 'free',
          releasedAt: at,
          ...(recoveredAt === undefined ? {} : { lastRecoveryAt: recoveredAt }),
          ...(heldOffUntil === undefined ? {} : { heldOffUntil }),
        }
      : undefined,
  );
  return after?.epoch === incident.epoch && after.state === 'free';
}

function isHeldBy(lock: Lock, incident: Pick<IncidentRef, 'id' | 'epoch'>): boolean {
  return lock.state === 'held' && lock.incidentId === incident.id && lock.epoch === incident.epoch;
}
