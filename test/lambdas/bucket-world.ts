import { S3Client } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import type { Settings as ApplySettings } from '../../lambdas/apply-objects/contract.ts';
import type { AppliedChunk, PlannedObject, RestorePlan } from '../../lambdas/configuration/contract.ts';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import { kms } from '../../drill/cloud/kms/kms.ts';
import type { Fault, PendingCall } from '../../drill/cloud/endpoint.ts';
import { simpleStorage, type SimpleStorage } from '../../drill/cloud/s3/s3.ts';
import { localCloud, start, type LocalCloud } from '../drill/cloud/local-cloud.ts';
import { create } from '../drill/cloud/resource.ts';
import { deploy, incident as anIncident } from './memory-ledger.ts';

export const incident: IncidentRef = { ...anIncident, scenario: 'configuration-loss', severity: 'P1' };
export const later: IncidentRef = { ...incident, id: 'dev-20261123-140000', epoch: incident.epoch + 1 };

export const own = { region: 'eu-west-1', bucket: 'erlmcp-config' };
export const replica = { region: 'eu-central-1', bucket: 'erlmcp-config-replica' };
export const ledgerBucket = 'lifeboat-dev-ledger';

/** Nine in the morning; the damage is done after it. */
export const point = new Date(start).toISOString();
export const minute = 60_000;
export const before = start - 10 * minute;
export const after = start + 10 * minute;

export const plan: RestorePlan = {
  id: incident.id,
  site: 'primary',
  recoveryPoint: point,
  exportKey: null,
  snapshot: `before-${incident.id}`,
};

export interface BucketWorld {
  readonly cloud: LocalCloud;
  readonly storage: SimpleStorage;
  /** What goes wrong with the next calls. */
  fault: ((call: PendingCall) => Fault | undefined) | undefined;
  /** Names of the operations on S3 since the last look at them. */
  calls(): readonly string[];
  /** Buckets anew, with this plan's settings deployed. */
  begin(
    changes?: Partial<ApplySettings>,
    how?: { readonly versioned?: boolean; readonly exists?: boolean },
  ): void;
  holdLock(by?: IncidentRef): void;
  ledgerKeys(folder: string): readonly string[];
  planned(chunk?: number): readonly PlannedObject[];
  applied(chunk?: number): AppliedChunk;
  /** Replication has happened. */
  replicate(): Promise<void>;
  /** Content by key of what stands in the bucket, and what is gone. */
  contents(): Readonly<Record<string, string>>;
}

