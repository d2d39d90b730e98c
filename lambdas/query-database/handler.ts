import { Client } from 'pg';
import { failureName } from '../aws/api-failure.ts';
import type { QueryAnswer, QueryRequest } from '../database/contract.ts';
import { settings } from '../runtime/settings.ts';
import { addressOf, credentialsOf } from './address.ts';
import type { Input, Output, Settings } from './contract.ts';
import { checkRequest } from './decide.ts';
import { consistencyOf, heartbeatOf, sentence, stateOf, writesOf } from './look.ts';

type Database = Settings['databases'][number];

/** Seconds: a database that has not answered by then is one that its application does not reach either. */
const connectSeconds = 5;

/** What PostgreSQL calls a password that is wrong, or a user that it does not know. */
const refused: ReadonlySet<string> = new Set(['28P01', '28000']);

/**
 * Look into a database of this site, and change nothing: read only, in one snapshot, with a limit for every
 * statement. It runs what the environment names, never what its caller sends.
 *
 * @throws InvalidInput when the request is wrong; a database that is wrong, or silent, is an answer
 */
export async function handler(request: Input): Promise<Output> {
  const { databases, site } = settings<Settings>();
  checkRequest(
    request,
    databases.map(({ name }) => name),
  );
  const database = databases.find(({ name }) => name === request.database);
  if (!database) throw new Error(`there is no database ${request.database}`);
  const began = new Date().toISOString();
  let connected: { readonly client: Client; readonly where: string } | undefined;
  try {
    connected = await connect(database, request, site);
    return await look(connected.client, connected.where, database, request);
  } catch (error) {
    const silent = error instanceof Silence ? { silent: true as const } : {};
    return { reachable: false, ...silent, evidence: sentence(error), at: began };
  } finally {
    await connected?.client.end().catch(() => undefined);
  }
}

async function look(
  client: Client,
  where: string,
  database: Database,
  { ask, since }: QueryRequest,
): Promise<QueryAnswer> {
  await client.query('begin transaction isolation level repeatable read read only');
  const at = new Date().toISOString();
  // The first statement takes the snapshot: what is committed after this is not in the answer.
  const { rows } = await client.query<{ version: string }>(
    "select current_setting('server_version') as version",
  );
  const answer: QueryAnswer = {
    reachable: true,
    evidence: `${where}, PostgreSQL ${rows[0]?.version ?? 'of an unknown version'}`,
    at,
    ...(ask.includes('state') ? { state: await stateOf(client) } : {}),
    ...(ask.includes('heartbeat') ? { heartbeat: await heartbeatOf(client) } : {}),
    ...(ask.includes('consistency')
      ? { consistency: await consistencyOf(client, database.consistency) }
      : {}),
    ...(ask.includes('writes') && since !== undefined
      ? { writes: await writesOf(client, database.tables, since) }
      : {}),
  };
  await client.query('rollback');
  return answer;
}

async function connect(
  database: Database,
  request: QueryRequest,
  site: Settings['site'],
): Promise<{ readonly client: Client; readonly where: string }> {
  const { host, port } = await addressOf(database, request, site);
  const where = `${host}:${port}`;
  try {
    return { client: await open(database, host, port, false), where };
  } catch (error) {
    if (!refused.has(codeOf(error))) throw told(error, where);
  }
  return {
    client: await open(database, host, port, true).catch((error: unknown) => {
      throw told(error, where);
    }),
    where,
  };
}

async function open(database: Database, host: string, port: number, fresh: boolean): Promise<Client> {
  const { username, password, dbname } = await credentialsOf(database, fresh);
  const milliseconds = database.statementTimeoutSeconds * 1_000;
  const client = new Client({
    host,
    port,
    user: username,
    password,
    database: dbname,
    application_name: 'lifeboat',
    connectionTimeoutMillis: connectSeconds * 1_000,
    statement_timeout: milliseconds,
    lock_timeout: milliseconds,
    // Of the driver's own, for a server that went silent in the middle of an answer.
    query_timeout: milliseconds + 2_000,
    // Certificate and name are checked; the authority is RDS's, which NODE_EXTRA_CA_CERTS names.
    ssl: true,
  });
  // A connection that is lost while nothing is asked: the next query says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw isSilence(error) ? new Silence(sentence(error) || codeOf(error)) : error;
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Nobody answered at the address: no connection came about, and no server said why. */
class Silence extends Error {
  override readonly name = 'Silence';
}

/** A name that does not resolve, a certificate that is not right, and all that PostgreSQL says are something else. */
const silences: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

/** The driver gives its own timeout, and a connection that ends before it is one, no code. */
function isSilence(error: unknown): boolean {
  return silences.has(codeOf(error)) || /^(timeout expired|Connection terminated)/.test(sentence(error));
}

/** Node gives some errors of a connection a code and no message. */
function told(error: unknown, where: string): Error {
  const message = sentence(error);
  const text = `${where}: ${message === '' ? codeOf(error) || failureName(error) : message}`;
  return error instanceof Silence ? new Silence(text) : new Error(text);
}
