import type { PutObjectRequest } from '@aws-sdk/client-s3';
import { AwsError } from '../contract.ts';
import type { Encryption } from './object.ts';
import { arn, type Caller, type Kept, type Store } from './store.ts';

type Wish = Pick<PutObjectRequest, 'ServerSideEncryption' | 'SSEKMSKeyId' | 'BucketKeyEnabled'>;

/** Bytes are encrypted by a key, or decrypted, in the name of the caller (S3 User Guide, UsingKMSEncryption). */
export interface Encrypting {
  /**
   * How an object will be encrypted: as its writer says, else as the bucket says.
   *
   * @throws AwsError `AccessDenied` unless the caller may make data keys of the key
   */
  forWriting(caller: Caller, kept: Kept, key: string, wish: Wish): Encryption;
  /** @throws AwsError `AccessDenied` unless the caller may decrypt with the object's key */
  forReading(caller: Caller, kept: Kept, key: string, encryption: Encryption): void;
}

export function encrypting({ keys }: Store): Encrypting {
  const use = (action: string, caller: Caller, { bucket }: Kept, key: string, encryption: Encryption) => {
    if (encryption.kind !== 'aws:kms') return;
    const context = {
      'kms:ViaService': `s3.${bucket.region}.amazonaws.com`,
      // With a bucket key S3 asks KMS in the name of the bucket, not of each object.
      'kms:EncryptionContext:aws:s3:arn': encryption.bucketKey ? arn(bucket.name) : arn(bucket.name, key),
    };
    keys.use(caller.principal, { action, resource: encryption.keyArn, context });
  };

  function wished(kept: Kept, wish: Wish): Encryption {
    const { ServerSideEncryption: kind, SSEKMSKeyId, BucketKeyEnabled } = wish;
    const { encryption: usual } = kept.settings;
    if (kind === undefined) {
      if (SSEKMSKeyId === undefined) return usual ?? { kind: 'AES256' };
      throw new AwsError(
        'InvalidArgument',
        'The SSE-KMS key id needs x-amz-server-side-encryption: aws:kms.',
      );
    }
    if (kind === 'AES256') return { kind };
    if (kind !== 'aws:kms') {
      throw new AwsError('NotImplemented', `The local cloud does not encrypt by ${kind}.`, 501);
    }
    const usualKey = usual?.kind === 'aws:kms' ? usual : undefined;
    const given = SSEKMSKeyId ?? usualKey?.keyArn ?? 'alias/aws/s3';
    return {
      kind,
      keyArn: keys.arnOf(kept.bucket.region, given),
      bucketKey: BucketKeyEnabled ?? usualKey?.bucketKey ?? false,
    };
  }

  return {
    forWriting(caller, kept, key, wish) {
      const encryption = wished(kept, wish);
      use('kms:GenerateDataKey', caller, kept, key, encryption);
      return encryption;
    },
    forReading(caller, kept, key, encryption) {
      use('kms:Decrypt', caller, kept, key, encryption);
    },
  };
}

export function encryptionMembers(encryption: Encryption) {
  if (encryption.kind === 'AES256') return { ServerSideEncryption: 'AES256' as const };
  return {
    ServerSideEncryption: 'aws:kms' as const,
    SSEKMSKeyId: encryption.keyArn,
    ...(encryption.bucketKey ? { BucketKeyEnabled: true } : {}),
  };
}
