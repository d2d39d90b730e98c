import type { KeptSettings, Lease } from '../database/contract.ts';
import type { DatabaseLoss } from '../measure-loss/contract.ts';

export interface Circumstances {
  readonly database: string;
  /** ISO 8601; of fence-primary. */
  readonly safeAt: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Null when the environment gives the database a lease and the ledger has none; undefined without a lease. */
  readonly lease: Lease | null | undefined;
}

/**
 * Why a database must not be promoted now; null when it may.
 *
 * The state machine waits until it is safe; this refuses all the same, because a promotion before that makes two
 * databases that both are written to, and nothing can put them together again.
 */
export function refusal({ database, safeAt, now, lease }: Circumstances): string | null {
  const safe = Date.parse(safeAt);
  if (Number.isNaN(safe)) return `${database} is not promoted: nobody can read when it is safe ("${safeAt}")`;
  if (now < safe) {
    const left = Math.ceil((safe - now) / 1_000);
    return `${database} is not promoted before ${safeAt}, ${left} s from now: the old primary may still write`;
  }
  if (lease === undefined) return null;
  if (lease === null) return `${database} is not promoted: its lease was never taken away from the primary`;
  if (lease.holder === 'primary') {
    return (
      `${database} is not promoted: the primary holds its lease (epoch ${lease.epoch}, ` +
      `renewed at ${lease.renewedAt}) and may write`
    );
  }
  return null;
}

/** What a promoted instance is told about its backups, which a replica need not have. */
export interface Backups {
  /** Days; at least one, or the new primary would have no backups at all. */
  readonly retention: number;
  readonly window?: string;
}

/** As the primary had them, by what was kept in good times. */
export function backupsOf(kept: KeptSettings | null, own: number | null): Backups {
  const days = kept?.described['BackupRetentionPeriod'];
  const window = kept?.described['PreferredBackupWindow'];
  const retention = typeof days === 'number' ? days : (own ?? 0);
  return {
    retention: Math.min(Math.max(retention, 1), 35),
    ...(typeof window === 'string' && window !== '' ? { window } : {}),
  };
}

const verbs: Readonly<Record<DatabaseLoss['by'], string>> = {
  'promote-replica': 'promoting',
  'failover-global': 'failing over to',
  'switchover-global': 'switching over to',
  'restore-backups': 'restoring',
  promoted: 'promoting',
};

/** `promoting erlmcp-standby in eu-central-1`, `erlmcp-standby in eu-central-1 is no replica any more`. */
export function summarise(status: 'changed' | 'already-there' | 'planned', loss: DatabaseLoss): string {
  const called = `${loss.target.identifier} in ${loss.target.region}`;
  if (status === 'already-there') return `${loss.database}: ${called} is promoted already`;
  const act = `${verbs[loss.by]} ${called}`;
  return `${loss.database}: ${status === 'planned' ? 'would begin ' : 'began '}${act}`;
}
