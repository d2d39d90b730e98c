import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import type { IncidentRecord } from '../lambdas/incident/contract.ts';
import { names } from '../lib/names.ts';
import type { Environment } from '../lib/config/schema.ts';
import { callerOf, clientOptions, NotReached, Refused, type Access } from './invoke.ts';

/** The incidents of an environment's ledger, read as whoever the credentials belong to. Nothing is written. */

/** An incident as the ledger lists it, before it is read. */
interface Listed {
  readonly id: string;
  /** Of its last change, ISO 8601. */
  readonly changedAt: string;
}

/** One that is there and cannot be read. */
export interface Unreadable {
  readonly id: string;
  readonly why: string;
}

export interface IncidentLedger {
  readonly bucket: string;
  /** Newest first, as their ids say. */
  list(): Promise<readonly Listed[]>;
  /** Undefined when it is not there. */
  read(id: string): Promise<IncidentRecord | Unreadable | undefined>;
}

const prefix = 'incidents/';

/**
 * Work with the ledger of an environment, and only in that environment's account.
 *
 * @throws NotReached when AWS could not be asked, or says no
 */
export async function withLedger<T>(
  environment: Environment,
  access: Access,
  work: (ledger: IncidentLedger) => Promise<T>,
): Promise<T> {
  const { name, account, sites } = environment;
  const deployed = { name, account, region: sites.standby.region };
  const options = clientOptions(deployed, access);
  const sts = new STSClient(options);
  // A bucket's name in the address, not in the host: an endpoint of one's own has no host for each bucket.
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  try {
    const by = await callerOf(sts, deployed);
    return await work(ledgerOf(s3, environment, by));
  } finally {
    sts.destroy();
    s3.destroy();
  }
}

function ledgerOf(s3: S3Client, environment: Environment, by: string): IncidentLedger {
  const bucket = names(environment).ledgerBucket;
  const where = { environment, bucket, by };
  return {
    bucket,
    async list() {
      const found: Listed[] = [];
      let token: string | undefined;
      do {
        const page = await told(where, 's3:ListBucket', `arn:aws:s3:::${bucket}`, () =>
          s3.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix,
              ...(token === undefined ? {} : { ContinuationToken: token }),
            }),
          ),
        );
        for (const { Key: key = '', LastModified: changed } of page.Contents ?? []) {
          const id = /^incidents\/([^/]+)\.json$/.exec(key)?.[1];
          if (id !== undefined) found.push({ id, changedAt: (changed ?? new Date(0)).toISOString() });
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return found.toSorted((a, b) => b.id.localeCompare(a.id));
    },
    async read(id) {
      const key = `${prefix}${id}.json`;
      const body = await told(where, 's3:GetObject', `arn:aws:s3:::${bucket}/${key}`, async () => {
        try {
          const { Body: stream } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
          return (await stream?.transformToString()) ?? '';
        } catch (error) {
          if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
          throw error;
        }
      });
      return body === undefined ? undefined : parsed(id, body);
    },
  };
}

/** What a person or a half-written copy has put there must not keep the others from being listed. */
function parsed(id: string, body: string): IncidentRecord | Unreadable {
  try {
    const record = JSON.parse(body) as IncidentRecord | null;
    const isOne = typeof record?.ref.startedAt === 'string' && Array.isArray(record.notices);
    return isOne ? record : { id, why: 'is no record of an incident' };
  } catch (error) {
    return { id, why: `is not JSON (${error instanceof Error ? error.message : String(error)})` };
  }
}

interface Where {
  readonly environment: Environment;
  readonly bucket: string;
  readonly by: string;
}

async function told<T>(
  { environment, bucket, by }: Where,
  action: string,
  resource: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    throw new NotReached(
      name === 'AccessDenied' || name === 'Forbidden'
        ? `${by} may not ${action} on ${resource}: have it allowed (docs/deploy.md, Deploy). S3 said: ${message}`
        : name === 'NoSuchBucket'
          ? `there is no ledger ${bucket} in ${environment.sites.standby.region}: is the recovery stack of ` +
            `${environment.name} deployed? The environment is what --env names`
          : `AWS could not be asked about ${resource} (${name}: ${message || 'no message'})`,
      { cause: error },
    );
  }
}

/**
 * The record of one incident.
 *
 * @throws Refused when there is none, and names the nearest; when it is of another environment; when it cannot be read
 */
export async function recordOf(
  ledger: IncidentLedger,
  environment: Pick<Environment, 'name'>,
  id: string,
): Promise<IncidentRecord> {
  const record = await ledger.read(id);
  if (record !== undefined && 'why' in record) {
    throw new Refused('Unreadable', `incidents/${id}.json on ${ledger.bucket} ${record.why}`);
  }
  if (record) return record;
  const { name } = environment;
  const known = (await ledger.list()).map((listed) => listed.id);
  const best = nearest(id, known);
  const other = /^(.+)-\d{8}T\d{6}-/.exec(id)?.[1];
  throw new Refused(
    'NoSuchIncident',
    [
      `${name} has no incident ${id}`,
      ...(other === undefined || other === name
        ? []
        : [`; by its id it is of ${other}, so try --env ${other}`]),
      best === undefined ? `; ${name} has had none yet` : `; the nearest is ${best}`,
    ].join(''),
  );
}

/** By how many characters must be changed; the newest of those that are as near. */
export function nearest(wanted: string, known: readonly string[]): string | undefined {
  return known
    .map((id) => ({ id, away: distance(wanted, id) }))
    .reduce<{ id: string; away: number } | undefined>(
      (best, each) => (best === undefined || each.away < best.away ? each : best),
      undefined,
    )?.id;
}

/** Levenshtein's. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [line, character] of Array.from(from).entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (to[column - 1] === character ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
