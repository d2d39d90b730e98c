import { Client } from 'pg';

export const superuser = { user: 'postgres', password: "it's the world's \\ own" };

export interface Asking {
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: { readonly ca: string; readonly servername: string };
}

export async function connect({ port, ssl, ...who }: Asking): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    ...superuser,
    database: 'postgres',
    ...who,
    ssl: ssl ?? false,
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The first column of all rows of the last statement. */
export async function ask(where: number | Asking, sql: string): Promise<unknown[]> {
  const client = await connect(typeof where === 'number' ? { port: where } : where);
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.map(([first]) => first);
  } finally {
    await client.end();
  }
}
