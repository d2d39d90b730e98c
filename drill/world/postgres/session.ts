import { Client } from 'pg';
import type { Credentials } from './settings.ts';

/** One connection, straight to the server, for as long as `use` takes. */
export async function withSession<T>(
  port: number,
  { user, password }: Credentials,
  use: (client: Client) => Promise<T>,
  database = 'postgres',
): Promise<T> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user,
    password,
    database,
    application_name: 'the world',
    ssl: false,
    connectionTimeoutMillis: 20_000,
  });
  client.on('error', () => undefined); // the query that is under way says it
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The only value of the only row. */
export async function ask<T>(client: Client, sql: string, values: readonly unknown[] = []): Promise<T> {
  const { rows } = await client.query<[T]>({ text: sql, values: [...values], rowMode: 'array' });
  const [row] = rows;
  if (!row) throw new Error(`no answer to: ${sql}`);
  return row[0];
}
