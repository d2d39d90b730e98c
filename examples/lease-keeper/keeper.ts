import { isDeepStrictEqual } from 'node:util';
import type { Heartbeat, Lease } from '../../lambdas/database/contract.ts';
import type { Site } from '../../lambdas/incident/contract.ts';

/** Where the lease is: Lifeboat's ledger, or anything else that changes an object only on condition. */
export interface LeaseStore {
  read<T>(key: string): Promise<{ readonly value: T; readonly etag: string } | null>;
  /** False when there is one already. */
  create(key: string, value: unknown): Promise<boolean>;
  /** False when it is no longer the version with this tag. */
  replace(key: string, value: unknown, etag: string): Promise<boolean>;
}

/** A connection to the database, of the keeper alone; `pg`'s Client is one. */
export interface Connection {
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
  end(): Promise<void>;
}

export interface KeeperOptions {
  /** As the environment calls it. */
  readonly database: string;
  /** Where this keeper and its writers are. */
  readonly site: Site;
  /** As the environment says; renewed three times as often. */
  readonly ttlSeconds: number;
  readonly ledger: LeaseStore;
  /** Connects, or fails within a few seconds. So must its queries. */
  readonly connect: () => Promise<Connection>;
  /** Milliseconds since the epoch; for the rhythm only, no safety hangs on it. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Hears how each beat went. */
  readonly tell?: (beat: Beat) => void;
}

/**
 * `kept`: the lease was renewed, and the database knows. `lost`: somebody else has it, or nobody. `none`: there is
 * nothing to keep, because the database is a replica, or no lease was made yet and this site must not. `failed`: it is not known; the database was told nothing.
 */
export interface Beat {
  readonly outcome: 'kept' | 'lost' | 'none' | 'failed';
  readonly detail: string;
}

export interface Keeper {
  /** No beat begins any more; resolves when the one that runs is over. The lease lapses by itself. */
  stop(): Promise<void>;
}

/**
 * Keep a site's lease for as long as the site can prove that it lives.
 *
 * Each beat does three things, in an order that must not change: write a heartbeat row and see it committed,
 * renew the lease on the ledger and see it acknowledged, and only then let the database accept writes until
 * `ttlSeconds` after the beat began. Whatever stops the keeper between two of them, for however long, the
 * database has been allowed nothing that the ledger did not acknowledge.
 */
export function startKeeper(options: KeeperOptions): Keeper {
  const { ttlSeconds, now, sleep, tell } = options;
  const between = (ttlSeconds * 1_000) / 3;
  let stopped = false;
  let connection: Connection | null = null;

  const disconnect = async () => {
    const old = connection;
    connection = null;
    await old?.end().catch(() => undefined);
  };
  const run = async () => {
    while (!stopped) {
      const began = now();
      let outcome: Beat;
      try {
        connection ??= await options.connect();
        outcome = await beat(options, connection);
      } catch (error) {
        if (isReadOnly(error)) outcome = { outcome: 'none', detail: 'the database is read only: a replica' };
        else outcome = { outcome: 'failed', detail: error instanceof Error ? error.message : String(error) };
        if (outcome.outcome === 'failed') await disconnect();
      }
      tell?.(outcome);
      const pause = outcome.outcome === 'failed' ? between / 4 : between;
      await sleep(Math.max(pause - (now() - began), 0) || 1);
    }
    await disconnect();
  };
  const running = run();
  return {
    stop: () => {
      stopped = true;
      return running;
    },
  };
}

/** As PostgreSQL says it of a replica. */
function isReadOnly(error: unknown): boolean {
  return error instanceof Error && (error as Error & { readonly code?: unknown }).code === '25006';
}

async function beat(options: KeeperOptions, connection: Connection): Promise<Beat> {
  const { database, site, ttlSeconds, ledger } = options;
  const key = `leases/${database}.json`;

  const { rows } = await connection.query('select at, position from lifeboat.beat($1)', [site]);
  const heartbeat = heartbeatOf(rows[0]);
  const renewal = { renewedAt: heartbeat.at, ttlSeconds, heartbeat };

  const stored = await ledger.read<Lease>(key);
  if (!stored && site !== 'primary') return { outcome: 'none', detail: `there is no ${key}` };
  if (stored && stored.value.holder !== site) {
    await connection.query('select lifeboat.release($1)', [site]);
    const { holder, epoch } = stored.value;
    return { outcome: 'lost', detail: `${holder} holds ${key} in epoch ${epoch}` };
  }
  const renewed: Lease = stored ? { ...stored.value, ...renewal } : { holder: site, epoch: 1, ...renewal };
  const written = stored
    ? await ledger.replace(key, renewed, stored.etag)
    : await ledger.create(key, renewed);
  // A write whose answer was lost is refused when it is sent again; then what stands there is ours.
  if (!written && !isDeepStrictEqual((await ledger.read<Lease>(key))?.value, renewed)) {
    return { outcome: 'failed', detail: `${key} was changed by another meanwhile` };
  }

  await connection.query('select lifeboat.renew($1, $2, $3, $4)', [
    site,
    renewed.epoch,
    heartbeat.at,
    ttlSeconds,
  ]);
  return { outcome: 'kept', detail: `epoch ${renewed.epoch}, ${ttlSeconds} s from ${heartbeat.at}` };
}

function heartbeatOf(row: unknown): Heartbeat {
  const { at, position } = (row ?? {}) as { readonly at?: unknown; readonly position?: unknown };
  if (typeof at !== 'string')
    throw new Error('lifeboat.beat answered without a time: is lease.sql installed?');
  return typeof position === 'string' ? { at, position } : { at };
}
