import type {
  DBInstance,
  ModifyDBInstanceMessage,
  RestoreDBInstanceToPointInTimeMessage,
} from '@aws-sdk/client-rds';
import { member, sorted, type Setting } from './setting.ts';

type InstanceSetting = Setting<DBInstance, RestoreDBInstanceToPointInTimeMessage, ModifyDBInstanceMessage>;

const restore = member<RestoreDBInstanceToPointInTimeMessage>;
const modify = member<ModifyDBInstanceMessage>;

/** Up to which a gp3 volume has them by itself; RDS takes no other figures for a small one (RDS User Guide, storage). */
const gp3 = { iops: 3_000, throughput: 125 } as const;

const carried = 'RDS takes it from the backup, as it was at the recovery point; it cannot be changed';
const again = 'RDS ties it to the instance, and the damaged one has it still: set it up again for the copy';

/** What an instance of its own has, and a member of an Aurora cluster too. */
export const memberSettings: readonly InstanceSetting[] = [
  {
    name: 'DBInstanceClass',
    of: ({ DBInstanceClass }) => DBInstanceClass,
    restore: restore('DBInstanceClass'),
    modify: modify('DBInstanceClass'),
  },
  {
    name: 'DBParameterGroups',
    regional: true,
    of: ({ DBParameterGroups }) => DBParameterGroups?.[0]?.DBParameterGroupName,
    restore: restore('DBParameterGroupName'),
    modify: modify('DBParameterGroupName'),
  },
  {
    name: 'PubliclyAccessible',
    of: ({ PubliclyAccessible = false }) => PubliclyAccessible,
    restore: restore('PubliclyAccessible'),
    modify: modify('PubliclyAccessible'),
  },
  {
    name: 'AutoMinorVersionUpgrade',
    of: ({ AutoMinorVersionUpgrade }) => AutoMinorVersionUpgrade,
    restore: restore('AutoMinorVersionUpgrade'),
    modify: modify('AutoMinorVersionUpgrade'),
  },
  {
    name: 'CACertificateIdentifier',
    of: ({ CACertificateIdentifier }) => CACertificateIdentifier,
    restore: restore('CACertificateIdentifier'),
    modify: modify('CACertificateIdentifier'),
  },
  {
    name: 'PreferredMaintenanceWindow',
    of: ({ PreferredMaintenanceWindow }) => PreferredMaintenanceWindow,
    modify: modify('PreferredMaintenanceWindow'),
  },
  {
    name: 'MonitoringInterval',
    covers: ['MonitoringRoleArn'],
    of: ({ MonitoringInterval: interval = 0, MonitoringRoleArn: role }) =>
      interval === 0 ? { interval } : { interval, role },
    modify: (wanted) => {
      const { interval, role } = wanted as { readonly interval: number; readonly role?: string };
      return { MonitoringInterval: interval, ...(role === undefined ? {} : { MonitoringRoleArn: role }) };
    },
  },
  {
    name: 'PerformanceInsightsEnabled',
    covers: ['PerformanceInsightsKMSKeyId', 'PerformanceInsightsRetentionPeriod', 'DatabaseInsightsMode'],
    of: insights,
    modify: withInsights,
  },
];

/** Database and Performance Insights hang together: RDS refuses one without the other. */
export interface Insights {
  readonly mode: string;
  readonly enabled: boolean;
  readonly days?: number;
  readonly key?: string;
}

type InsightsMembers = Pick<
  DBInstance,
  | 'PerformanceInsightsEnabled'
  | 'DatabaseInsightsMode'
  | 'PerformanceInsightsKMSKeyId'
  | 'PerformanceInsightsRetentionPeriod'
>;

export function insights({
  PerformanceInsightsEnabled: enabled = false,
  DatabaseInsightsMode: mode = 'standard',
  PerformanceInsightsKMSKeyId: key,
  PerformanceInsightsRetentionPeriod: days,
}: InsightsMembers): Insights {
  if (!enabled) return { mode, enabled };
  return {
    mode,
    enabled,
    ...(days === undefined ? {} : { days }),
    ...(key === undefined ? {} : { key }),
  };
}

export function withInsights(wanted: unknown) {
  const { mode, enabled, days, key } = wanted as Insights;
  return {
    EnablePerformanceInsights: enabled,
    ...(mode === 'advanced' ? { DatabaseInsightsMode: 'advanced' as const } : {}),
    ...(days === undefined ? {} : { PerformanceInsightsRetentionPeriod: days }),
    ...(key === undefined ? {} : { PerformanceInsightsKMSKeyId: key }),
  };
}

