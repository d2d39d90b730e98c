import type {
  GetObjectLegalHoldOutput,
  GetObjectLegalHoldRequest,
  GetObjectLockConfigurationOutput,
  GetObjectLockConfigurationRequest,
  GetObjectRetentionOutput,
  GetObjectRetentionRequest,
  PutObjectLegalHoldOutput,
  PutObjectLegalHoldRequest,
  PutObjectRetentionOutput,
  PutObjectRetentionRequest,
} from '@aws-sdk/client-s3';
import { AwsError, type CallContext } from '../contract.ts';
import { findVersion } from './finding.ts';
import { retained } from './locks.ts';
import type { InBucket } from './operations.ts';
import { arn, type Kept, type Store } from './store.ts';

interface OfVersion {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
  readonly VersionId?: string | undefined;
}

/** Legal holds and retention of single versions, and what the bucket gives to each. */
export function lockings(store: Store, inBucket: InBucket) {
  const needs = (action: string) => (input: OfVersion) => [
    { action, resource: arn(input.Bucket, input.Key) },
  ];

  function locked(kept: Kept, { Key = '', VersionId }: OfVersion, call: CallContext) {
    if (!kept.settings.lockable) {
      throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
    }
    return findVersion(store, call, kept, { key: Key, versionId: VersionId }).version;
  }

  const none = () =>
    new AwsError(
      'NoSuchObjectLockConfiguration',
      'The specified object does not have a ObjectLock configuration',
      404,
    );

  return {
    GetObjectLockConfiguration: inBucket<GetObjectLockConfigurationRequest, GetObjectLockConfigurationOutput>(
      ({ Bucket }) => [{ action: 's3:GetBucketObjectLockConfiguration', resource: arn(Bucket) }],
      ({ settings: { lockable, retention } }) => {
        if (!lockable) {
          throw new AwsError(
            'ObjectLockConfigurationNotFoundError',
            'Object Lock configuration does not exist for this bucket',
            404,
          );
        }
        const usual = retention && { Mode: retention.mode, Days: retention.days };
        const rule = usual ? { Rule: { DefaultRetention: usual } } : {};
        return { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', ...rule } };
      },
    ),
    GetObjectLegalHold: inBucket<GetObjectLegalHoldRequest, GetObjectLegalHoldOutput>(
      needs('s3:GetObjectLegalHold'),
      (kept, input, call) => {
        const { lock } = locked(kept, input, call);
        if (!lock) throw none();
        return { LegalHold: { Status: lock.legalHold ? 'ON' : 'OFF' } };
      },
    ),
    PutObjectLegalHold: inBucket<PutObjectLegalHoldRequest, PutObjectLegalHoldOutput>(
      needs('s3:PutObjectLegalHold'),
      (kept, input, call) => {
        const version = locked(kept, input, call);
        version.lock = { ...version.lock, legalHold: input.LegalHold?.Status === 'ON' };
        return {};
      },
    ),
    GetObjectRetention: inBucket<GetObjectRetentionRequest, GetObjectRetentionOutput>(
      needs('s3:GetObjectRetention'),
      (kept, input, call) => {
        const { mode, until } = locked(kept, input, call).lock ?? {};
        if (mode === undefined || until === undefined) throw none();
        return { Retention: { Mode: mode, RetainUntilDate: new Date(until) } };
      },
    ),
    PutObjectRetention: inBucket<PutObjectRetentionRequest, PutObjectRetentionOutput>(
      (input) => [
        ...needs('s3:PutObjectRetention')(input),
        ...(input.BypassGovernanceRetention === true ? needs('s3:BypassGovernanceRetention')(input) : []),
      ],
      (kept, input, call) => {
        const version = locked(kept, input, call);
        const { Mode = '', RetainUntilDate = new Date(Number.NaN) } = input.Retention ?? {};
        const wanted = retained(version.lock?.legalHold ?? false, Mode, RetainUntilDate);
        const { mode, until = 0 } = version.lock ?? {};
        const longer = (wanted.until ?? 0) >= until && wanted.mode === mode;
        const bypassed = mode === 'GOVERNANCE' && input.BypassGovernanceRetention === true;
        if (mode !== undefined && until > store.now() && !longer && !bypassed) {
          throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
        }
        version.lock = wanted;
        return {};
      },
    ),
  };
}