/** An application's bucket with its replica in another region, and a ledger, behind a real endpoint. */
export async function bucketWorld(): Promise<BucketWorld> {
  let storage: SimpleStorage | undefined;
  let services: (() => SimpleStorage) | undefined;
  const cloud = await localCloud(
    (foundation) => {
      const keys = kms(foundation);
      services = () => simpleStorage(foundation, { keys });
      storage = services();
      const current = () => storage!.service;
      const s3 = {
        ...storage.service,
        get operations() {
          return current().operations;
        },
      };
      return [s3];
    },
    { fault: (call) => world.fault?.(call) },
  );
  process.env['AWS_ENDPOINT_URL'] = cloud.url();
  // What was written ten minutes after the recovery point was written in the past.
  await cloud.clock.sleep(20 * minute);
  const folder = `restores/${plan.id}/assets`;
  const json = (key: string) => JSON.parse(storage!.read(ledgerBucket, key)?.toString() ?? 'null') as unknown;
  const world: BucketWorld = {
    cloud,
    get storage() {
      return storage!;
    },
    fault: undefined,
    calls: () => cloud.calls.splice(0).map(({ operation }) => operation),
    begin(changes = {}, { versioned = true, exists = true } = {}) {
      world.fault = undefined;
      storage = services!();
      const { resources } = storage.service;
      const keeping = { VersioningConfiguration: { Status: 'Enabled' } };
      create(resources, 'AWS::S3::Bucket', { BucketName: ledgerBucket, ...keeping });
      create(
        resources,
        'AWS::S3::Bucket',
        { BucketName: replica.bucket, ...keeping },
        { region: replica.region },
      );
      if (exists) makeOwn(world, versioned);
      deploy({
        environment: 'dev',
        ledgerBucket,
        ledgerRegion: 'eu-central-1',
        buckets: [{ name: 'assets', places: { primary: own, standby: replica }, prefixes: ['config/'] }],
        concurrency: 8,
        sliceSeconds: 60,
        ...changes,
      } satisfies ApplySettings);
      const { accessKeyId, secretAccessKey, sessionToken } = cloud.iam.operator;
      process.env['AWS_ACCESS_KEY_ID'] = accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = secretAccessKey;
      if (sessionToken !== undefined) process.env['AWS_SESSION_TOKEN'] = sessionToken;
      world.holdLock();
      cloud.calls.splice(0);
    },
    holdLock(by = incident) {
      const lock = { epoch: by.epoch, state: 'held', incidentId: by.id, executionArn: 'arn', mode: 'live' };
      storage!.put(ledgerBucket, 'lock.json', JSON.stringify({ ...lock, takenAt: point, expiresAt: point }));
    },
    ledgerKeys: (under) =>
      storage!
        .keys(ledgerBucket)
        .flatMap((key) => (key.startsWith(`${folder}/${under}`) ? [key.slice(folder.length + 1)] : [])),
    planned(chunk = 0) {
      const text =
        storage!.read(ledgerBucket, `${folder}/plan/${String(chunk).padStart(6, '0')}.jsonl`)?.toString() ??
        '';
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as PlannedObject]));
    },
    applied: (chunk = 0) => json(`${folder}/applied/${String(chunk).padStart(6, '0')}.json`) as AppliedChunk,
    async replicate() {
      while (storage!.replicating() > 0) await cloud.clock.sleep(minute);
    },
    contents: () =>
      Object.fromEntries(
        storage!.keys(own.bucket).flatMap((key) => {
          const text = storage!.read(own.bucket, key)?.toString();
          return text === undefined ? [] : [[key, text]];
        }),
      ),
  };
  return world;
}

/**
 * A process that dies at its call of this number (from 1), before it reaches S3 or after it had its effect, and makes
 * no other call.
 *
 * @returns whether it came so far
 */
export async function dieAt(
  call: number,
  when: 'before' | 'after',
  run: () => Promise<unknown>,
): Promise<boolean> {
  const real = Object.getPrototypeOf(S3Client.prototype) as object;
  const send = Reflect.get(real, 'send') as (this: S3Client, command: unknown) => Promise<unknown>;
  const never = new Promise<never>(() => undefined);
  let calls = 0;
  let died: () => void = () => undefined;
  const death = new Promise<void>((resolve) => (died = resolve));
  const dying = async function (this: S3Client, command: unknown): Promise<unknown> {
    calls += 1;
    if (calls > call) return never;
    if (calls === call && when === 'before') {
      died();
      return never;
    }
    const answer = await send.call(this, command);
    if (calls < call) return answer;
    died();
    return never;
  };
  const spy = vi.spyOn(S3Client.prototype, 'send').mockImplementation(dying as never);
  const living = async () => {
    await run();
    return 'lived' as const;
  };
  const dead = async () => {
    await death;
    return 'died' as const;
  };
  const end = await Promise.race([living(), dead()]);
  spy.mockRestore();
  return end === 'died';
}

let roles = 0;

/** The application's bucket, whose versions and markers go to the replica. */
export function makeOwn({ cloud, storage }: BucketWorld, versioned = true): void {
  const name = `replication-${(roles += 1)}`;
  const everything = [{ Effect: 'Allow', Action: ['s3:*', 'kms:*'], Resource: '*' }];
  cloud.role(name, everything);
  create(
    storage.service.resources,
    'AWS::S3::Bucket',
    {
      BucketName: own.bucket,
      ...(versioned
        ? {
            VersioningConfiguration: { Status: 'Enabled' },
            ReplicationConfiguration: {
              Role: `arn:aws:iam::111111111111:role/${name}`,
              Rules: [
                {
                  Status: 'Enabled',
                  Priority: 1,
                  Filter: { Prefix: '' },
                  DeleteMarkerReplication: { Status: 'Enabled' },
                  Destination: { Bucket: `arn:aws:s3:::${replica.bucket}` },
                },
              ],
            },
          }
        : {}),
    },
    { region: own.region },
  );
}
