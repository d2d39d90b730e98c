import type { QueryKind, QueryRequest } from '../database/contract.ts';
import { InvalidInput } from '../incident/errors.ts';

const kinds: readonly QueryKind[] = ['consistency', 'heartbeat', 'state', 'writes'];
const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/**
 * What a caller asks, which nobody but this function checks: it decides where credentials are sent.
 *
 * @throws InvalidInput with one `field: got X, allowed: …` for each wrong field
 */
export function checkRequest(request: QueryRequest, known: readonly string[]): void {
  const wrong: string[] = [];
  const refuse = (field: string, got: unknown, allowed: string) =>
    wrong.push(`${field}: got ${got === undefined ? 'nothing' : JSON.stringify(got)}, allowed: ${allowed}`);
  const { database, host, port, ask, since } = request;
  if (!known.includes(database)) refuse('database', database, known.join(', ') || 'none');
  // Credentials of a database are given to databases of AWS in this account's names, and to nobody else.
  if (host !== undefined && !(hostName.test(host) && host.endsWith('.rds.amazonaws.com'))) {
    refuse('host', host, 'an endpoint of RDS, <name>.rds.amazonaws.com');
  }
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    refuse('port', port, '1 to 65535');
  }
  const asked: readonly unknown[] = Array.isArray(ask) ? ask : [];
  if (asked.length === 0 || asked.some((kind) => !kinds.some((known) => known === kind))) {
    refuse('ask', ask, `a list of ${kinds.join(', ')}`);
  } else if (asked.includes('writes') && (since === undefined || Number.isNaN(Date.parse(since)))) {
    refuse('since', since, 'a time such as 2026-11-23T10:00:00Z, when writes are asked for');
  }
  if (wrong.length > 0) throw new InvalidInput(wrong.join('; '));
}

/** A table or a column as the environment spells it, `schema.table`, quoted part by part. */
export function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

/** PostgreSQL gives times as Date when the driver knows the type, else as text. */
export function instant(value: unknown): string | undefined {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'string') return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
