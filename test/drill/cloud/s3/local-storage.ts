import { S3Client } from '@aws-sdk/client-s3';
import type { Credentials } from '../../../../drill/cloud/iam/contract.ts';
import { kms, type Keys } from '../../../../drill/cloud/kms/kms.ts';
import { simpleStorage, type SimpleStorage } from '../../../../drill/cloud/s3/s3.ts';
import { localCloud, type LocalCloud } from '../local-cloud.ts';
import { create } from '../resource.ts';

export interface LocalStorage {
  readonly cloud: LocalCloud;
  readonly storage: SimpleStorage;
  readonly keys: Keys;
  /** Regions that nobody can reach. */
  readonly dark: Set<string>;
  /** A bucket that keeps versions, unless the properties say otherwise. */
  readonly bucket: (name: string, properties?: Readonly<Record<string, unknown>>, region?: string) => string;
  readonly client: (credentials?: Credentials, region?: string) => S3Client;
}

/** S3 with its keys behind a real endpoint. */
export async function localStorage(): Promise<LocalStorage> {
  let made!: Pick<LocalStorage, 'storage' | 'keys'>;
  const dark = new Set<string>();
  const cloud = await localCloud((foundation) => {
    const keys = kms(foundation);
    made = { keys, storage: simpleStorage(foundation, { keys, dark: (region) => dark.has(region) }) };
    return [made.storage.service];
  });
  return {
    ...made,
    cloud,
    dark,
    client: (credentials, region) => new S3Client(cloud.client(credentials, region)),
    bucket(name, properties = {}, region = 'eu-central-1') {
      create(
        made.storage.service.resources,
        'AWS::S3::Bucket',
        { BucketName: name, VersioningConfiguration: { Status: 'Enabled' }, ...properties },
        { region },
      );
      return name;
    },
  };
}

/** A statement that allows. */
export function allow(action: string | readonly string[], resource: string | readonly string[]) {
  return { Effect: 'Allow', Action: action, Resource: resource };
}

/** Names of the errors that calls at the same time were refused with; `done` for one that was not. */
export async function refusals(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((call) => (call.status === 'fulfilled' ? 'done' : (call.reason as Error).name));
}
