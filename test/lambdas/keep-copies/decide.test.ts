import { describe, expect, it } from 'vitest';
import { blind, lacking, wantsCopies } from '../../../lambdas/keep-copies/decide.ts';

const app = { name: 'app' };
const place = { region: 'eu-west-1', identifier: 'app-primary' };

describe('what would make a recovery impossible', () => {
  it('is automated backups that are off', () => {
    expect(lacking(app, 'primary', place, { retentionDays: 0, isReplica: false })).toMatch(
      /^app: automated backups of app-primary are off/,
    );
    expect(lacking(app, 'primary', place, { retentionDays: 7, isReplica: false })).toBeNull();
  });

  it('is a primary that is not there, not a standby that is yet to be restored', () => {
    expect(lacking(app, 'primary', place, null)).toBe('app: there is no app-primary at the primary');
    expect(lacking(app, 'standby', place, null)).toBeNull();
  });

  it('is no replica without backups: its promotion gives it some', () => {
    expect(lacking(app, 'standby', place, { retentionDays: 0, isReplica: true })).toBeNull();
  });

  it('is an hour in which nothing could be told of its data', () => {
    const now = Date.parse('2026-11-23T12:00:00Z');
    const seen = (at: string, held: boolean | 'unknown') => ({
      at,
      held,
      failing: held === true ? [] : ['silent'],
    });
    expect(blind(app, { results: [] }, now)).toBeNull();
    expect(blind(app, { results: [seen('2026-11-23T11:59:00Z', false)] }, now)).toBeNull();
    const lately = [seen('2026-11-23T11:59:00Z', 'unknown'), seen('2026-11-23T11:30:00Z', true)];
    expect(blind(app, { results: lately }, now)).toBeNull();
    const long = [seen('2026-11-23T11:59:00Z', 'unknown'), seen('2026-11-23T10:30:00Z', true)];
    expect(blind(app, { results: long }, now)).toBe(
      'app: its consistency queries could not be told since 2026-11-23T10:30:00Z: silent',
    );
    expect(blind(app, { results: [seen('2026-11-23T11:59:00Z', 'unknown')] }, now)).toMatch(/ever: silent/);
  });
});

it('copies of backups are asked for once, where they are wanted', () => {
  const standby = { ...place, from: 'backups' } as const;
  expect(wantsCopies({ kind: 'instance', standby }, null)).toBe(true);
  expect(wantsCopies({ kind: 'instance', standby }, { status: 'replicating' })).toBe(false);
  expect(wantsCopies({ kind: 'instance', standby: { ...place, from: 'replica' } }, null)).toBe(false);
});
