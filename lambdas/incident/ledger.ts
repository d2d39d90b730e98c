import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { withBackoff } from '../aws/backoff.ts';
import { clientOptions } from '../aws/client.ts';
import { region } from '../runtime/settings.ts';
import { TryAgain } from './errors.ts';

/** An object of the ledger, and the tag of exactly this version of it. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
  /** When this version was written, by the storage's own clock; ISO 8601, whole seconds as S3 tells it. */
  readonly modifiedAt?: string;
}

/**
 * JSON objects that several executions write at once, changed only on condition.
 *
 * The writes answer false instead of throwing when somebody else was faster: the caller reads again. Every
 * failure that passes by itself is thrown as `TryAgain`. A refusal is thrown as it is, because "denied" read
 * as "absent" would open a second incident; for the same reason a reader needs `s3:ListBucket`, without which
 * S3 answers 403 for an object that is not there.
 */
export interface Ledger {
  read<T>(key: string): Promise<Stored<T> | null>;
  /** Only if there is no such object yet. */
  create(key: string, value: unknown): Promise<boolean>;
  /** Only if the object is still the version with this tag. */
  replace(key: string, value: unknown, etag: string): Promise<boolean>;
}

/** Answers of S3 to a condition that does not hold, or no longer (aws-facts §6). */
const conflicts: ReadonlySet<string> = new Set([
  'PreconditionFailed',
  'ConditionalRequestConflict',
  'NoSuchKey',
]);

const clients = new Map<string, S3Client>();

/** The ledger in this bucket, which is in the standby's region: that of the function, unless it is the primary's. */
export function openLedger(bucket: string, at: string = region()): Ledger {
  const s3 = clients.get(at) ?? new S3Client(clientOptions(at));
  clients.set(at, s3);
  const put = (key: string, value: unknown, condition: { IfMatch: string } | { IfNoneMatch: '*' }) =>
    writing(key, () =>
      s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: JSON.stringify(value, null, 2),
          ContentType: 'application/json',
          ...condition,
        }),
      ),
    );
  return {
    async read<T>(key: string) {
      try {
        const {
          Body: body,
          ETag: etag,
          LastModified: modified,
        } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (body === undefined || etag === undefined) throw new Error(`${key} came without content or ETag`);
        return {
          value: JSON.parse(await body.transformToString()) as T,
          etag,
          ...(modified === undefined ? {} : { modifiedAt: modified.toISOString() }),
        };
      } catch (error) {
        if (failureName(error) === 'NoSuchKey') return null;
        throw translated('read', key, error);
      }
    },
    create: (key, value) => put(key, value, { IfNoneMatch: '*' }),
    replace: (key, value, etag) => put(key, value, { IfMatch: etag }),
  };
}

async function writing(key: string, send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (conflicts.has(failureName(error))) return false;
    throw translated('write', key, error);
  }
}

function translated(verb: string, key: string, error: unknown): unknown {
  if (!passesByItself(error)) return error;
  return new TryAgain(`could not ${verb} ${key} of the ledger: ${describeFailure(error)}`, { cause: error });
}

/**
 * Change one object, however many others change it at the same time.
 *
 * `next` gets the object as it stands (null when there is none) and answers what it should be, or undefined to
 * leave it; and the version that it came in. It runs again on every collision, and also when a write succeeded but its answer was lost, so it
 * must leave an object alone that already has its change.
 *
 * Ten tries over four seconds at most: more writers than that at one object is a fault, not contention.
 *
 * @returns what stands there now
 * @throws TryAgain when every try collided
 */
export async function change<T>(
  ledger: Ledger,
  key: string,
  next: (current: T | null, stored: Stored<T> | null) => T | undefined,
): Promise<T | null> {
  return withBackoff(
    async () => {
      const stored = await ledger.read<T>(key);
      const current = stored?.value ?? null;
      const value = next(current, stored);
      if (value === undefined) return current;
      const written = stored
        ? await ledger.replace(key, value, stored.etag)
        : await ledger.create(key, value);
      if (!written) throw new Collision(`${key} of the ledger is being changed by too many at once`);
      return value;
    },
    { attempts: 10, baseMs: 20, capMs: 1_000, again: (error) => error instanceof Collision },
  );
}

class Collision extends TryAgain {}
