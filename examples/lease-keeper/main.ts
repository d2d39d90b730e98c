import { setTimeout as delay } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { startKeeper, type Connection } from './keeper.ts';
import { s3LeaseStore } from './s3-store.ts';

/** Gives up soon: a renewal counts from its beginning, so that one which takes long is worth little. */
const patienceMs = 3_000;

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}

function site(): 'primary' | 'standby' {
  const text = variable('LIFEBOAT_SITE');
  if (text === 'primary' || text === 'standby') return text;
  throw new Error(`LIFEBOAT_SITE must be primary or standby, not ${text}`);
}

function ttlSeconds(): number {
  const seconds = Number(variable('LIFEBOAT_TTL_SECONDS'));
  if (seconds >= 1) return seconds;
  throw new Error('LIFEBOAT_TTL_SECONDS must be a number of seconds, such as 30');
}

/** To where PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD and PGSSLMODE say. */
async function connect(): Promise<Connection> {
  const client = new pg.Client({
    application_name: 'lifeboat-lease-keeper',
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    statement_timeout: patienceMs,
    keepAlive: true,
  });
  // A connection that breaks between two beats is noticed by the next one; unheard, it would end the program.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const s3 = new S3Client({
  region: variable('LEDGER_REGION'),
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: patienceMs, throwOnRequestTimeout: true },
});

/** The keeper as a program, beside the application's writers. SIGTERM ends it; the lease lapses by itself. */
const keeper = startKeeper({
  database: variable('LIFEBOAT_DATABASE'),
  site: site(),
  ttlSeconds: ttlSeconds(),
  ledger: s3LeaseStore(s3, variable('LEDGER_BUCKET')),
  connect,
  now: () => Date.now(),
  sleep: (ms) => delay(ms),
  tell: (beat) => process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...beat })}\n`),
});
process.once('SIGTERM', () => {
  void keeper.stop().then(() => process.exit(0));
  // A beat that hangs is not waited for.
  setTimeout(() => process.exit(0), patienceMs).unref();
});
