import type { DBCluster, DBInstance } from '@aws-sdk/client-rds';
import { AwsError } from '../contract.ts';
import { defaultOptionGroup, defaultParameterGroup } from './names.ts';
import type { Requested } from './records.ts';

/** Of the default VPC, in every region. */
const defaultSecurityGroup = 'sg-00000000000000000';
export const defaultSubnetGroup = 'default';

/** Member of a request → member of DescribeDBInstances with the same value. */
const direct: Readonly<Record<string, keyof DBInstance>> = {
  AllocatedStorage: 'AllocatedStorage',
  AutoMinorVersionUpgrade: 'AutoMinorVersionUpgrade',
  AvailabilityZone: 'AvailabilityZone',
  BackupRetentionPeriod: 'BackupRetentionPeriod',
  CACertificateIdentifier: 'CACertificateIdentifier',
  CopyTagsToSnapshot: 'CopyTagsToSnapshot',
  DatabaseInsightsMode: 'DatabaseInsightsMode',
  DBInstanceClass: 'DBInstanceClass',
  DBName: 'DBName',
  DBPortNumber: 'DbInstancePort',
  DedicatedLogVolume: 'DedicatedLogVolume',
  DeletionProtection: 'DeletionProtection',
  EnableCloudwatchLogsExports: 'EnabledCloudwatchLogsExports',
  EnableIAMDatabaseAuthentication: 'IAMDatabaseAuthenticationEnabled',
  EnablePerformanceInsights: 'PerformanceInsightsEnabled',
  Engine: 'Engine',
  EngineLifecycleSupport: 'EngineLifecycleSupport',
  EngineVersion: 'EngineVersion',
  Iops: 'Iops',
  LicenseModel: 'LicenseModel',
  MaxAllocatedStorage: 'MaxAllocatedStorage',
  MonitoringInterval: 'MonitoringInterval',
  MonitoringRoleArn: 'MonitoringRoleArn',
  MultiAZ: 'MultiAZ',
  NetworkType: 'NetworkType',
  PerformanceInsightsKMSKeyId: 'PerformanceInsightsKMSKeyId',
  PerformanceInsightsRetentionPeriod: 'PerformanceInsightsRetentionPeriod',
  Port: 'DbInstancePort',
  PreferredBackupWindow: 'PreferredBackupWindow',
  PreferredMaintenanceWindow: 'PreferredMaintenanceWindow',
  PromotionTier: 'PromotionTier',
  PubliclyAccessible: 'PubliclyAccessible',
  StorageThroughput: 'StorageThroughput',
  StorageType: 'StorageType',
};

type Make = (value: never, before: DBInstance, request: Requested) => Partial<DBInstance>;

const made: Readonly<Record<string, Make>> = {
  DBSubnetGroupName: (name: string) => ({ DBSubnetGroup: subnetGroup(name) }),
  VpcSecurityGroupIds: (ids: readonly string[]) => ({ VpcSecurityGroups: securityGroups(ids) }),
  DBParameterGroupName: (name: string) => ({
    DBParameterGroups: [{ DBParameterGroupName: name, ParameterApplyStatus: 'in-sync' }],
  }),
  OptionGroupName: (name: string) => ({
    OptionGroupMemberships: [{ OptionGroupName: name, Status: 'in-sync' }],
  }),
  CloudwatchLogsExportConfiguration: (change: LogChange, before) => ({
    EnabledCloudwatchLogsExports: changedLogs(before.EnabledCloudwatchLogsExports, change),
  }),
  ManageMasterUserPassword: (managed: boolean, before, { MasterUserSecretKmsKeyId: key }) => ({
    MasterUserSecret: managed
      ? {
          SecretArn: `arn:aws:secretsmanager:::secret:rds!${before.DBInstanceIdentifier ?? 'db'}`,
          SecretStatus: 'active',
          ...(typeof key === 'string' ? { KmsKeyId: key } : {}),
        }
      : undefined,
  }),
};

/** Accepted; there is nothing about them that this cloud could show. */
const silent = new Set([
  'AllowMajorVersionUpgrade',
  'ApplyImmediately',
  'CertificateRotationRestart',
  'MasterUserPassword',
  'MasterUserSecretKmsKeyId',
  'MasterUsername',
  'RotateMasterUserPassword',
]);

interface LogChange {
  readonly EnableLogTypes?: readonly string[];
  readonly DisableLogTypes?: readonly string[];
}

