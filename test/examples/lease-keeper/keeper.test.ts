import fc from 'fast-check';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { WorldClock } from '../../../drill/clock.ts';
import { startKeeper } from '../../../examples/lease-keeper/keeper.ts';
import { calm, leaseWorld, type Story, type Weather } from './lease-world.ts';

/** Skew is all by which clocks may differ: two clocks from each other, and the database's from itself. */
const weathers: fc.Arbitrary<Weather> = fc
  .record({
    ttlSeconds: fc.integer({ min: 6, max: 60 }),
    skewSeconds: fc.integer({ min: 2, max: 20 }),
    apart: fc.double({ min: -1, max: 1, noNaN: true }),
    back: fc.double({ min: 0, max: 1, noNaN: true }),
    databaseAhead: fc.integer({ min: -3_600_000, max: 3_600_000 }),
    backAt: fc.integer({ min: 0, max: 200_000 }),
    delays: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 500 }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
      ),
      { minLength: 1, maxLength: 40 },
    ),
    isolated: fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 250_000 }), fc.integer({ min: 0, max: 120_000 }))
        .map(([from, length]) => ({ from, to: from + length })),
      { maxLength: 3 },
    ),
    lostAnswers: fc.integer({ min: 0, max: 4 }),
    revokedAt: fc.integer({ min: 0, max: 150_000 }),
    keepers: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ apart, back, backAt, ...rest }) => {
    const skew = rest.skewSeconds * 1_000;
    const by = (back * skew) / 2;
    return { ...rest, storageAhead: 0, takerAhead: (apart * skew) / 2, setBack: { at: backAt, by } };
  });

function lateWrites({ accepted, safeAt }: Story): readonly number[] {
  return accepted.filter((at) => at >= safeAt);
}

test('the old primary accepts no write once the standby may, whatever pauses, is cut off, or is skewed', async () => {
  await fc.assert(
    fc.asyncProperty(weathers, async (weather) => {
      const story = await leaseWorld(weather);
      expect(lateWrites(story)).toEqual([]);
      expect(story.lease?.holder).toBe('nobody');
    }),
    { numRuns: 300 },
  );
}, 60_000);

describe('a lease that is kept wrongly is found out', () => {
  it('when a renewal counts from its end', async () => {
    // Of its second beat: a minute passes between the acknowledgement and the word to the database.
    const beat = Array<number>(8).fill(20);
    const delays = [...beat, ...beat.with(6, 60_000)];
    const isolated = [{ from: 15_000, to: 300_000 }];
    const paused: Weather = { ...calm, revokedAt: 20_000, delays, isolated };
    expect(lateWrites(await leaseWorld({ ...paused, counts: 'from its end' }))).not.toEqual([]);
    expect(lateWrites(await leaseWorld(paused))).toEqual([]);
  });

  it('when clocks differ by more than the skew', async () => {
    const story = await leaseWorld({ ...calm, takerAhead: 30_000, skewSeconds: 1, revokedAt: 61_000 });
    expect(lateWrites(story)).not.toEqual([]);
  });
});

describe('a keeper', () => {
  it('lets its site write from the first beat on, without a gap, until the lease is taken away', async () => {
    const { accepted } = await leaseWorld(calm);
    expect(accepted[0]).toBeLessThan(1_000);
    const before = accepted.filter((at) => at <= calm.revokedAt);
    expect(before.length).toBeGreaterThan((calm.revokedAt - 1_000) / 250);
  });

  it('stops its site within a beat once the lease is taken away', async () => {
    const { accepted, beats } = await leaseWorld(calm);
    expect(accepted.at(-1)).toBeLessThanOrEqual(calm.revokedAt + 10_500);
    expect(beats.at(-1)).toMatchObject({ outcome: 'lost' });
  });

  it('whose region is cut off lets the lease lapse, and is let write again when it is back', async () => {
    const { accepted, beats } = await leaseWorld({
      ...calm,
      isolated: [{ from: 40_000, to: 100_000 }],
      revokedAt: 200_000,
    });
    expect(accepted.filter((at) => at > 71_000 && at < 100_000)).toEqual([]);
    expect(accepted.filter((at) => at > 104_000 && at < 200_000).length).toBeGreaterThan(370);
    expect(beats.map(({ outcome }) => outcome)).toContain('failed');
  });

  it('knows its own renewal again when the answer to it was lost', async () => {
    const { accepted } = await leaseWorld({ ...calm, lostAnswers: 2 });
    const before = accepted.filter((at) => at > 1_000 && at <= calm.revokedAt);
    expect(before.length).toBeGreaterThan(470);
  });

  it('that starts after the lease was taken away gets none', async () => {
    const { accepted, lease } = await leaseWorld({ ...calm, revokedAt: 0 });
    expect(accepted).toEqual([]);
    expect(lease).toMatchObject({ holder: 'nobody', epoch: 1 });
  });

  it('of a replica keeps its connection and waits for the promotion', async () => {
    const clock = new WorldClock({ start: 0, speed: Infinity, whileBusy: 'not-at-all' });
    onTestFinished(() => clock.stop());
    const stored = { holder: 'standby', epoch: 6, renewedAt: '', ttlSeconds: 30 };
    let lease: unknown = stored;
    let connections = 0;
    const extended: unknown[] = [];
    const outcomes: string[] = [];
    const keeper = startKeeper({
      database: 'erlmcp',
      site: 'standby',
      ttlSeconds: 30,
      now: () => clock.now(),
      sleep: (ms) => clock.sleep(ms),
      ledger: {
        read: async <T>() => ({ value: lease as T, etag: '1' }),
        create: async () => false,
        replace: async (_key, value) => ((lease = value), true),
      },
      connect: async () => {
        connections++;
        return {
          end: () => Promise.resolve(),
          query: async (text, values) => {
            const isReplica = clock.now() < 60_000;
            if (isReplica) throw Object.assign(new Error('read only'), { code: '25006' });
            if (text.includes('renew')) extended.push(values);
            return { rows: [{ at: new Date(clock.now()).toISOString() }] };
          },
        };
      },
      tell: ({ outcome }) => void outcomes.push(outcome),
    });
    await clock.sleep(85_000);
    void keeper.stop();
    expect(connections).toBe(1);
    expect(outcomes.join(' ')).toBe('none none none none none none kept kept kept');
    expect(extended[0]).toEqual(['standby', 6, '1970-01-01T00:01:00.000Z', 30]);
    expect(lease).toMatchObject({
      holder: 'standby',
      epoch: 6,
      heartbeat: { at: '1970-01-01T00:01:20.000Z' },
    });
  });

  it('of several does not stop the others', async () => {
    const { beats, accepted } = await leaseWorld({ ...calm, keepers: 3 });
    expect(beats.filter(({ outcome }) => outcome === 'kept').length).toBeGreaterThan(20);
    expect(accepted.filter((at) => at > 1_000 && at <= calm.revokedAt).length).toBeGreaterThan(470);
  });
});
