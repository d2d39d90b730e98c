import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  inSeconds,
  isPoint,
  parseTime,
  pointOfChecks,
  pointOfPerson,
  targetIdentifier,
} from '../../../lambdas/plan-restore/recovery-point.ts';
import { expectedSeconds } from '../../../lambdas/plan-restore/duration.ts';

const from = Date.parse('2026-11-16T02:00:00Z');
const to = Date.parse('2026-11-23T11:55:00Z');
const now = Date.parse('2026-11-23T12:00:00Z');
const window = { from, to };

describe('a time that a person gives', () => {
  it.each([
    ['2026-11-23T10:00:00Z', '2026-11-23T10:00:00Z'],
    ['2026-11-23T10:00Z', '2026-11-23T10:00:00Z'],
    ['2026-11-23 11:00:00+01:00', '2026-11-23T10:00:00Z'],
    ['2026-11-23T11:00+01', '2026-11-23T10:00:00Z'],
    ['2026-11-23T05:00:00-0500', '2026-11-23T10:00:00Z'],
    ['2026-11-23t10:00:00.999z', '2026-11-23T10:00:00Z'],
    ['2026-11-23T10:00:00,5Z', '2026-11-23T10:00:00Z'],
  ])('%s is %s', (text, expected) => {
    const at = parseTime(text);
    expect(at === undefined ? at : inSeconds(at)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2026-11-23',
    '2026-11-23T10:00:00',
    '23.11.2026 10:00Z',
    '2026-02-30T10:00:00Z',
    '2026-11-23T25:00:00Z',
    '2026-13-01T10:00:00Z',
    '1763892000',
  ])('is not read from %j', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it('is read from whatever form says its zone, or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const at = parseTime(text);
        expect(at === undefined || Number.isFinite(at)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true }), (date) => {
        expect(parseTime(date.toISOString())).toBe(date.getTime());
      }),
    );
  });

  it.each([
    ['2026-11-23T12:00:01Z', 'in the future, now is 2026-11-23T12:00:00Z'],
    ['2026-11-16T01:59:59Z', 'before the backups begin'],
    ['2026-11-23T10:00:00', 'no time with a zone'],
  ])('%s is refused: %s', (text, why) => {
    const found = pointOfPerson('erlmcp', text, window, now);
    expect(found).toMatchObject({
      problem: expect.stringContaining(`recoverTo: got ${text}, which is`),
      nextStep: expect.stringContaining('Start incident again with a recoverTo'),
    });
    expect(found).toMatchObject({ problem: expect.stringContaining(why) });
    expect(found).toMatchObject({
      problem: expect.stringContaining(
        'allowed: erlmcp can be restored to any time from 2026-11-16T02:00:00Z to 2026-11-23T11:55:00Z',
      ),
    });
  });

  it('may be newer than the log that is shipped, if it will be shipped soon', () => {
    const stale = { from, to: now - 3_600_000 };
    expect(pointOfPerson('erlmcp', inSeconds(stale.to + 600_000), stale, now)).toMatchObject({
      at: stale.to + 600_000,
    });
    expect(pointOfPerson('erlmcp', inSeconds(stale.to + 601_000), stale, now)).toMatchObject({
      problem: expect.stringContaining('after the latest restorable time'),
    });
  });

  it('is taken at the beginning of its second', () => {
    expect(pointOfPerson('erlmcp', '2026-11-23T10:00:00.999Z', window, now)).toEqual({
      at: Date.parse('2026-11-23T10:00:00Z'),
      foundBy: 'given by a person',
    });
  });

  it('is taken when nobody knows where the backups begin: RDS refuses it if they do not reach it', () => {
    expect(isPoint(pointOfPerson('erlmcp', '2026-11-01T00:00:00Z', { from: null, to }, now))).toBe(true);
  });
});