export function securityGroups(ids: readonly string[], Status = 'active') {
  return ids.map((VpcSecurityGroupId) => ({ VpcSecurityGroupId, Status }));
}

function subnetGroup(name: string) {
  return { DBSubnetGroupName: name, SubnetGroupStatus: 'Complete', VpcId: 'vpc-00000000000000000' };
}

function changedLogs(
  before: readonly string[] = [],
  { EnableLogTypes = [], DisableLogTypes = [] }: LogChange,
) {
  return [...new Set([...before, ...EnableLogTypes])].filter((type) => !DisableLogTypes.includes(type));
}

/** An instance's settings with what a request says of them. */
export function withRequested(before: DBInstance, request: Requested): DBInstance {
  const changes = Object.entries(request).map(([member, value]): Partial<DBInstance> => {
    const name = direct[member];
    if (name !== undefined) return { [name]: value };
    return made[member]?.(value as never, before, request) ?? {};
  });
  return Object.assign({}, before, ...changes) as DBInstance;
}

/**
 * Refuse what would otherwise be ignored: whoever asks for it would believe that it was done.
 *
 * @throws AwsError `InvalidParameterCombination`
 */
export function refuseOthers(request: object, others: readonly string[]): void {
  refuseAllBut(
    request,
    (member) => member in direct || member in made || silent.has(member) || others.includes(member),
  );
}

export function refuseAllBut(request: object, known: (member: string) => boolean): void {
  const beyond = Object.keys(request).filter((member) => !known(member));
  if (beyond.length === 0) return;
  throw new AwsError('InvalidParameterCombination', `The local cloud does not imitate ${beyond.join(', ')}`);
}

/** A new instance of which nothing was said. */
export function defaultSettings(engine = 'postgres', version = '18.4'): DBInstance {
  return {
    Engine: engine,
    EngineVersion: version,
    DBInstanceClass: 'db.t4g.medium',
    MasterUsername: 'postgres',
    AllocatedStorage: 20,
    StorageType: 'gp3',
    StorageEncrypted: false,
    DbInstancePort: 5432,
    LicenseModel: 'postgresql-license',
    BackupRetentionPeriod: 7,
    PreferredBackupWindow: '03:00-03:30',
    ...settingsOfNew(engine, version),
  };
}

/**
 * What a restore leaves to the defaults: "default security group, default subnet group, default DB parameter group,
 * single-AZ", and what the request's members say of themselves (RestoreDBInstanceToPointInTime, aws-facts §4.1).
 *
 * Public, because the default VPC, where an instance without a subnet group goes, has an internet gateway.
 */
export function settingsOfNew(engine: string | undefined, version: string | undefined): DBInstance {
  return {
    VpcSecurityGroups: securityGroups([defaultSecurityGroup]),
    DBSecurityGroups: [],
    DBSubnetGroup: subnetGroup(defaultSubnetGroup),
    DBParameterGroups: [
      { DBParameterGroupName: defaultParameterGroup(engine, version), ParameterApplyStatus: 'in-sync' },
    ],
    OptionGroupMemberships: [{ OptionGroupName: defaultOptionGroup(engine, version), Status: 'in-sync' }],
    MultiAZ: false,
    PubliclyAccessible: true,
    AutoMinorVersionUpgrade: true,
    CopyTagsToSnapshot: false,
    DeletionProtection: false,
    IAMDatabaseAuthenticationEnabled: false,
    MonitoringInterval: 0,
    PerformanceInsightsEnabled: false,
    PreferredMaintenanceWindow: 'mon:04:00-mon:04:30',
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    NetworkType: 'IPV4',
    StorageVolumeStatus: 'AVAILABLE',
  };
}

