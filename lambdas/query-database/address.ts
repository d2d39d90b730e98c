import { resolveCname } from 'node:dns/promises';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientOptions } from '../aws/client.ts';
import type { QueryRequest } from '../database/contract.ts';
import { region } from '../runtime/settings.ts';
import type { Settings } from './contract.ts';

type Database = Settings['databases'][number];

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly dbname: string;
}

/** How long a secret is believed, milliseconds; one that is refused is read again at once. */
const believed = 300_000;

let client: SecretsManagerClient | undefined;
const known = new Map<string, { readonly value: Readonly<Record<string, unknown>>; readonly at: number }>();

/** @throws Error that never says what the secret holds */
async function secret(name: string, fresh: boolean): Promise<Readonly<Record<string, unknown>>> {
  const kept = known.get(name);
  if (kept && !fresh && Date.now() - kept.at < believed) return kept.value;
  client ??= new SecretsManagerClient(clientOptions(region()));
  const { SecretString: text = '' } = await client.send(new GetSecretValueCommand({ SecretId: name }));
  const value = parsed(text);
  if (value === null) throw new Error(`secret ${name} is no JSON object`);
  known.set(name, { value, at: Date.now() });
  return value;
}

/** @param fresh not from what was read before: it was refused */
export async function credentialsOf({ readerSecret, name }: Database, fresh: boolean): Promise<Credentials> {
  const value = await secret(readerSecret, fresh);
  const { username, password, dbname } = value;
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new Error(`secret ${readerSecret} has no username and password`);
  }
  return { username, password, dbname: typeof dbname === 'string' ? dbname : name };
}

/** Where the database is: what is asked for, else what the application would use at this moment. */
export async function addressOf(
  { identity, port }: Database,
  request: Pick<QueryRequest, 'host' | 'port'>,
  site: Settings['site'],
): Promise<{ readonly host: string; readonly port: number }> {
  if (request.host !== undefined) return { host: request.host, port: request.port ?? port };
  switch (identity.by) {
    case 'secret': {
      // Never from what was read before: a swap is what changes it.
      const value = await secret(identity.secret[site], true);
      const at = value['port'];
      if (typeof value['host'] !== 'string') throw new Error(`secret ${identity.secret[site]} names no host`);
      return {
        host: value['host'],
        port: typeof at === 'number' || typeof at === 'string' ? Number(at) : port,
      };
    }
    case 'cname': {
      // The server's certificate is for the name that RDS gave it.
      const [target] = await resolveCname(identity.record[site]);
      if (target === undefined) throw new Error(`${identity.record[site]} leads nowhere`);
      return { host: target.replace(/\.$/, ''), port };
    }
    case 'rename':
      return { host: identity.host[site], port };
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
