import { execFile } from 'node:child_process';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Credentials } from '../../drill/cloud/iam/contract.ts';
import { simpleStorage, type SimpleStorage } from '../../drill/cloud/s3/s3.ts';
import { securityTokens } from '../../drill/cloud/sts/sts.ts';
import type { IncidentRecord } from '../../lambdas/incident/contract.ts';
import { loadEnvironment } from '../../lib/config/load.ts';
import { names } from '../../lib/names.ts';
import { localCloud } from '../drill/cloud/local-cloud.ts';
import { create } from '../drill/cloud/resource.ts';

const root = path.join(import.meta.dirname, '..', '..');
export const environment = loadEnvironment('dev');
export const bucket = names(environment).ledgerBucket;
const { region } = environment.sites.standby;

/** A cloud with STS and S3, and the ledger of dev in it. */
export async function ledgerCloud() {
  let storage!: SimpleStorage;
  const cloud = await localCloud((foundation) => {
    storage = simpleStorage(foundation);
    return [storage.service, securityTokens(foundation).service];
  });
  create(storage.service.resources, 'AWS::S3::Bucket', { BucketName: bucket }, { region });
  const s3 = new S3Client({ ...cloud.client(cloud.iam.operator, region), forcePathStyle: true });
  const put = (key: string, body: string) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  return {
    cloud,
    put,
    keep: (record: IncidentRecord) => put(`incidents/${record.ref.id}.json`, JSON.stringify(record)),
    /** A command as it is typed by whoever has these credentials; `npm run` runs these very files. */
    typed: (file: string, args: readonly string[], credentials: Credentials = cloud.iam.operator) => {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      const env = {
        ...{ PATH: process.env['PATH'], AWS_ENDPOINT_URL: cloud.url(), AWS_MAX_ATTEMPTS: '1' },
        ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
        ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
      };
      return new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
        execFile(
          process.execPath,
          [path.join(root, 'operate', file), ...args],
          { env, cwd: root, maxBuffer: 16 * 1024 * 1024 },
          (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
        );
      });
    },
  };
}
