import type { DatabaseSettings } from '../../lambdas/database/contract.ts';
import type { RestorePlan } from '../../lambdas/plan-restore/contract.ts';
import { targetIdentifier } from '../../lambdas/plan-restore/recovery-point.ts';
import type { LocalFleet } from './local-fleet.ts';
import { erlmcp } from './restore-settings.ts';

/** Databases in the local RDS that are set up as nobody's defaults are. */

/** Members of DescribeDBInstances that are told and asked for by the same name. */
export const setUp = {
  DBInstanceClass: 'db.r6g.large',
  MultiAZ: true,
  StorageType: 'io1',
  Iops: 2_000,
  MaxAllocatedStorage: 500,
  EnabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
  IAMDatabaseAuthenticationEnabled: true,
  DeletionProtection: true,
  CopyTagsToSnapshot: true,
  BackupRetentionPeriod: 14,
  PreferredBackupWindow: '01:00-01:30',
  CACertificateIdentifier: 'rds-ca-ecc384-g1',
  AutoMinorVersionUpgrade: false,
} as const;

const afterwards = {
  MonitoringInterval: 60,
  MonitoringRoleArn: 'arn:aws:iam::111111111111:role/monitoring',
  PerformanceInsightsEnabled: true,
  PerformanceInsightsRetentionPeriod: 7,
  PreferredMaintenanceWindow: 'sun:02:00-sun:02:30',
} as const;

const groups = {
  DBSubnetGroup: { DBSubnetGroupName: 'private' },
  VpcSecurityGroups: ['sg-11111111', 'sg-22222222'].map((id) => ({
    VpcSecurityGroupId: id,
    Status: 'active',
  })),
  DBParameterGroups: [{ DBParameterGroupName: 'tuned', ParameterApplyStatus: 'in-sync' }],
  OptionGroupMemberships: [{ OptionGroupName: 'options', Status: 'in-sync' }],
};

export const aurora: DatabaseSettings = {
  ...erlmcp,
  name: 'ledger',
  kind: 'aurora',
  primary: { region: erlmcp.primary.region, identifier: 'ledger' },
};

export async function seedErlmcp(fleet: LocalFleet): Promise<void> {
  fleet.rds.seedInstance({
    ...erlmcp.primary,
    server: await fleet.engine.create('erlmcp'),
    dbName: 'app',
    settings: { ...setUp, ...afterwards, ...groups },
    tags: { team: 'a' },
    backupRetentionPeriod: setUp.BackupRetentionPeriod,
    backupsCopiedTo: erlmcp.standby.region,
  });
}

export async function seedAurora(fleet: LocalFleet): Promise<void> {
  fleet.rds.seedCluster({
    ...aurora.primary,
    server: await fleet.engine.create('ledger'),
    dbName: 'app',
    members: ['ledger-a', 'ledger-b'],
    settings: {
      ...afterwards,
      ...groups,
      Engine: 'aurora-postgresql',
      DBInstanceClass: 'db.r6g.xlarge',
      DeletionProtection: true,
      EnabledCloudwatchLogsExports: ['postgresql'],
    },
    tags: { team: 'a' },
  });
}

/** A plan to restore to the last time that the backups reach, or to this very second. */
export function planOf(
  { rds }: LocalFleet,
  database: DatabaseSettings,
  to: 'shipped' | 'now' = 'shipped',
): RestorePlan {
  const { name, primary, expectedSeconds, budgetSeconds } = database;
  const window = rds.serverOf(primary.region, primary.identifier)?.archive.window();
  const at = Math.floor((to === 'now' || !window ? Date.now() : window.to) / 1_000) * 1_000;
  return {
    database: name,
    site: 'primary',
    source: primary,
    target: { region: primary.region, identifier: targetIdentifier(primary.identifier, at) },
    recoveryPoint: new Date(at).toISOString().replace('.000Z', 'Z'),
    foundBy: 'given by a person',
    lossSeconds: 300,
    expectedSeconds,
    budgetSeconds,
    resumed: false,
  };
}