/** Everything about an instance that a restore should have like its source (aws-facts §4.1). */
export const instanceSettings: readonly InstanceSetting[] = [
  ...memberSettings,
  {
    name: 'Port',
    // DbInstancePort is 0 for an instance outside of a cluster.
    covers: ['DbInstancePort', 'Endpoint'],
    of: ({ Endpoint }) => Endpoint?.Port,
    restore: restore('Port'),
    modify: modify('DBPortNumber'),
  },
  {
    name: 'MultiAZ',
    covers: ['SecondaryAvailabilityZone'],
    of: ({ MultiAZ = false }) => MultiAZ,
    restore: restore('MultiAZ'),
    modify: modify('MultiAZ'),
  },
  {
    name: 'DBSubnetGroup',
    regional: true,
    of: ({ DBSubnetGroup }) => DBSubnetGroup?.DBSubnetGroupName,
    restore: restore('DBSubnetGroupName'),
    why: 'an instance moves between subnet groups only while it is single-AZ and stopped: move it by hand',
  },
  {
    name: 'VpcSecurityGroups',
    regional: true,
    of: ({ VpcSecurityGroups = [] }) => sorted(VpcSecurityGroups.map((group) => group.VpcSecurityGroupId)),
    restore: restore('VpcSecurityGroupIds'),
    modify: modify('VpcSecurityGroupIds'),
  },
  {
    name: 'OptionGroupMemberships',
    regional: true,
    of: ({ OptionGroupMemberships }) => OptionGroupMemberships?.[0]?.OptionGroupName,
    restore: restore('OptionGroupName'),
    modify: modify('OptionGroupName'),
  },
  {
    name: 'StorageType',
    of: ({ StorageType }) => StorageType,
    restore: restore('StorageType'),
    modify: modify('StorageType'),
  },
  {
    name: 'Iops',
    of: ({ StorageType, Iops = 0 }) =>
      StorageType?.startsWith('io') === true || (StorageType === 'gp3' && Iops > gp3.iops) ? Iops : undefined,
    restore: restore('Iops'),
    modify: modify('Iops'),
  },
  {
    name: 'StorageThroughput',
    of: ({ StorageType, StorageThroughput = 0 }) =>
      StorageType === 'gp3' && StorageThroughput > gp3.throughput ? StorageThroughput : undefined,
    restore: restore('StorageThroughput'),
    modify: modify('StorageThroughput'),
  },
  {
    name: 'MaxAllocatedStorage',
    of: ({ MaxAllocatedStorage }) => MaxAllocatedStorage,
    restore: restore('MaxAllocatedStorage'),
    modify: modify('MaxAllocatedStorage'),
  },
  {
    name: 'AllocatedStorage',
    of: ({ AllocatedStorage }) => AllocatedStorage,
    why: 'the source has grown since the recovery point; storage that is changed takes no other change for six hours',
  },
  {
    name: 'EnabledCloudwatchLogsExports',
    of: ({ EnabledCloudwatchLogsExports: types }) => sorted(types),
    restore: restore('EnableCloudwatchLogsExports'),
    modify: logExports,
  },
  {
    name: 'IAMDatabaseAuthenticationEnabled',
    of: ({ IAMDatabaseAuthenticationEnabled = false }) => IAMDatabaseAuthenticationEnabled,
    restore: restore('EnableIAMDatabaseAuthentication'),
    modify: modify('EnableIAMDatabaseAuthentication'),
  },
  {
    name: 'DeletionProtection',
    of: ({ DeletionProtection = false }) => DeletionProtection,
    restore: restore('DeletionProtection'),
    modify: modify('DeletionProtection'),
  },
  {
    name: 'CopyTagsToSnapshot',
    of: ({ CopyTagsToSnapshot = false }) => CopyTagsToSnapshot,
    restore: restore('CopyTagsToSnapshot'),
    modify: modify('CopyTagsToSnapshot'),
  },
  {
    name: 'BackupRetentionPeriod',
    of: ({ BackupRetentionPeriod }) => BackupRetentionPeriod,
    restore: restore('BackupRetentionPeriod'),
    modify: modify('BackupRetentionPeriod'),
  },
  {
    name: 'PreferredBackupWindow',
    of: ({ PreferredBackupWindow }) => PreferredBackupWindow,
    restore: restore('PreferredBackupWindow'),
    modify: modify('PreferredBackupWindow'),
  },
  {
    name: 'NetworkType',
    of: ({ NetworkType }) => NetworkType,
    restore: restore('NetworkType'),
    modify: modify('NetworkType'),
  },
  {
    name: 'DedicatedLogVolume',
    of: ({ DedicatedLogVolume }) => (DedicatedLogVolume === true ? true : undefined),
    restore: restore('DedicatedLogVolume'),
    modify: modify('DedicatedLogVolume'),
  },
  {
    name: 'ProcessorFeatures',
    of: ({ ProcessorFeatures: features }) =>
      features && features.length > 0
        ? features.toSorted((a, b) => (a.Name ?? '').localeCompare(b.Name ?? ''))
        : undefined,
    restore: restore('ProcessorFeatures'),
    modify: modify('ProcessorFeatures'),
  },
  {
    name: 'EngineLifecycleSupport',
    of: ({ EngineLifecycleSupport }) => EngineLifecycleSupport,
    restore: restore('EngineLifecycleSupport'),
    modify: modify('EngineLifecycleSupport'),
  },
  {
    name: 'CustomerOwnedIpEnabled',
    of: ({ CustomerOwnedIpEnabled }) => (CustomerOwnedIpEnabled === true ? true : undefined),
    restore: restore('EnableCustomerOwnedIp'),
    modify: modify('EnableCustomerOwnedIp'),
  },
  {
    name: 'DomainMemberships',
    regional: true,
    of: ({ DomainMemberships: [domain] = [] }) =>
      domain && {
        Domain: domain.Domain,
        DomainIAMRoleName: domain.IAMRoleName,
        DomainFqdn: domain.FQDN,
        DomainOu: domain.OU,
        DomainAuthSecretArn: domain.AuthSecretArn,
        DomainDnsIps: domain.DnsIps,
      },
    restore: (wanted) => wanted as Partial<RestoreDBInstanceToPointInTimeMessage>,
    modify: (wanted) => wanted as Partial<ModifyDBInstanceMessage>,
  },
  ...(
    ['Engine', 'EngineVersion', 'LicenseModel', 'MasterUsername', 'DBName', 'StorageEncrypted'] as const
  ).map((name): InstanceSetting => ({ name, of: (raw) => raw[name], why: carried })),
  { name: 'KmsKeyId', regional: true, of: ({ KmsKeyId }) => KmsKeyId, why: carried },
  {
    name: 'MasterUserSecret',
    of: ({ MasterUserSecret }) => (MasterUserSecret ? 'managed by Secrets Manager' : undefined),
    why:
      "the copy has the password of the recovery point, and nobody rotates it: let RDS manage it when the users' " +
      'configuration can follow, because the secret will be another one',
  },
  {
    name: 'AssociatedRoles',
    of: ({ AssociatedRoles: roles = [] }) => sorted(roles.map((role) => role.RoleArn)),
    why: 'a role is given to an instance by AddRoleToDBInstance: do so if the database uses it',
  },
  {
    name: 'ReadReplicaDBInstanceIdentifiers',
    covers: ['ReadReplicaDBClusterIdentifiers'],
    of: ({ ReadReplicaDBInstanceIdentifiers: own = [], ReadReplicaDBClusterIdentifiers: clusters = [] }) =>
      sorted([...own, ...clusters]),
    why: 'its replicas follow the damaged one, damage included: make new ones of the copy, then delete them',
  },
  {
    name: 'DBInstanceAutomatedBackupsReplications',
    of: ({ DBInstanceAutomatedBackupsReplications: copies = [] }) => copies.length,
    why: 'its backups stay in its region until they are replicated anew: see that they are',
  },
  {
    name: 'ActivityStreamStatus',
    of: ({ ActivityStreamStatus: status }) => (status === 'started' ? status : undefined),
    why: again,
  },
];

