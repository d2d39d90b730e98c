import type {
  DBCluster,
  ModifyDBClusterMessage,
  RestoreDBClusterToPointInTimeMessage,
} from '@aws-sdk/client-rds';
import { insights, logExports, withInsights } from './instance-settings.ts';
import { member, sorted, type Setting } from './setting.ts';

type ClusterSetting = Setting<DBCluster, RestoreDBClusterToPointInTimeMessage, ModifyDBClusterMessage>;

const restore = member<RestoreDBClusterToPointInTimeMessage>;
const modify = member<ModifyDBClusterMessage>;

const carried = 'RDS takes it from the backup, as it was at the recovery point; it cannot be changed';
const again = 'RDS ties it to the cluster, and the damaged one has it still: set it up again for the copy';

/** Everything about an Aurora cluster that a restore should have like its source; its instances are apart. */
export const clusterSettings: readonly ClusterSetting[] = [
  { name: 'Port', of: ({ Port }) => Port, restore: restore('Port'), modify: modify('Port') },
  {
    name: 'DBSubnetGroup',
    regional: true,
    of: ({ DBSubnetGroup }) => DBSubnetGroup,
    restore: restore('DBSubnetGroupName'),
    why: 'a cluster never leaves its subnet group: restore it again by hand',
  },
  {
    name: 'VpcSecurityGroups',
    regional: true,
    of: ({ VpcSecurityGroups = [] }) => sorted(VpcSecurityGroups.map((group) => group.VpcSecurityGroupId)),
    restore: restore('VpcSecurityGroupIds'),
    modify: modify('VpcSecurityGroupIds'),
  },
  {
    name: 'DBClusterParameterGroup',
    regional: true,
    of: ({ DBClusterParameterGroup }) => DBClusterParameterGroup,
    restore: restore('DBClusterParameterGroupName'),
    modify: modify('DBClusterParameterGroupName'),
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
    name: 'PreferredMaintenanceWindow',
    of: ({ PreferredMaintenanceWindow }) => PreferredMaintenanceWindow,
    modify: modify('PreferredMaintenanceWindow'),
  },
  {
    name: 'NetworkType',
    of: ({ NetworkType }) => NetworkType,
    restore: restore('NetworkType'),
    modify: modify('NetworkType'),
  },
  {
    name: 'StorageType',
    // Aurora's standard storage has the name aurora, or none.
    of: ({ StorageType }) => (StorageType === 'aurora' ? undefined : StorageType),
    restore: restore('StorageType'),
    modify: modify('StorageType'),
  },
  {
    name: 'ServerlessV2ScalingConfiguration',
    of: ({ ServerlessV2ScalingConfiguration: scaling }) => scaling,
    restore: restore('ServerlessV2ScalingConfiguration'),
    modify: modify('ServerlessV2ScalingConfiguration'),
  },
  {
    name: 'BacktrackWindow',
    of: ({ BacktrackWindow = 0 }) => (BacktrackWindow === 0 ? undefined : BacktrackWindow),
    restore: restore('BacktrackWindow'),
    modify: modify('BacktrackWindow'),
  },
  {
    name: 'EngineLifecycleSupport',
    of: ({ EngineLifecycleSupport }) => EngineLifecycleSupport,
    restore: restore('EngineLifecycleSupport'),
    modify: modify('EngineLifecycleSupport'),
  },
  {
    name: 'HttpEndpointEnabled',
    of: ({ HttpEndpointEnabled = false }) => HttpEndpointEnabled,
    modify: modify('EnableHttpEndpoint'),
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
  {
    name: 'DomainMemberships',
    regional: true,
    of: ({ DomainMemberships: [domain] = [] }) =>
      domain && { Domain: domain.Domain, DomainIAMRoleName: domain.IAMRoleName },
    restore: (wanted) => wanted as Partial<RestoreDBClusterToPointInTimeMessage>,
    modify: (wanted) => wanted as Partial<ModifyDBClusterMessage>,
  },
  ...(
    ['Engine', 'EngineVersion', 'EngineMode', 'MasterUsername', 'DatabaseName', 'StorageEncrypted'] as const
  ).map((name): ClusterSetting => ({ name, of: (raw) => raw[name], why: carried })),
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
    why: 'a role is given to a cluster by AddRoleToDBCluster: do so if the database uses it',
  },
  { name: 'CustomEndpoints', of: ({ CustomEndpoints: own }) => sorted(own).length, why: again },
  {
    name: 'GlobalClusterIdentifier',
    of: ({ GlobalClusterIdentifier: global }) => global,
    why: 'the secondaries follow the damaged one, damage included: build the global cluster anew from the copy',
  },
  { name: 'ReadReplicaIdentifiers', of: ({ ReadReplicaIdentifiers: own }) => sorted(own), why: again },
  {
    name: 'ActivityStreamStatus',
    of: ({ ActivityStreamStatus: status }) => (status === 'started' ? status : undefined),
    why: again,
  },
];

/** What no two clusters have in common, or what nobody has set. */
export const ownOfCluster: ReadonlySet<string> = new Set([
  'ActivityStreamKinesisStreamName',
  'ActivityStreamKmsKeyId',
  'ActivityStreamMode',
  'AllocatedStorage',
  'AutomaticRestartTime',
  'AvailabilityZones',
  'AwsBackupRecoveryPointArn',
  'BacktrackConsumedChangeRecords',
  'Capacity',
  'CertificateDetails',
  'CloneGroupId',
  'ClusterCreateTime',
  'CrossAccountClone',
  'DBClusterArn',
  'DBClusterIdentifier',
  'DBClusterMembers',
  'DBClusterOptionGroupMemberships',
  'DBSystemId',
  'DbClusterResourceId',
  'EarliestBacktrackTime',
  'EarliestRestorableTime',
  'Endpoint',
  'GlobalWriteForwardingRequested',
  'GlobalWriteForwardingStatus',
  'HostedZoneId',
  'IOOptimizedNextAllowedModificationTime',
  'LatestRestorableTime',
  'MultiAZ',
  'PendingModifiedValues',
  'PercentProgress',
  'ReaderEndpoint',
  'ReplicationSourceIdentifier',
  'Status',
  'StatusInfos',
  'TagList',
  'UpgradeRolloutOrder',
]);
