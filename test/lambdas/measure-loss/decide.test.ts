import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueryAnswer, Recovery } from '../../../lambdas/database/contract.ts';
import { checkOf, lossOf, reasonOf, type Sight } from '../../../lambdas/measure-loss/decide.ts';
import { aurora, erlmcp, global } from '../promotion-settings.ts';

const at = (seconds: number) => new Date(Date.parse('2026-11-23T12:00:00Z') + seconds * 1_000).toISOString();
const answer: QueryAnswer = {
  reachable: true,
  evidence: '10.0.3.7:5432, PostgreSQL 18.4',
  at: at(70),
  heartbeat: { at: at(18), position: '0/3000148' },
  state: { writable: false, inRecovery: true, lagSeconds: 3, replicas: null },
};
const sight: Sight = {
  settings: erlmcp,
  copy: { seen: true, value: { status: 'available', role: 'replica', instances: 1 } },
  backups: null,
  primaryHealthy: null,
  lease: {
    holder: 'primary',
    epoch: 4,
    renewedAt: at(60),
    ttlSeconds: 30,
    heartbeat: { at: at(60), position: '0/3000200' },
  },
  recovery: null,
  answer,
  publishedLag: 11,
  trafficOn: 'primary',
  obstacle: null,
};
const recovery: Recovery = {
  kind: 'promotion',
  database: 'erlmcp',
  site: 'standby',
  incidents: ['dev-1'],
  startedAt: at(0),
  phase: 'promoted',
  source: erlmcp.primary,
  target: erlmcp.standby,
  updatedAt: at(0),
};
const writer = { seen: true, value: { status: 'available', role: 'writer', instances: 1 } } as const;
const leaseWithout = { holder: 'primary', epoch: 4, renewedAt: at(60), ttlSeconds: 30 } as const;
const standbys = { ...sight.lease!, holder: 'standby' as const };

describe('the loss', () => {
  it('is the last row that was acknowledged against the last that is found', () => {
    expect(lossOf(sight)).toMatchObject({ by: 'promote-replica', lossSeconds: 42, lagSeconds: 3, fit: true });
    expect(lossOf(sight).evidence).toContain(
      `it would lose 42 s: the primary acknowledged writes up to ${at(60)}`,
    );
  });

  it('is nothing when the copy is ahead of what the lease tells', () => {
    expect(lossOf({ ...sight, answer: { ...answer, heartbeat: { at: at(65) } } }).lossSeconds).toBe(0);
  });

  it.each<[string, Partial<Sight>]>([
    ['there is no lease', { lease: null }],
    ['the lease tells of no row', { lease: leaseWithout }],
    ['the copy has no row', { answer: { ...answer, heartbeat: null } }],
    ['the copy does not answer', { answer: { reachable: false, evidence: 'no route', at: at(70) } }],
    ['the copy was not asked', { answer: null }],
    ['a time cannot be read', { answer: { ...answer, heartbeat: { at: 'soon' } } }],
  ])('is not known, and never nothing, when %s', (_name, changes) => {
    const loss = lossOf({ ...sight, ...changes });
    expect(loss.lossSeconds).toBeNull();
    expect(loss.evidence).toContain('the loss is not known');
    expect(reasonOf([loss])).toBe('it is not known what erlmcp would lose');
  });

  it('is never negative, and a number only when both ends are known', () => {
    const heartbeat = fc.option(fc.record({ at: fc.integer({ min: 0, max: 9_999 }).map(at) }));
    fc.assert(
      fc.property(heartbeat, heartbeat, (acknowledged, found) => {
        const lease = { ...leaseWithout, ...(acknowledged && { heartbeat: acknowledged }) };
        const { lossSeconds } = lossOf({ ...sight, lease, answer: { ...answer, heartbeat: found } });
        if (acknowledged && found) expect(lossSeconds).toBeGreaterThanOrEqual(0);
        else expect(lossSeconds).toBeNull();
      }),
    );
  });
});

describe('the lag', () => {
  it('is what the copy says, else what CloudWatch says, else not known', () => {
    const silent = { ...answer, state: { ...answer.state!, lagSeconds: null } };
    expect(lossOf(sight).lagSeconds).toBe(3);
    expect(lossOf({ ...sight, answer: silent }).lagSeconds).toBe(11);
    expect(lossOf({ ...sight, answer: silent, publishedLag: null }).lagSeconds).toBeNull();
  });
});

