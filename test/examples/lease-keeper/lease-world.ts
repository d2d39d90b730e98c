import { onTestFinished } from 'vitest';
import { WorldClock } from '../../../drill/clock.ts';
import { startKeeper, type Beat, type Connection } from '../../../examples/lease-keeper/keeper.ts';
import { revokeLease, safeAfter } from '../../../lambdas/database/lease.ts';
import type { Lease } from '../../../lambdas/database/contract.ts';
import type { Ledger } from '../../../lambdas/incident/ledger.ts';

const start = Date.parse('2026-11-23T10:00:00.000Z');

/** What goes on in a world with a lease. Milliseconds, and milliseconds since its beginning. */
export interface Weather {
  readonly ttlSeconds: number;
  readonly skewSeconds: number;
  /** By how much the clocks of others are ahead of true time. */
  readonly storageAhead: number;
  readonly takerAhead: number;
  readonly databaseAhead: number;
  /** The database's clock is set back by so much, at a time. */
  readonly setBack: { readonly at: number; readonly by: number };
  /** How long things take, one after the other and round again: calls, and the keeper between them. */
  readonly delays: readonly number[];
  /** The primary's region reaches nothing outside. */
  readonly isolated: readonly { readonly from: number; readonly to: number }[];
  /** Of the keeper's writes to the storage, every so manieth is done and its answer lost; 0 for none. */
  readonly lostAnswers: number;
  readonly revokedAt: number;
  readonly keepers: number;
  /** How the database counts a renewal; the right way, unless a test wants to see the wrong one found out. */
  readonly counts?: 'from its beginning' | 'from its end';
}

export const calm: Weather = {
  ttlSeconds: 30,
  skewSeconds: 10,
  storageAhead: 0,
  takerAhead: 0,
  databaseAhead: 0,
  setBack: { at: 0, by: 0 },
  delays: [20],
  isolated: [],
  lostAnswers: 0,
  revokedAt: 120_000,
  keepers: 1,
};

/** What became of it. */
export interface Story {
  readonly beats: readonly Beat[];
  /** When the old primary accepted writes, true time, every quarter of a second looked at. */
  readonly accepted: readonly number[];
  /** When the standby may write, true time. */
  readonly safeAt: number;
  readonly lease: Lease | null;
}

/** The keeper as it is shipped, and the taking as it is deployed, in any weather, for five minutes. */
export async function leaseWorld(weather: Weather): Promise<Story> {
  const clock = new WorldClock({ start, speed: Infinity, whileBusy: 'not-at-all' });
  onTestFinished(() => clock.stop());
  const { ttlSeconds, skewSeconds, delays } = weather;
  const elapsed = () => clock.now() - start;
  let turn = 0;
  const passSomeTime = () => clock.sleep(delays[turn++ % delays.length] ?? 0);
  const cutOff = () => weather.isolated.some(({ from, to }) => elapsed() >= from && elapsed() < to);

  let object: { text: string; version: number; modifiedAt: number } | null = null as {
    text: string;
    version: number;
    modifiedAt: number;
  } | null;
  const write = (value: unknown) => {
    object = {
      text: JSON.stringify(value),
      version: (object?.version ?? 0) + 1,
      // S3 tells whole seconds.
      modifiedAt: Math.floor((clock.now() + weather.storageAhead) / 1_000) * 1_000,
    };
    return true;
  };
  const storage: Ledger = {
    read: async <T>() =>
      object && {
        value: JSON.parse(object.text) as T,
        etag: String(object.version),
        modifiedAt: new Date(object.modifiedAt).toISOString(),
      },
    create: async (_key, value) => !object && write(value),
    replace: async (_key, value, etag) => object !== null && String(object.version) === etag && write(value),
  };
  let writes = 0;
  const far = async <T>(call: () => Promise<T>, isWrite: boolean): Promise<T> => {
    await passSomeTime();
    if (cutOff()) throw new Error('the region is cut off');
    const answer = await call();
    await passSomeTime();
    const lost = isWrite && weather.lostAnswers > 0 && ++writes % weather.lostAnswers === 0;
    if (cutOff() || lost) throw new Error('the answer was lost');
    return answer;
  };
  const storageFromPrimary: Ledger = {
    read: (key) => far(() => storage.read(key), false),
    create: (key, value) => far(() => storage.create(key, value), true),
    replace: (key, value, etag) => far(() => storage.replace(key, value, etag), true),
  };

  const databaseNow = () => {
    const { at, by } = weather.setBack;
    return clock.now() + weather.databaseAhead - (elapsed() >= at ? by : 0);
  };
  let row = { validUntil: -Infinity, site: '', epoch: 0 };
  const connection = (): Connection => ({
    end: () => Promise.resolve(),
    query: async (text, values) => {
      await passSomeTime();
      const rows: unknown[] = [];
      if (text.includes('lifeboat.beat')) rows.push({ at: new Date(databaseNow()).toISOString() });
      if (text.includes('lifeboat.renew')) {
        const [site, epoch, beginning, seconds] = values as [string, number, string, number];
        const from = weather.counts === 'from its end' ? databaseNow() : Date.parse(beginning);
        const until = from + seconds * 1_000;
        if (row.epoch < epoch) row = { validUntil: until, site, epoch };
        else if (row.epoch === epoch && row.site === site)
          row = { ...row, validUntil: Math.max(row.validUntil, until) };
      }
      if (text.includes('lifeboat.release') && row.site === values[0])
        row = { ...row, validUntil: Math.min(row.validUntil, databaseNow()) };
      await passSomeTime();
      return { rows };
    },
  });

  const beats: Beat[] = [];
  const keepers = Array.from({ length: weather.keepers }, () =>
    startKeeper({
      database: 'erlmcp',
      site: 'primary',
      ttlSeconds,
      ledger: storageFromPrimary,
      connect: async () => connection(),
      now: () => clock.now(),
      sleep: (ms) => clock.sleep(ms),
      tell: (beat) => void beats.push(beat),
    }),
  );
  const accepted: number[] = [];
  const look = () => {
    if (databaseNow() < row.validUntil) accepted.push(elapsed());
    if (elapsed() < 300_000) clock.at(clock.now() + 250, look);
  };
  look();

  await clock.sleep(weather.revokedAt);
  const takerNow = () => clock.now() + weather.takerAhead;
  const terms = { ttlSeconds, skewSeconds };
  const revocation = await revokeLease(storage, 'erlmcp', terms, new Date(takerNow()).toISOString());
  // The standby waits by the taker's clock.
  const safeAt = safeAfter(revocation, terms, takerNow()) - weather.takerAhead - start;
  await clock.sleep(300_000 - elapsed());
  for (const keeper of keepers) void keeper.stop();
  return { beats, accepted, safeAt, lease: (await storage.read<Lease>('leases/erlmcp.json'))?.value ?? null };
}
