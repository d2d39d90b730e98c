import { describe, expect, it } from 'vitest';
import { kms } from '../../../../drill/cloud/kms/kms.ts';
import { account, create, testFoundation } from '../foundation.ts';

const KeyPolicy = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'kms:*', Principal: { AWS: `arn:aws:iam::${account}:root` }, Resource: '*' },
  ],
};

describe('a key', () => {
  const { foundation } = testFoundation();
  const keys = kms(foundation);
  const { ref, attributes } = create(keys.service, 'AWS::KMS::Key', {
    ...{ KeyPolicy, EnableKeyRotation: true, Description: 'exports' },
  });
  const arn = `arn:aws:kms:eu-central-1:${account}:key/${ref}`;

  it('is found by its id, its ARN and its alias, in its own region', () => {
    expect(attributes).toEqual({ Arn: arn, KeyId: ref });
    create(keys.service, 'AWS::KMS::Alias', { AliasName: 'alias/exports', TargetKeyId: arn });
    for (const given of [ref, arn, 'alias/exports', `arn:aws:kms:eu-central-1:${account}:alias/exports`]) {
      expect(keys.arnOf('eu-central-1', given)).toBe(arn);
    }
    expect(() => keys.arnOf('eu-west-1', ref)).toThrow(/does not exist/);
    expect(() => keys.arnOf('eu-central-1', 'alias/none')).toThrow(/does not exist/);
  });

  it('of AWS itself is in every region', () => {
    expect(keys.arnOf('eu-west-1', 'alias/aws/s3')).toBe(`arn:aws:kms:eu-west-1:${account}:alias/aws/s3`);
  });

  it('can be made without a template', () => {
    const made = keys.create('eu-west-1', { alias: 'alias/theirs', multiRegion: true });
    expect(keys.arnOf('eu-west-1', 'alias/theirs')).toBe(made);
    expect(made).toMatch(/:key\/mrk-[0-9a-f]{32}$/);
    const replica = keys.create('eu-central-1', { replicaOf: made });
    expect(replica).toBe(made.replace('eu-west-1', 'eu-central-1'));
  });

  it.each([
    [{ AliasName: 'exports', TargetKeyId: arn }, /is not a name that an alias can have/],
    [{ AliasName: 'alias/exports', TargetKeyId: arn }, /two keys of eu-central-1 have the alias/],
    [{ AliasName: 'alias/other', TargetKeyId: 'none' }, /does not exist/],
  ])('has no alias of %j', (properties, message) => {
    expect(() => create(keys.service, 'AWS::KMS::Alias', properties)).toThrow(message);
  });

  it('is refused with a property that is not imitated', () => {
    expect(() => create(keys.service, 'AWS::KMS::Key', { KeyPolicy, KeyUsage: 'SIGN_VERIFY' })).toThrow(
      /Resource .*KeyUsage/,
    );
  });
});