describe('the time that the checks found', () => {
  const assessed = (lastGoodAt: string | null) => ({ lastGoodAt, firstBadAt: null });

  it('is the newest that held, at the beginning of its second', () => {
    expect(pointOfChecks('erlmcp', assessed('2026-11-23T11:58:03.724Z'), window)).toEqual({
      at: Date.parse('2026-11-23T11:58:03Z'),
      foundBy: 'the newest check that held',
    });
  });

  it('is not past what the backups reach when the log is not shipped any more', () => {
    const stale = { from, to: now - 3_600_000 };
    expect(pointOfChecks('erlmcp', assessed('2026-11-23T11:58:03Z'), stale)).toEqual({
      at: stale.to,
      foundBy: 'the latest restorable time; a check at 2026-11-23T11:58:03Z still held',
    });
  });

  it.each([
    [null, 'no scheduled check of erlmcp is known to have held'],
    ['nonsense', 'no scheduled check of erlmcp is known to have held'],
    ['2026-11-15T00:00:00Z', 'is before its backups begin (2026-11-16T02:00:00Z)'],
  ])('is asked of a person when the last good one was %s', (lastGoodAt, problem) => {
    expect(pointOfChecks('erlmcp', assessed(lastGoodAt), window)).toMatchObject({
      problem: expect.stringContaining(problem),
      nextStep: expect.stringContaining('"recoverTo":"…","databases":["erlmcp"]'),
    });
  });

  it('is never past a good check, nor past the log by more than what is shipped soon, nor before the backups', () => {
    const times = fc.integer({ min: from, max: now });
    fc.assert(
      fc.property(times, times, times, (good, a, b) => {
        const some = { from: Math.min(a, b), to: Math.max(a, b) };
        const found = pointOfChecks('erlmcp', assessed(new Date(good).toISOString()), some);
        if (!isPoint(found)) return;
        expect(found.at).toBeLessThanOrEqual(good);
        expect(found.at).toBeLessThanOrEqual(some.to + 600_000);
        expect(found.at).toBeGreaterThanOrEqual(Math.floor(some.from / 1_000) * 1_000);
        expect(found.at % 1_000).toBe(0);
      }),
    );
  });
});

describe('the name of what is restored', () => {
  const at = Date.parse('2026-11-23T10:00:00Z');
  it.each([
    ['erlmcp', 'erlmcp-r20261123100000'],
    ['erlmcp-r20261101000000', 'erlmcp-r20261123100000'],
    [
      'a-database-with-a-very-long-name-of-forty--and-more',
      'a-database-with-a-very-long-name-of-fort-r20261123100000',
    ],
    [`${'x'.repeat(39)}-y`, `${'x'.repeat(39)}-r20261123100000`],
  ])('%s becomes %s', (source, target) => {
    expect(targetIdentifier(source, at)).toBe(target);
  });

  it('is one that RDS takes, whatever the source is called', () => {
    const names = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,31}$/).filter((name) => name.length <= 63);
    fc.assert(
      fc.property(names, (source) => {
        const target = targetIdentifier(source, at);
        expect(target).toMatch(/^[a-z](-?[a-z0-9])*$/);
        expect(target.length).toBeLessThanOrEqual(63);
      }),
    );
  });
});

describe('the expected duration', () => {
  const restore = (seconds: number, allocatedGiB: number | null = null) => ({
    at: '',
    seconds,
    allocatedGiB,
  });
  it.each([
    ['what the environment says, until one was measured', [], 100, 1_800],
    ['the median of an odd number', [restore(10), restore(900), restore(30)], null, 30],
    ['the median of an even number', [restore(10), restore(30)], null, 20],
    ['scaled by how the database has grown', [restore(600, 100)], 200, 1_200],
    ['not scaled when a size is not known', [restore(600, null), restore(600, 100)], null, 600],
  ])('is %s', (_, restores, allocatedGiB, seconds) => {
    expect(expectedSeconds({ restores }, allocatedGiB, 1_800)).toBe(seconds);
  });
});
