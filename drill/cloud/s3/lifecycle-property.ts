import * as z from 'zod';
import type { LifecycleRule } from './lifecycle.ts';

const inert = z.unknown().optional();
const pairs = z.array(z.strictObject({ Key: z.string(), Value: z.string() }));

const rule = z.strictObject({
  Id: z.string().optional(),
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: z.string().optional(),
  TagFilters: pairs.optional(),
  NoncurrentVersionExpiration: z
    .strictObject({ NoncurrentDays: z.number(), NewerNoncurrentVersions: z.number().optional() })
    .optional(),
  NoncurrentVersionExpirationInDays: z.number().optional(),
  ExpirationInDays: z.number().optional(),
  ExpiredObjectDeleteMarker: z.boolean().optional(),
  AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: z.number() }).optional(),
  Transitions: inert,
  NoncurrentVersionTransitions: inert,
});

/** `LifecycleConfiguration` of `AWS::S3::Bucket`. */
export const lifecycleProperty = z.strictObject({
  Rules: z.array(rule),
  TransitionDefaultMinimumObjectSize: inert,
});

export function rulesOf(property: z.output<typeof lifecycleProperty> | undefined): LifecycleRule[] {
  return (property?.Rules ?? []).map((given, i): LifecycleRule => {
    const noncurrent = given.NoncurrentVersionExpiration ?? {
      NoncurrentDays: given.NoncurrentVersionExpirationInDays,
      NewerNoncurrentVersions: undefined,
    };
    return {
      id: given.Id ?? `rule-${i + 1}`,
      enabled: given.Status === 'Enabled',
      prefix: given.Prefix ?? '',
      tags: (given.TagFilters ?? []).map(({ Key, Value }) => [Key, Value]),
      noncurrent:
        noncurrent.NoncurrentDays === undefined
          ? undefined
          : { days: noncurrent.NoncurrentDays, keep: noncurrent.NewerNoncurrentVersions ?? 0 },
      expireAfter: given.ExpirationInDays,
      emptyMarkers: given.ExpiredObjectDeleteMarker ?? false,
      abortUploadsAfter: given.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
    };
  });
}
