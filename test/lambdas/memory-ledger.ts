import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import type { IncidentRecord, IncidentRef } from '../../lambdas/incident/contract.ts';

/** An incident as it travels through the state machines. */
export const incident: IncidentRef = {
  id: 'dev-20261123-120305',
  epoch: 3,
  environment: 'dev',
  scenario: 'site-failure',
  severity: 'P0',
  mode: 'live',
  startedBy: 'alarm lifeboat-dev-primary-unhealthy',
  startedAt: '2026-11-23T12:03:05.000Z',
  deadline: '2026-11-23T13:03:05.000Z',
  rtoSeconds: 3_600,
  rpoSeconds: 900,
  updateEverySeconds: 900,
};

export const planOnly: IncidentRef = { ...incident, mode: 'plan' };

export interface MemoryLedger {
  readonly objects: Map<string, { text: string; etag: string }>;
  read<T>(key: string): T;
  write(key: string, value: unknown): void;
  record(): IncidentRecord;
  /** Keys that were written since the ledger was made, in order. */
  readonly written: string[];
}

/** A bucket in memory behind the S3 client, with S3's conditional writes, an open incident and its lock in it. */
export function memoryLedger(): MemoryLedger {
  const objects: MemoryLedger['objects'] = new Map();
  const written: string[] = [];
  let version = 0;
  const store = (key: string, text: string) => objects.set(key, { text, etag: `"${(version += 1)}"` });
  const refusal = (name: string, httpStatusCode: number) =>
    Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

  const s3 = mockClient(S3Client);
  s3.on(GetObjectCommand).callsFake(({ Key }: { Key: string }) => {
    const found = objects.get(Key);
    if (!found) throw refusal('NoSuchKey', 404);
    return { ETag: found.etag, Body: { transformToString: () => Promise.resolve(found.text) } };
  });
  s3.on(PutObjectCommand).callsFake(
    (put: { Key: string; Body: string; IfMatch?: string; IfNoneMatch?: string }) => {
      const found = objects.get(put.Key);
      if (put.IfNoneMatch === '*' && found) throw refusal('PreconditionFailed', 412);
      if (put.IfMatch !== undefined && put.IfMatch !== found?.etag) throw refusal('PreconditionFailed', 412);
      store(put.Key, put.Body);
      written.push(put.Key);
      return { ETag: objects.get(put.Key)?.etag };
    },
  );

  s3.on(ListObjectsV2Command).callsFake(
    ({ Prefix: prefix = '', StartAfter: after = '' }: { Prefix?: string; StartAfter?: string }) => ({
      Contents: [...objects.keys()]
        .filter((key) => key.startsWith(prefix) && key > after)
        .toSorted()
        .slice(0, 1_000)
        .map((Key) => ({ Key })),
    }),
  );

  const ledger: MemoryLedger = {
    objects,
    written,
    read: <T>(key: string) => JSON.parse(objects.get(key)?.text ?? 'null') as T,
    write: (key, value) => store(key, JSON.stringify(value)),
    record: () => ledger.read<IncidentRecord>(`incidents/${incident.id}.json`),
  };
  ledger.write('lock.json', {
    epoch: incident.epoch,
    state: 'held',
    incidentId: incident.id,
    executionArn: 'arn',
    mode: 'live',
    takenAt: incident.startedAt,
    expiresAt: incident.deadline,
  });
  const record: IncidentRecord = {
    ref: incident,
    executionArn: 'arn',
    state: 'open',
    lastGoodAt: null,
    timeline: [],
    steps: [],
    checks: [],
    notices: [],
    preImages: {},
    joined: [],
  };
  ledger.write(`incidents/${incident.id}.json`, record);
  return ledger;
}

/** The environment variables of a deployed function; credentials that sign but open nothing. */
export function deploy(settings: unknown): void {
  process.env['SETTINGS'] = JSON.stringify(settings);
  process.env['AWS_REGION'] = 'eu-central-1';
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'not-a-secret';
}

/** An error as the SDK throws it. */
export function awsError(name: string, message = name, httpStatusCode = 400, members: object = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode }, ...members });
}