const directOfCluster: Readonly<Record<string, keyof DBCluster>> = {
  BackupRetentionPeriod: 'BackupRetentionPeriod',
  CopyTagsToSnapshot: 'CopyTagsToSnapshot',
  DatabaseInsightsMode: 'DatabaseInsightsMode',
  DBClusterParameterGroupName: 'DBClusterParameterGroup',
  DBSubnetGroupName: 'DBSubnetGroup',
  DeletionProtection: 'DeletionProtection',
  EnableCloudwatchLogsExports: 'EnabledCloudwatchLogsExports',
  EnableIAMDatabaseAuthentication: 'IAMDatabaseAuthenticationEnabled',
  EnablePerformanceInsights: 'PerformanceInsightsEnabled',
  EngineVersion: 'EngineVersion',
  KmsKeyId: 'KmsKeyId',
  MonitoringInterval: 'MonitoringInterval',
  MonitoringRoleArn: 'MonitoringRoleArn',
  NetworkType: 'NetworkType',
  PerformanceInsightsKMSKeyId: 'PerformanceInsightsKMSKeyId',
  PerformanceInsightsRetentionPeriod: 'PerformanceInsightsRetentionPeriod',
  Port: 'Port',
  PreferredBackupWindow: 'PreferredBackupWindow',
  PreferredMaintenanceWindow: 'PreferredMaintenanceWindow',
  ServerlessV2ScalingConfiguration: 'ServerlessV2ScalingConfiguration',
  StorageType: 'StorageType',
};

type MakeOfCluster = (value: never, before: DBCluster) => Partial<DBCluster>;

const madeOfCluster: Readonly<Record<string, MakeOfCluster>> = {
  VpcSecurityGroupIds: (ids: readonly string[]) => ({ VpcSecurityGroups: securityGroups(ids) }),
  CloudwatchLogsExportConfiguration: (change: LogChange, before) => ({
    EnabledCloudwatchLogsExports: changedLogs(before.EnabledCloudwatchLogsExports, change),
  }),
};

export function withRequestedOfCluster(before: DBCluster, request: Requested): DBCluster {
  const changes = Object.entries(request).map(([member, value]): Partial<DBCluster> => {
    const name = directOfCluster[member];
    if (name !== undefined) return { [name]: value };
    return madeOfCluster[member]?.(value as never, before) ?? {};
  });
  return Object.assign({}, before, ...changes) as DBCluster;
}

export function refuseOthersOfCluster(request: object, others: readonly string[]): void {
  refuseAllBut(
    request,
    (member) =>
      member in directOfCluster || member in madeOfCluster || silent.has(member) || others.includes(member),
  );
}

export function defaultClusterSettings(): DBCluster {
  return {
    Engine: 'aurora-postgresql',
    EngineVersion: '18.4',
    EngineMode: 'provisioned',
    MasterUsername: 'postgres',
    Port: 5432,
    StorageEncrypted: true,
    BackupRetentionPeriod: 7,
    PreferredBackupWindow: '03:00-03:30',
    PreferredMaintenanceWindow: 'mon:04:00-mon:04:30',
    AllocatedStorage: 1,
    ...clusterSettingsOfNew('aurora-postgresql', '18.4'),
  };
}

/** What a restored cluster does not have of its source, unless the request says it. */
export function clusterSettingsOfNew(engine: string | undefined, version: string | undefined): DBCluster {
  return {
    VpcSecurityGroups: securityGroups([defaultSecurityGroup]),
    DBSubnetGroup: defaultSubnetGroup,
    DBClusterParameterGroup: defaultParameterGroup(engine, version),
    DeletionProtection: false,
    CopyTagsToSnapshot: false,
    IAMDatabaseAuthenticationEnabled: false,
    EnabledCloudwatchLogsExports: [],
    MonitoringInterval: 0,
    PerformanceInsightsEnabled: false,
    NetworkType: 'IPV4',
  };
}

/** Members of DescribeDBInstances that a cluster has too, under these names. */
const shared = [
  'AllocatedStorage',
  'BackupRetentionPeriod',
  'CopyTagsToSnapshot',
  'DBClusterParameterGroup',
  'DeletionProtection',
  'EnabledCloudwatchLogsExports',
  'Engine',
  'EngineVersion',
  'IAMDatabaseAuthenticationEnabled',
  'KmsKeyId',
  'MasterUsername',
  'NetworkType',
  'PreferredBackupWindow',
  'PreferredMaintenanceWindow',
  'ServerlessV2ScalingConfiguration',
  'StorageEncrypted',
  'VpcSecurityGroups',
] as const;

/** The cluster's part of settings that are told as an instance's. */
export function clusterPartOf(settings: Requested): DBCluster {
  const part = Object.fromEntries(
    shared.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])),
  );
  const group = settings['DBSubnetGroup'];
  const name =
    typeof group === 'object' && group !== null && 'DBSubnetGroupName' in group
      ? group.DBSubnetGroupName
      : group;
  return { ...(part as DBCluster), ...(typeof name === 'string' ? { DBSubnetGroup: name } : {}) };
}
