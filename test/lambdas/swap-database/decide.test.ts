import { describe, expect, it } from 'vitest';
import type { DescribedDatabase } from '../../../lambdas/aws/rds.ts';
import { damagedName, refusal } from '../../../lambdas/swap-database/decide.ts';
import { nextRename, type Names } from '../../../lambdas/swap-database/rename-plan.ts';
import { restoring } from '../restore-settings.ts';

const target = restoring.target;

describe('a target', () => {
  const input = { database: 'erlmcp', site: 'primary' as const, target };
  it.each([
    ['restore', 'validated', null],
    ['restore', 'swapping', null],
    ['restore', 'finished', null],
    ['restore', 'restored', 'not validated'],
    ['restore', 'abandoned', 'abandoned by a person'],
    ['promotion', 'promoted', null],
    ['promotion', 'promoting', 'not promoted'],
  ] as const)('of a %s that is %s is refused: %s', (kind, phase, why) => {
    const said = refusal(input, { ...restoring, kind, phase });
    if (why === null) expect(said).toBeNull();
    else expect(said).toContain(why);
  });

  it('of no recovery, of another one or of another site is refused', () => {
    const validated = { ...restoring, phase: 'validated' } as const;
    expect(refusal(input, null)).toContain('nothing proves');
    expect(refusal({ ...input, target: { ...target, identifier: 'x' } }, validated)).toContain('not into x');
    expect(refusal({ ...input, target: { ...target, region: 'x' } }, validated)).toContain('not into');
    expect(refusal({ ...input, site: 'standby' }, validated)).toContain('at the primary');
  });
});

it.each([
  ['erlmcp', 'erlmcp-damaged-202611231155'],
  [`${'a'.repeat(41)}-bcd`, `${'a'.repeat(41)}-damaged-202611231155`],
  ['a'.repeat(63), `${'a'.repeat(42)}-damaged-202611231155`],
])('%s that is damaged is called %s, which RDS takes', (source, name) => {
  expect(damagedName(source, '2026-11-23T11:55:30Z')).toBe(name);
  expect(name).toMatch(/^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/);
});

describe('the next rename', () => {
  const names: Names = { original: 'db', damaged: 'db-damaged', copy: 'db-r1', tagged: true };
  const database = (identifier: string, more: Partial<DescribedDatabase> = {}): DescribedDatabase => ({
    identifier,
    arn: '',
    status: 'available',
    endpoint: { host: `${identifier}.rds.test`, port: 5432 },
    latestRestorableTime: null,
    earliestRestorableTime: null,
    allocatedGiB: null,
    replicaOf: null,
    backupRetentionPeriod: 7,
    deletionProtection: false,
    securityGroupIds: [],
    tags: {},
    raw: {},
    ...more,
  });
  const ours = { tags: { 'lifeboat:recovery': 'db-r1' } };
  const replaced = { tags: { 'lifeboat:replaced-by': 'db-r1' } };
  const [bad, copy] = [database('db'), database('db-r1', ours)];
  const [kept, taken] = [database('db-damaged', replaced), database('db-damaged')];
  const swapped = database('db', ours);
  const pending = { raw: { PendingModifiedValues: { DBInstanceIdentifier: 'other' } } };

  it.each([
    ['nothing was done', bad, null, copy, 'rename-damaged'],
    ['the first was accepted and does not show', { ...bad, ...pending }, null, copy, 'wait'],
    ['the first is under way under the old name', { ...bad, status: 'renaming' }, null, copy, 'wait'],
    ['the first is under way under the new name', null, { ...kept, status: 'renaming' }, copy, 'wait'],
    ['RDS lists the damaged one nowhere', null, null, copy, 'wait'],
    ['the first is over', null, kept, copy, 'rename-copy'],
    ['the damaged one has stopped since', null, { ...kept, status: 'stopped' }, copy, 'rename-copy'],
    ['the second was accepted and does not show', null, kept, { ...copy, ...pending }, 'wait'],
    ['RDS lists the copy nowhere', null, kept, null, 'wait'],
    ['the second is under way', { ...swapped, status: 'renaming' }, kept, null, 'wait'],
    ['the copy has no address yet', { ...swapped, endpoint: null }, kept, null, 'wait'],
    ['both are over', swapped, kept, null, 'done'],
    ['both are over, and the damaged one was deleted', swapped, null, null, 'done'],
    ['the copy is gone', bad, null, null, 'refuse'],
    ['the copy is another one', bad, null, database('db-r1'), 'refuse'],
    ['the name for the damaged one is taken', bad, taken, copy, 'refuse'],
    ['the name for the damaged one is taken by another between the two', null, taken, copy, 'refuse'],
    ['another one has taken the name between the two', bad, kept, copy, 'refuse'],
    ['the damaged one has failed', { ...bad, status: 'failed' }, null, copy, 'refuse'],
    ['the damaged one is in a backup', { ...bad, status: 'backing-up' }, null, copy, 'wait'],
    ['the copy is being changed', null, kept, { ...copy, status: 'modifying' }, 'wait'],
  ])('when %s', (_, original, damaged, third, act) => {
    expect(nextRename(names, { original, damaged, copy: third }).act).toBe(act);
  });

  it('after a promotion is none, or one to the name that users know', () => {
    const plain = { ...names, damaged: null, tagged: false };
    const promoted = database('db-r1');
    const none = { original: null, damaged: null, copy: null };
    expect(nextRename({ ...plain, copy: 'db' }, { ...none, original: bad }).act).toBe('done');
    expect(nextRename(plain, { ...none, copy: promoted }).act).toBe('rename-copy');
    expect(nextRename(plain, { ...none, original: bad }).act).toBe('done');
    expect(nextRename(plain, { ...none, original: bad, copy: promoted }).act).toBe('refuse');
  });

  it('never gives the copy the name while another has it, nor takes it from anything but the damaged one', () => {
    const states = [null, bad, swapped, { ...bad, status: 'renaming' }, { ...swapped, status: 'renaming' }];
    const others = [null, kept, taken, { ...kept, status: 'renaming' }];
    const thirds = [null, copy, database('db-r1'), { ...copy, status: 'renaming' }];
    for (const original of states)
      for (const damaged of others)
        for (const third of thirds) {
          const { act } = nextRename(names, { original, damaged, copy: third });
          if (act === 'rename-copy') expect([original, damaged, third]).toEqual([null, kept, copy]);
          if (act === 'rename-damaged') expect([original, damaged, third]).toEqual([bad, null, copy]);
          if (act === 'done') expect(original).toBe(swapped);
        }
  });
});
