import { AwsError } from '../contract.ts';
import type { Lock, ObjectVersion } from './object.ts';

/** What a bucket with Object Lock gives each new version. */
export interface DefaultRetention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly days: number;
}

export interface LockRequest {
  readonly mode?: string | undefined;
  readonly until?: Date | undefined;
  readonly legalHold?: string | undefined;
}

interface Lockable {
  readonly lockable: boolean;
  readonly retention: DefaultRetention | undefined;
}

/**
 * How a new version is locked: as its writer says, else as the bucket says.
 *
 * @throws AwsError `InvalidRequest` when the bucket has no Object Lock, or mode and date are not given together
 */
export function lockOf(
  { lockable, retention }: Lockable,
  { mode, until, legalHold }: LockRequest = {},
  now: number,
): Lock | undefined {
  const asked = mode !== undefined || until !== undefined || legalHold !== undefined;
  if (asked && !lockable) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  if ((mode === undefined) !== (until === undefined)) {
    throw new AwsError(
      'InvalidRequest',
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  }
  const held = legalHold === 'ON';
  if (mode !== undefined && until !== undefined) return retained(held, mode, until);
  if (retention) {
    return { legalHold: held, mode: retention.mode, until: now + retention.days * 24 * 3_600_000 };
  }
  return held ? { legalHold: true } : undefined;
}

/** @throws AwsError `MalformedXML` for a mode that there is not */
export function retained(legalHold: boolean, mode: string, until: Date): Lock {
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') {
    throw new AwsError('MalformedXML', 'The XML you provided was not well-formed');
  }
  return { legalHold, mode, until: until.getTime() };
}

/**
 * A version that is locked is not deleted; a new version over it, or a delete marker, is none of its business.
 *
 * @param bypass whether the caller may pass by governance, and asked to
 * @throws AwsError `AccessDenied` (403) while it is locked
 */
export function requireUnlocked({ lock }: ObjectVersion, now: number, bypass: boolean): void {
  const { legalHold = false, mode, until = 0 } = lock ?? {};
  if (!legalHold && (until <= now || (mode === 'GOVERNANCE' && bypass))) return;
  throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
}