describe('a copy', () => {
  it.each<[string, Partial<Sight>, boolean | 'unknown', string]>([
    [
      'that is not there',
      { copy: { seen: false, absent: true, why: 'no such instance' } },
      false,
      'no such instance',
    ],
    [
      'that RDS does not tell of',
      { copy: { seen: false, absent: false, why: 'TryAgain: throttled' } },
      'unknown',
      'throttled',
    ],
    [
      'that has failed',
      { copy: { seen: true, value: { status: 'failed', role: 'replica', instances: 1 } } },
      false,
      'is failed',
    ],
    [
      'that is being backed up',
      { copy: { seen: true, value: { status: 'backing-up', role: 'replica', instances: 1 } } },
      true,
      'backing-up',
    ],
    [
      'that does not answer',
      { answer: { reachable: false, evidence: 'connect ETIMEDOUT', at: at(0) } },
      'unknown',
      'ETIMEDOUT',
    ],
    [
      'whose primary is being restored',
      { obstacle: 'a restore is not over' },
      false,
      'a restore is not over',
    ],
  ])('%s is judged by what was seen', (_name, changes, fit, evidence) => {
    const loss = lossOf({ ...sight, ...changes });
    expect(loss.fit).toBe(fit);
    expect(checkOf(loss)).toMatchObject({ name: 'loss/erlmcp', held: fit });
    expect(loss.evidence).toContain(evidence);
  });
});

describe('a copy that was promoted', () => {
  it.each<[string, Partial<Sight>, string, boolean]>([
    ['and serves', { copy: writer, lease: standbys }, 'promoted', false],
    ['and gets the traffic', { copy: writer, lease: null, trafficOn: 'standby' }, 'promoted', false],
    [
      'and whose recovery is over',
      { copy: writer, lease: standbys, recovery: { ...recovery, phase: 'finished' } },
      'promoted',
      false,
    ],
    ['and not handed over', { copy: writer, lease: standbys, recovery }, 'promote-replica', true],
    [
      'and swapped, but not finished',
      { copy: writer, lease: standbys, recovery: { ...recovery, phase: 'swapped' } },
      'promote-replica',
      true,
    ],
    ['by a person, while the primary serves', { copy: writer }, 'promote-replica', false],
    [
      'once, and made a replica again',
      { recovery: { ...recovery, phase: 'finished' } },
      'promote-replica',
      false,
    ],
  ])('%s', (_name, changes, by, resumed) => {
    expect(lossOf({ ...sight, ...changes })).toMatchObject({ by, resumed, fit: true });
  });
});

describe('a global cluster', () => {
  const ofGlobal = { ...sight, settings: global };
  it('switches over, and loses nothing, while its primary is well', () => {
    expect(lossOf({ ...ofGlobal, primaryHealthy: true, lease: null })).toMatchObject({
      by: 'switchover-global',
      lossSeconds: 0,
    });
  });

  it('fails over when it is not', () => {
    expect(lossOf({ ...ofGlobal, primaryHealthy: false })).toMatchObject({
      by: 'failover-global',
      lossSeconds: 42,
    });
  });

  it('without an instance in the standby is not fit', () => {
    const copy = { seen: true, value: { status: 'available', role: 'replica', instances: 0 } } as const;
    expect(lossOf({ ...ofGlobal, copy })).toMatchObject({ fit: false });
  });

  it('that an Aurora cluster does not belong to leaves nothing to promote', () => {
    expect(lossOf({ ...sight, settings: aurora })).toMatchObject({ by: 'promote-replica', fit: false });
  });
});

describe('a standby that restores from backups', () => {
  const settings = { ...erlmcp, standby: { ...erlmcp.standby, from: 'backups' as const } };
  const absent = { seen: false, absent: true, why: 'it is not there' } as const;
  const fromBackups: Sight = {
    ...sight,
    settings,
    copy: absent,
    answer: null,
    backups: { seen: true, value: { status: 'active', latest: at(-240) } },
  };

  it('loses what was written since the end of the copied backups', () => {
    expect(lossOf(fromBackups)).toMatchObject({ by: 'restore-backups', lossSeconds: 300, fit: true });
  });

  it.each<[string, Sight['backups'], boolean | 'unknown']>([
    ['are not there', absent, false],
    ['cannot be seen', { ...absent, absent: false }, 'unknown'],
    ['reach no time', { seen: true, value: { status: 'creating', latest: null } }, false],
  ])('is judged by its backups, which %s', (_name, backups, fit) => {
    expect(lossOf({ ...fromBackups, backups })).toMatchObject({ fit, lossSeconds: null });
  });

  it('goes on with a restore that has begun, and is done when it is finished and serves', () => {
    const restore = { ...recovery, kind: 'restore' as const, phase: 'restoring' as const };
    expect(lossOf({ ...fromBackups, recovery: restore })).toMatchObject({
      by: 'restore-backups',
      resumed: true,
    });
    const done = { recovery: { ...restore, phase: 'finished' as const }, lease: standbys };
    expect(lossOf({ ...fromBackups, ...done })).toMatchObject({ by: 'promoted' });
    expect(lossOf({ ...fromBackups, recovery: done.recovery })).toMatchObject({ by: 'restore-backups' });
  });
});

it('an environment without databases has nothing to lose', () => {
  expect(reasonOf([])).toBe('the environment has no databases');
});
