import { describe, expect, it } from 'vitest';
import type { Lease } from '../../../lambdas/database/contract.ts';
import { backupsOf, refusal, summarise } from '../../../lambdas/promote-database/decide.ts';
import { aLoss } from '../promotion-settings.ts';

const safeAt = '2026-11-23T12:10:00.000Z';
const lease: Lease = { holder: 'nobody', epoch: 5, renewedAt: safeAt, ttlSeconds: 30 };
const circumstances = { database: 'erlmcp', safeAt, now: Date.parse(safeAt), lease };

describe('a promotion is refused', () => {
  it.each([
    [
      'before it is safe',
      { now: Date.parse(safeAt) - 1 },
      'is not promoted before 2026-11-23T12:10:00.000Z, 1 s',
    ],
    ['when nobody knows when it is', { safeAt: 'soon' }, 'nobody can read when it is safe'],
    [
      'while the primary holds the lease',
      { lease: { ...lease, holder: 'primary' as const } },
      'the primary holds',
    ],
    ['when the lease was never taken away', { lease: null }, 'never taken away'],
  ])('%s', (_name, changes, sentence) => {
    expect(refusal({ ...circumstances, ...changes })).toContain(sentence);
  });

  it.each([
    ['nobody holds the lease', lease],
    ['the standby holds it', { ...lease, holder: 'standby' as const }],
    ['the database has none', undefined],
  ])('no more once it is safe and %s', (_name, held) => {
    expect(refusal({ ...circumstances, lease: held })).toBeNull();
  });
});

describe('a promoted database has backups', () => {
  const kept = (described: Record<string, unknown>) => ({
    at: safeAt,
    identifier: 'erlmcp',
    region: 'eu-west-1',
    described,
    tags: {},
  });
  it.each([
    [
      'as the primary had',
      kept({ BackupRetentionPeriod: 14, PreferredBackupWindow: '03:00-04:00' }),
      0,
      { retention: 14, window: '03:00-04:00' },
    ],
    ['as it had itself, when nothing is kept', null, 7, { retention: 7 }],
    ['of one day at least', kept({ BackupRetentionPeriod: 0 }), 3, { retention: 1 }],
    ['of one day when nothing is known', null, null, { retention: 1 }],
  ])('%s', (_name, settings, own, backups) => {
    expect(backupsOf(settings, own)).toEqual(backups);
  });
});

it('what was done is one sentence', () => {
  expect(summarise('changed', aLoss)).toBe('erlmcp: began promoting erlmcp-replica in eu-central-1');
  expect(summarise('planned', { ...aLoss, by: 'failover-global' })).toBe(
    'erlmcp: would begin failing over to erlmcp-replica in eu-central-1',
  );
});
