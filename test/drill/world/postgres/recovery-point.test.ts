import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorldClock, type WorldClockOptions } from '../../../../drill/clock.ts';
import type { DatabaseEngine, DatabaseServer } from '../../../../drill/cloud/rds/engine.ts';
import { startEngine } from '../../../../drill/world/postgres/engine.ts';
import { ask, connect, superuser } from './asking.ts';

const start = Date.parse('2026-11-23T10:00:00Z');

interface Write {
  readonly n: number;
  /** Incident time before it was sent, and when it was acknowledged. */
  readonly sent: number;
  readonly acknowledged: number;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), writers: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 9_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ship' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('halt' as const),
      how: fc.constantFrom('shutdown' as const, 'crash' as const),
    }),
  },
);
const script = fc.array(step, { minLength: 12, maxLength: 40 });
/** Where in what happened to restore to: the how-manieth write, and how far from it, milliseconds. */
const points = fc.array(
  fc.record({
    at: fc.nat({ max: 1_000 }),
    end: fc.constantFrom('sent' as const, 'acknowledged' as const),
    off: fc.constantFrom(0, 0, 0, -1, 1, 0.25, -0.25, 500),
  }),
  { minLength: 3, maxLength: 3 },
);

const clocks: readonly (Omit<WorldClockOptions, 'start'> & { readonly title: string })[] = [
  {
    title: 'that stands still while it works and skips every wait',
    speed: Infinity,
    whileBusy: 'not-at-all',
  },
  { title: 'that goes with the wall clock while it works and skips every wait', speed: Infinity },
  { title: 'that compresses waits two hundred times', speed: 200 },
  { title: 'that compresses waits twenty thousand times', speed: 20_000 },
];

describe.each(clocks)('a restore in a world $title', (options) => {
  const clock = new WorldClock({ start, ...options });
  let engine: DatabaseEngine;
  let server: DatabaseServer;
  let n = 0;
  let tableSince: number;

  beforeAll(async () => {
    engine = await startEngine({ clock, superuser });
    server = await clock.busy(() => engine.create('written'));
    await clock.busy(() => ask(server.insidePort, 'create table writes (n int primary key)'));
    tableSince = clock.now();
  });

  afterAll(async () => {
    await engine.stop();
    clock.stop();
  });

  it('has all that was acknowledged by then and nothing that was sent later', async () => {
    const writes: Write[] = [];
    const property = fc.asyncProperty(script, points, async (steps, wanted) => {
      const connections = () => Promise.all([1, 2, 3, 4].map(() => connect({ port: server.insidePort })));
      let writers = await connections();
      for (const each of steps) {
        if (each.do === 'wait') await clock.sleep(each.ms);
        else if (each.do === 'ship') await clock.busy(() => server.ship());
        else if (each.do === 'halt') {
          await clock.busy(async () => {
            await server.halt(each.how);
            await server.start();
            writers = await connections();
          });
        } else {
          await clock.busy(async () => {
            await Promise.all(
              writers.slice(0, each.writers).map(async (client) => {
                const sent = clock.now();
                const id = n++;
                await client.query('insert into writes values ($1)', [id]);
                writes.push({ n: id, sent, acknowledged: clock.now() });
              }),
            );
          });
        }
      }
      await clock.busy(() => server.ship());
      await Promise.all(writers.map((client) => client.end()));
      const window = server.archive.window();
      if (!window) throw new Error('there is nothing to restore');
      const times = wanted.map(({ at, end, off }) => (writes[at % writes.length]?.[end] ?? 0) + off);
      for (const to of [...times, window.to]) {
        if (to < Math.max(window.from, tableSince) || to > window.to) continue;
        const restored = await clock.busy(() => engine.restore('restored', server.archive, to));
        const there = new Set(await clock.busy(() => ask(restored.insidePort, 'select n from writes')));
        const missing = writes.filter((write) => write.acknowledged <= to && !there.has(write.n));
        const extra = writes.filter((write) => write.sent > to && there.has(write.n));
        await clock.busy(() => restored.destroy());
        expect({ to, missing, extra }).toEqual({ to, missing: [], extra: [] });
      }
    });
    await fc.assert(property, { numRuns: Number(process.env['RUNS'] ?? 2), endOnFailure: true });
  });
});
