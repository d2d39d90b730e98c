import * as z from 'zod';
import type { ReplicationSettings } from './replication.ts';

const inert = z.unknown().optional();
const status = z.strictObject({ Status: z.enum(['Enabled', 'Disabled']) });
const tag = z.strictObject({ Key: z.string(), Value: z.string() });

const filter = z.strictObject({
  Prefix: z.string().optional(),
  TagFilter: tag.optional(),
  And: z.strictObject({ Prefix: z.string().optional(), TagFilters: z.array(tag).optional() }).optional(),
});

const rule = z.strictObject({
  Id: z.string().optional(),
  Status: z.enum(['Enabled', 'Disabled']),
  Priority: z.number().optional(),
  Prefix: z.string().optional(),
  Filter: filter.optional(),
  DeleteMarkerReplication: status.partial().optional(),
  SourceSelectionCriteria: z
    .strictObject({ SseKmsEncryptedObjects: status.optional(), ReplicaModifications: inert })
    .optional(),
  Destination: z.strictObject({
    Bucket: z.string().startsWith('arn:aws:s3:::'),
    Account: z.string().optional(),
    StorageClass: z.string().optional(),
    EncryptionConfiguration: z.strictObject({ ReplicaKmsKeyID: z.string() }).optional(),
    AccessControlTranslation: inert,
    Metrics: inert,
    ReplicationTime: inert,
  }),
});

/** `ReplicationConfiguration` of `AWS::S3::Bucket`. */
export const replicationProperty = z.strictObject({ Role: z.string(), Rules: z.array(rule).min(1) });

export function replicationOf(
  property: z.output<typeof replicationProperty> | undefined,
): ReplicationSettings | undefined {
  if (!property) return undefined;
  return {
    role: property.Role,
    rules: property.Rules.map((given, i) => {
      const { Filter, Destination, SourceSelectionCriteria } = given;
      const tags = [...(Filter?.TagFilter ? [Filter.TagFilter] : []), ...(Filter?.And?.TagFilters ?? [])];
      const encrypted = SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status === 'Enabled';
      return {
        id: given.Id ?? `rule-${i + 1}`,
        enabled: given.Status === 'Enabled',
        priority: given.Priority ?? 0,
        prefix: Filter?.And?.Prefix ?? Filter?.Prefix ?? given.Prefix ?? '',
        tags: tags.map(({ Key, Value }) => [Key, Value] as const),
        // A rule of the old kind, with no filter, replicates markers (S3 User Guide, replication-how-setup).
        markers: Filter ? given.DeleteMarkerReplication?.Status === 'Enabled' : true,
        destination: Destination.Bucket.slice('arn:aws:s3:::'.length),
        storageClass: Destination.StorageClass,
        replicaKey: encrypted ? Destination.EncryptionConfiguration?.ReplicaKmsKeyID : undefined,
      };
    }),
  };
}
