import { setImmediate } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import type { IncidentRecord, IncidentRef } from '../../lambdas/incident/contract.ts';
import type { Lock } from '../../lambdas/incident/lock.ts';
import { newRecord } from '../../lambdas/incident/record.ts';
import { awsError } from './memory-ledger.ts';

type Operation = 'get' | 'put';

/** A bucket behind the S3 client: S3's conditional writes, and every way in which it can fail a caller. */
export interface Bucket {
  readonly keys: readonly string[];
  /** What was asked, in order: `get lock.json`. */
  readonly calls: readonly string[];
  read<T>(key: string): T;
  write(key: string, value: unknown): void;
  record(id: string): IncidentRecord;
  lock(): Lock;
  /**
   * Fail the next calls on keys that start with `prefix`. `after`: the write has its effect, and its answer is
   * lost.
   */
  fail(
    operation: Operation,
    prefix: string,
    error: Error,
    options?: { readonly times?: number; readonly after?: boolean },
  ): void;
}

interface Put {
  readonly Key: string;
  readonly Body: string;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

/** Empty, unless told otherwise; every call takes a few turns of the event loop, so that callers interleave. */
export function startBucket(objects: Readonly<Record<string, unknown>> = {}): Bucket {
  const stored = new Map<string, { text: string; etag: string }>();
  const calls: string[] = [];
  const failures: { operation: Operation; prefix: string; error: Error; times: number; after: boolean }[] =
    [];
  let version = 0;

  const store = (key: string, text: string) => {
    const etag = `"${(version += 1)}"`;
    stored.set(key, { text, etag });
    return { ETag: etag };
  };
  const failureOf = (operation: Operation, key: string) => {
    const failure = failures.find(
      (each) => each.operation === operation && each.times > 0 && key.startsWith(each.prefix),
    );
    if (failure) failure.times -= 1;
    return failure;
  };
  const travel = async () => {
    for (let turns = Math.ceil(Math.random() * 4); turns > 0; turns--) await setImmediate();
  };

  const s3 = mockClient(S3Client);
  s3.on(GetObjectCommand).callsFake(async ({ Key: key }: { Key: string }) => {
    calls.push(`get ${key}`);
    await travel();
    const failure = failureOf('get', key);
    if (failure) throw failure.error;
    const found = stored.get(key);
    await travel();
    if (!found) throw awsError('NoSuchKey', 'The specified key does not exist.', 404);
    return { ETag: found.etag, Body: { transformToString: () => Promise.resolve(found.text) } };
  });
  s3.on(PutObjectCommand).callsFake(async ({ Key: key, Body, IfMatch, IfNoneMatch }: Put) => {
    calls.push(`put ${key}`);
    await travel();
    const failure = failureOf('put', key);
    if (failure && !failure.after) throw failure.error;
    const found = stored.get(key);
    if (IfMatch !== undefined && !found) throw awsError('NoSuchKey', 'no such key', 404);
    if ((IfNoneMatch === '*' && found) || (IfMatch !== undefined && IfMatch !== found?.etag)) {
      throw awsError(
        'PreconditionFailed',
        'At least one of the pre-conditions you specified did not hold',
        412,
      );
    }
    const answer = store(key, Body);
    await travel();
    if (failure) throw failure.error;
    return answer;
  });

  const bucket: Bucket = {
    get keys() {
      return [...stored.keys()].sort();
    },
    calls,
    read: <T>(key: string) => JSON.parse(stored.get(key)?.text ?? 'null') as T,
    write: (key, value) => void store(key, JSON.stringify(value)),
    record: (id) => bucket.read<IncidentRecord>(`incidents/${id}.json`),
    lock: () => bucket.read<Lock>('lock.json'),
    fail: (operation, prefix, error, { times = 1, after = false } = {}) =>
      void failures.push({ operation, prefix, error, times, after }),
  };
  for (const [key, value] of Object.entries(objects)) bucket.write(key, value);
  return bucket;
}

export const anIncident: IncidentRef = {
  id: 'dev-20261123T040012-site-failure',
  epoch: 3,
  environment: 'dev',
  scenario: 'site-failure',
  severity: 'P0',
  mode: 'live',
  startedBy: 'alarm lifeboat-dev-primary-unhealthy',
  startedAt: '2026-11-23T04:00:12.000Z',
  deadline: '2026-11-23T05:00:12.000Z',
  rtoSeconds: 3_600,
  rpoSeconds: 900,
  updateEverySeconds: 900,
};

export const anExecution = 'arn:aws:states:eu-central-1:111111111111:execution:lifeboat-dev-incident:one';

export function aLock(changes: Partial<Lock> = {}): Lock {
  return {
    epoch: anIncident.epoch,
    state: 'held',
    incidentId: anIncident.id,
    executionArn: anExecution,
    mode: 'live',
    takenAt: anIncident.startedAt,
    expiresAt: '2026-11-23T07:00:12.000Z',
    ...changes,
  };
}

export function aRecord(changes: Partial<IncidentRecord> = {}): IncidentRecord {
  return { ...newRecord(anIncident, anExecution), ...changes };
}

/** The ledger while an incident runs. */
export function duringAnIncident(
  record: Partial<IncidentRecord> = {},
  lock: Partial<Lock> = {},
): Record<string, unknown> {
  return { 'lock.json': aLock(lock), [`incidents/${anIncident.id}.json`]: aRecord(record) };
}
