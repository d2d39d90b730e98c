import { afterEach, describe, expect, it } from 'vitest';
import { every, WorldClock, type WorldClockOptions } from '../../drill/clock.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const clocks: WorldClock[] = [];

function clockOf(options: Partial<WorldClockOptions> = {}): WorldClock {
  const clock = new WorldClock({ start, speed: Infinity, whileBusy: 'not-at-all', ...options });
  clocks.push(clock);
  return clock;
}

const realTime = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(() => {
  for (const clock of clocks.splice(0)) clock.stop();
});

describe('a compressed wait that is held up', () => {
  it('does not let time leap over what was held back when it is cancelled', async () => {
    const clock = clockOf({ speed: 1_000 });
    const cancel = clock.at(start + 10_000, () => expect.unreachable());
    clock.at(start + 3_600_000, () => undefined);
    const late = performance.now() + 60;
    while (performance.now() < late);
    expect(clock.now()).toBe(start + 10_000);
    cancel();
    expect(clock.now()).toBeLessThan(start + 30_000);
    await realTime(5);
    expect(clock.now()).toBeGreaterThan(start + 10_000);
  });
});

describe('a clock that skips every wait', () => {
  it('wakes sleepers in the order of their times, at their times', async () => {
    const clock = clockOf();
    const woken: [string, number][] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push([name, clock.now() - start]);
    };
    await Promise.all([sleeper('day', 86_400_000), sleeper('second', 1_000), sleeper('hour', 3_600_000)]);
    expect(woken).toEqual([
      ['second', 1_000],
      ['hour', 3_600_000],
      ['day', 86_400_000],
    ]);
  });

  it('runs entries of one time in the order in which they were made', async () => {
    const clock = clockOf();
    const ran: number[] = [];
    for (const n of [1, 2, 3]) clock.at(start + 5, () => ran.push(n));
    await clock.sleep(5);
    expect(ran).toEqual([1, 2, 3]);
  });

  it('does not let real work be overtaken by a wait', async () => {
    const clock = clockOf();
    const order: string[] = [];
    const deadline = clock.sleep(60_000).then(() => order.push('deadline'));
    await clock.busy(async () => {
      await realTime(20);
      order.push('work');
    });
    expect(clock.now()).toBe(start);
    await deadline;
    expect(order).toEqual(['work', 'deadline']);
    expect(clock.now()).toBe(start + 60_000);
  });

  it('lets work that a fired entry starts say that it is busy before time jumps on', async () => {
    const clock = clockOf();
    let finished = 0;
    clock.at(start + 1_000, () => {
      void Promise.resolve().then(() =>
        clock.busy(async () => {
          await realTime(10);
          finished = clock.now();
        }),
      );
    });
    await clock.sleep(5_000);
    expect(finished).toBe(start + 1_000);
  });

  it('runs what is already due while work is in progress', async () => {
    const clock = clockOf();
    let ran = false;
    await clock.busy(async () => {
      clock.at(start, () => (ran = true));
      await realTime(10);
    });
    expect(ran).toBe(true);
  });

  it('stays where it is when the only wait is cancelled', async () => {
    const clock = clockOf();
    clock.at(start + 60_000, () => undefined)();
    await realTime(10);
    expect(clock.now()).toBe(start);
  });

  it('goes to the next wait, not to a cancelled one before it', async () => {
    const clock = clockOf();
    const cancel = clock.at(start + 1_000, () => undefined);
    const seen: number[] = [];
    clock.at(start + 9_000, () => seen.push(clock.now()));
    cancel();
    cancel();
    await realTime(10);
    expect(seen).toEqual([start + 9_000]);
  });

  it('goes on after an entry that throws', async () => {
    const clock = clockOf();
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      clock.at(start + 1, () => {
        throw new Error('broken entry');
      });
      await clock.sleep(2);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    expect(thrown).toEqual([new Error('broken entry')]);
    expect(clock.now()).toBe(start + 2);
  });

  it('refuses a time that never comes', () => {
    const clock = clockOf();
    expect(() => clock.at(NaN, () => undefined)).toThrow(RangeError);
    expect(() => clock.at(Infinity, () => undefined)).toThrow(RangeError);
  });

  it('runs nothing after it is stopped', async () => {
    const clock = clockOf();
    let ran = false;
    clock.at(start + 1, () => (ran = true));
    clock.stop();
    clock.at(start + 2, () => (ran = true));
    await realTime(10);
    expect(ran).toBe(false);
    expect(clock.now()).toBe(start);
  });
});

describe('a clock with a pace', () => {
  it('shrinks waits by its speed', async () => {
    const clock = clockOf({ speed: 1_000 });
    const real = performance.now();
    await clock.sleep(20_000);
    const took = performance.now() - real;
    expect(took).toBeGreaterThan(15);
    expect(took).toBeLessThan(2_000);
    expect(clock.now()).toBeGreaterThanOrEqual(start + 20_000);
  });

  it('keeps a wait on time when the process is late', async () => {
    const clock = clockOf({ speed: 1_000, whileBusy: 'as-the-wall-clock' });
    const at: number[] = [];
    clock.at(start + 5_000, () => at.push(clock.now()));
    clock.at(start + 9_000, () => at.push(clock.now()));
    const until = performance.now() + 40;
    while (performance.now() < until);
    await realTime(40);
    // Unchecked, the 40 ms would be 40 s.
    expect(at.map((time) => Math.floor((time - start) / 1_000))).toEqual([5, 9]);
  });

  it('lets work take as long as it really takes', async () => {
    const clock = clockOf({ speed: 1_000_000, whileBusy: 'as-the-wall-clock' });
    const before = clock.now();
    let inside = 0;
    await clock.busy(async () => {
      const begun = clock.now();
      await realTime(30);
      inside = clock.now() - begun;
    });
    expect(inside).toBeGreaterThan(20);
    expect(inside).toBeLessThan(2_000);
    expect(clock.now()).toBeGreaterThanOrEqual(before);
  });

  it('goes on at a new pace from where it is', async () => {
    const clock = clockOf({ speed: 1 });
    const hour = clock.sleep(3_600_000);
    clock.speed = Infinity;
    await hour;
    expect(clock.now()).toBeGreaterThanOrEqual(start + 3_600_000);
  });

  it('ends busy when the work throws', async () => {
    const clock = clockOf();
    await expect(clock.busy(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    await expect(
      clock.busy(() => {
        throw new Error('failed at once');
      }),
    ).rejects.toThrow('failed at once');
    await clock.sleep(1_000);
    expect(clock.now()).toBe(start + 1_000);
  });
});

describe('every', () => {
  it('runs each period, the first after its own delay', async () => {
    const clock = clockOf();
    const ticks: number[] = [];
    const end = every(clock, 60_000, () => ticks.push(clock.now() - start), 5_000);
    await clock.sleep(130_000);
    end();
    await clock.sleep(600_000);
    expect(ticks).toEqual([5_000, 65_000, 125_000]);
  });

  it('can be ended from within its own run', async () => {
    const clock = clockOf();
    let ticks = 0;
    const end = every(clock, 1_000, () => {
      ticks++;
      end();
    });
    await clock.sleep(10_000);
    expect(ticks).toBe(1);
  });
});