export function logExports(wanted: unknown, current: unknown) {
  const [want, have] = [wanted as readonly string[], current as readonly string[]];
  const [missing, extra] = [
    want.filter((type) => !have.includes(type)),
    have.filter((type) => !want.includes(type)),
  ];
  return {
    CloudwatchLogsExportConfiguration: {
      ...(missing.length > 0 ? { EnableLogTypes: missing } : {}),
      ...(extra.length > 0 ? { DisableLogTypes: extra } : {}),
    },
  };
}

/** What no two instances have in common, or what nobody has set. */
export const ownOfInstance: ReadonlySet<string> = new Set([
  'ActivityStreamKinesisStreamName',
  'ActivityStreamKmsKeyId',
  'ActivityStreamMode',
  'ActivityStreamPolicyStatus',
  'ActivityStreamEngineNativeAuditFieldsIncluded',
  'AutomaticRestartTime',
  'AvailabilityZone',
  'AwsBackupRecoveryPointArn',
  'CertificateDetails',
  'DBClusterIdentifier',
  'DBInstanceArn',
  'DBInstanceIdentifier',
  'DBInstanceStatus',
  'DBSystemId',
  'DbiResourceId',
  'EnhancedMonitoringResourceArn',
  'InstanceCreateTime',
  'IsStorageConfigUpgradeAvailable',
  'LatestRestorableTime',
  'ListenerEndpoint',
  'PendingModifiedValues',
  'PercentProgress',
  'ReadReplicaSourceDBClusterIdentifier',
  'ReadReplicaSourceDBInstanceIdentifier',
  'ResumeFullAutomationModeTime',
  'StatusInfos',
  'StorageOperationPercentProgress',
  'StorageOperationStatus',
  'StorageVolumeStatus',
  'TagList',
  'UpgradeRolloutOrder',
]);
