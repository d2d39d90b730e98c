import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { WorldClock, type WorldClockOptions } from '../../drill/clock.ts';
import { TimeRecord, wallClockOffset } from '../../drill/time-record.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const clocks: WorldClock[] = [];

function clockOf(options: Partial<WorldClockOptions> = {}): WorldClock {
  const clock = new WorldClock({ start, speed: Infinity, ...options });
  clocks.push(clock);
  return clock;
}

const realTime = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const wallClock = () => performance.now() + wallClockOffset();

afterEach(() => {
  for (const clock of clocks.splice(0)) clock.stop();
});

describe('a record of time', () => {
  it('answers with the end of a level stretch, and with the instant of a jump for what it skipped', () => {
    const record = new TimeRecord(0, 1_000);
    record.add(10, 1_000, 0);
    record.add(10, 5_000, Infinity);
    record.add(30, 5_010, 0.5);
    expect(record.lastInstantOf(1_000)).toBe(10);
    expect(record.lastInstantOf(3_000)).toBe(10);
    expect(record.lastInstantOf(5_005)).toBe(20);
    expect(record.lastInstantOf(5_010)).toBe(Infinity);
    expect(record.incidentAt(10)).toBe(5_000);
    expect(record.incidentAt(9)).toBe(1_000);
    expect(() => record.lastInstantOf(999)).toThrow(
      /before 1970-01-01T00:00:01.000Z, where the record begins/,
    );
  });

  it('keeps one stretch of what went on at one pace', () => {
    const record = new TimeRecord(0, 0);
    for (let real = 1; real < 1_000; real++) record.add(real, real * 20, 20);
    for (let jump = 0; jump < 1_000; jump++) record.add(999, 20_000 + jump, Infinity);
    expect(record.size).toBe(3);
  });

  it('forgets its older half rather than grow without end', () => {
    const record = new TimeRecord(0, 0, 100);
    for (let n = 1; n < 10_000; n++) record.add(n, n * n, Infinity - n);
    expect(record.size).toBeLessThanOrEqual(100);
    for (let n = 1; n < 200; n++) record.add(10_000 + n, 1e9 + n * n, n);
    expect(record.size).toBeLessThanOrEqual(100);
    expect(() => record.lastInstantOf(0)).toThrow(RangeError);
  });

  it('says of any moment that happened that its last instant was not before it', () => {
    const step = fc.record({
      rate: fc.constantFrom(0, 1, 7.5, 3600, Infinity),
      amount: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const record = new TimeRecord(0, start);
        const seen: { real: number; incident: number; end: number }[] = [];
        let [real, incident] = [0, start];
        for (const { rate, amount } of steps) {
          if (rate === Infinity) incident += amount;
          else [real, incident] = [real + amount, incident + rate * amount];
          record.add(real, incident, rate);
          if (rate !== Infinity) seen.push({ real, incident, end: real });
        }
        // A moment lasts as long as time stands still.
        for (const moment of seen) {
          const last = seen.findLast((each) => each.incident === moment.incident);
          const found = record.lastInstantOf(moment.incident);
          const now = incident === moment.incident;
          if (now) expect(found).toBe(Infinity);
          else expect(Math.abs(found - (last ?? moment).end)).toBeLessThan(0.01);
        }
      }),
    );
  });
});

describe('a clock that remembers', () => {
  it('knows when it was what time, at a speed that changes', async () => {
    const clock = clockOf({ speed: 50 });
    const seen: [number, number][] = [];
    const look = () => seen.push([clock.now(), wallClock()]);
    for (const speed of [50, 1, 300, 50]) {
      clock.speed = speed;
      for (let n = 0; n < 5; n++) {
        await clock.sleep(speed * 2);
        look();
        await clock.busy(() => realTime(1));
        look();
      }
    }
    for (const [time, real] of seen.slice(0, -1)) {
      // Between the two readings of `look` a little passes; at a held time, up to the timer's lateness.
      expect(clock.realTimeOf(time)).toBeGreaterThan(real - 0.5);
      expect(Math.abs(clock.timeAt(clock.realTimeOf(time) - 0.02) - time)).toBeLessThan(300);
    }
  });

  it('gives the instant of the jump for a time at which nothing went on, and Infinity for what is to come', async () => {
    const clock = clockOf({ whileBusy: 'not-at-all' });
    await clock.busy(() => realTime(5));
    const before = wallClock();
    expect(clock.realTimeOf(start)).toBe(Infinity);
    await clock.sleep(3_600_000);
    const after = wallClock();
    const jump = clock.realTimeOf(start);
    expect(jump).toBeGreaterThan(before);
    expect(jump).toBeLessThan(after);
    expect(clock.realTimeOf(start + 1_800_000)).toBeCloseTo(jump, 1);
    expect(clock.realTimeOf(start + 3_600_000)).toBe(Infinity);
    expect(clock.timeAt(jump - 0.1)).toBe(start);
    expect(clock.timeAt(jump + 0.1)).toBe(start + 3_600_000);
  });

  it('reads the machine’s clock to a small part of a millisecond', () => {
    for (let n = 0; n < 20; n++) {
      const wall = Date.now();
      const read = wallClock();
      expect(read).toBeGreaterThan(wall - 0.05);
    }
    const offsets = Array.from({ length: 20 }, wallClockOffset);
    expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThan(0.1);
  });
});
