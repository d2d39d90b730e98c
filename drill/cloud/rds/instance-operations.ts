import type {
  CreateDBInstanceMessage,
  CreateDBInstanceResult,
  DBInstanceMessage,
  DeleteDBInstanceMessage,
  DeleteDBInstanceResult,
  DescribeDBInstancesMessage,
  PromoteReadReplicaMessage,
  PromoteReadReplicaResult,
} from '@aws-sdk/client-rds';
import { AwsError, operation, type CloudService } from '../contract.ts';
import { delays } from '../delays.ts';
import { requireClusterAvailable, type Fleet } from './fleet.ts';
import { defaultOptionGroup, defaultParameterGroup, identifierFrom } from './names.ts';
import { afterReboot } from './modify-instance.ts';
import { chosenBy, pageOf } from './listing.ts';
import type { Permissions } from './permissions.ts';
import type { Instance } from './records.ts';
import { zoneOfMember } from './zones.ts';
import { defaultSubnetGroup, refuseAllBut, refuseOthers, settingsOfNew, withRequested } from './settings.ts';
import { instanceShape, tagsFrom } from './shapes.ts';

export function instanceOperations(fleet: Fleet, ask: Permissions): CloudService['operations'] {
  return {
    DescribeDBInstances: operation<DescribeDBInstancesMessage, DBInstanceMessage>({
      permissions: ({ DBInstanceIdentifier }, call) => [
        ask.instance('DescribeDBInstances', DBInstanceIdentifier, call),
      ],
      run(input, { region }) {
        const { DBInstanceIdentifier: identifier, Filters } = input;
        const found =
          identifier === undefined
            ? [...fleet.instances].filter((each) => each.region === region)
            : [fleet.instance(region, identifier)];
        const chosen = chosenBy(Filters, found, {
          'db-instance-id': (each) => [each.identifier, fleet.arnOf(each)],
          'dbi-resource-id': (each) => [each.resourceId],
          'db-cluster-id': ({ cluster }) => (cluster ? [cluster.identifier, fleet.clusterArn(cluster)] : []),
          engine: ({ settings }) => [settings.Engine ?? ''],
        });
        const { items, Marker } = pageOf(chosen, input);
        return { DBInstances: items.map((each) => instanceShape(fleet, each)), Marker };
      },
    }),

    PromoteReadReplica: operation<PromoteReadReplicaMessage, PromoteReadReplicaResult>({
      permissions: ({ DBInstanceIdentifier }, call) => [
        ask.instance('PromoteReadReplica', DBInstanceIdentifier, call),
      ],
      run(input, { region }) {
        refuseAllBut(input, (member) =>
          ['DBInstanceIdentifier', 'BackupRetentionPeriod', 'PreferredBackupWindow'].includes(member),
        );
        const instance = fleet.instance(region, input.DBInstanceIdentifier);
        const { BackupRetentionPeriod = 1, PreferredBackupWindow: window } = input;
        if (instance.replicaOf === undefined || instance.cluster) {
          throw new AwsError('InvalidDBInstanceState', 'DB Instance is not a read replica');
        }
        if (instance.status !== 'available') {
          throw new AwsError(
            'InvalidDBInstanceState',
            `DB Instance ${instance.identifier} cannot be promoted while it is ${instance.status}.`,
          );
        }
        if (BackupRetentionPeriod < 0 || BackupRetentionPeriod > 35) {
          throw new AwsError('InvalidParameterValue', 'The retention period must be from 0 to 35 days.');
        }
        fleet.is(instance, 'modifying');
        promote(fleet, instance, {
          BackupRetentionPeriod,
          ...(window === undefined ? {} : { PreferredBackupWindow: window }),
        });
        return { DBInstance: instanceShape(fleet, instance) };
      },
    }),

    DeleteDBInstance: operation<DeleteDBInstanceMessage, DeleteDBInstanceResult>({
      permissions: ({ DBInstanceIdentifier }, call) => [
        ask.instance('DeleteDBInstance', DBInstanceIdentifier, call),
      ],
      run(input, { region }) {
        const instance = fleet.instance(region, input.DBInstanceIdentifier);
        const { status, settings, cluster } = instance;
        if (settings.DeletionProtection === true) {
          throw new AwsError(
            'InvalidParameterCombination',
            'Cannot delete protected DB Instance, please disable deletion protection and try again.',
          );
        }
        if (status === 'deleting') {
          throw new AwsError(
            'InvalidDBInstanceState',
            `Instance ${instance.identifier} is already being deleted.`,
          );
        }
        const snapshot = input.FinalDBSnapshotIdentifier;
        if (!cluster && (input.SkipFinalSnapshot === true) === (snapshot !== undefined)) {
          throw new AwsError(
            'InvalidParameterCombination',
            snapshot === undefined
              ? 'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.'
              : 'FinalDBSnapshotIdentifier can not be specified when deleting an instance with SkipFinalSnapshot.',
          );
        }
        fleet.is(instance, 'deleting');
        remove(fleet, instance, input.DeleteAutomatedBackups ?? true);
        return { DBInstance: instanceShape(fleet, instance) };
      },
    }),

    CreateDBInstance: operation<CreateDBInstanceMessage, CreateDBInstanceResult>({
      permissions(input, call) {
        const action = 'CreateDBInstance';
        const { arns } = fleet;
        const target = ask.instance(action, input.DBInstanceIdentifier, call, input.Tags);
        const { Engine, EngineVersion } =
          fleet.findCluster(call.region, input.DBClusterIdentifier)?.settings ?? {};
        const group = input.DBParameterGroupName ?? defaultParameterGroup(Engine, EngineVersion);
        const options = input.OptionGroupName ?? defaultOptionGroup(Engine, EngineVersion);
        return [
          target,
          ask.cluster(action, input.DBClusterIdentifier, call),
          ask.on(action, arns.parameterGroup(call.region, group)),
          ask.on(action, arns.optionGroup(call.region, options)),
          ask.on(action, arns.subnetGroup(call.region, input.DBSubnetGroupName ?? defaultSubnetGroup)),
          ...ask.tagging(target.resource, input.Tags),
          ...ask.passing(input.MonitoringRoleArn),
        ];
      },
      run(input, { region }) {
        refuseOthers(input, ['DBInstanceIdentifier', 'DBClusterIdentifier', 'Tags']);
        if (input.DBClusterIdentifier === undefined) {
          throw new AwsError(
            'InvalidParameterCombination',
            'The local cloud creates instances in Aurora clusters only; others are restored or seeded.',
          );
        }
        const identifier = identifierFrom(input.DBInstanceIdentifier, 'DBInstanceIdentifier');
        const cluster = fleet.cluster(region, input.DBClusterIdentifier);
        fleet.makeRoom(region, identifier);
        requireClusterAvailable(cluster);
        const { Engine, EngineVersion, MasterUsername, Port } = cluster.settings;
        if (input.Engine !== Engine) {
          throw new AwsError(
            'InvalidParameterCombination',
            `The engine name requested for your DB instance (${input.Engine ?? ''}) doesn't match the engine name of your DB cluster (${Engine ?? ''}).`,
          );
        }
        const instance: Instance = {
          region,
          identifier,
          resourceId: fleet.resourceId('db-'),
          createdAt: fleet.now,
          status: 'creating',
          settings: withRequested(
            {
              ...settingsOfNew(Engine, EngineVersion),
              EngineVersion,
              MasterUsername,
              DbInstancePort: Port,
              DBSubnetGroup: { DBSubnetGroupName: cluster.settings.DBSubnetGroup },
              VpcSecurityGroups: cluster.settings.VpcSecurityGroups,
              PubliclyAccessible: false,
              AllocatedStorage: 1,
              StorageType: 'aurora',
              PromotionTier: 1,
              AvailabilityZone: zoneOfMember(cluster, cluster.members.length),
            },
            { ...input },
          ),
          pending: {},
          tags: tagsFrom(input.Tags),
          server: undefined,
          replicaOf: undefined,
          cluster,
          ip: fleet.address(),
          named: false,
        };
        fleet.instances.add(instance);
        cluster.members.push(instance);
        fleet.later(delays.auroraInstance, () => {
          if (!fleet.lives(instance)) return;
          instance.named = true;
          fleet.is(instance, 'available');
        });
        return { DBInstance: instanceShape(fleet, instance) };
      },
    }),
  };
}

/** It follows its source until the promotion is nearly over, and then is rebooted. */
function promote(fleet: Fleet, instance: Instance, backups: Instance['settings']): void {
  const { identifier, region } = instance;
  const reboot = Math.min(delays.rdsReboot, fleet.promoting / 2);
  const server = instance.server;
  fleet.foundation.tell('RDS', `${identifier} in ${region} is being promoted`);
  fleet.later(fleet.promoting - reboot, () =>
    fleet.unlessHeldUp(region, 'promotion-hangs', () => {
      if (!fleet.lives(instance)) return;
      fleet.work(
        `the promotion of ${identifier}`,
        async () => {
          await server?.promote();
          instance.replicaOf = undefined;
          instance.settings = { ...instance.settings, ...backups };
          fleet.is(instance, 'rebooting');
          await server?.halt('shutdown');
          fleet.later(reboot, () =>
            fleet.work(`starting ${identifier}`, async () => {
              if (!fleet.lives(instance)) return;
              await server?.start();
              await server?.ship();
              afterReboot(instance);
              fleet.is(instance, 'available');
            }),
          );
        },
        () => fleet.is(instance, 'failed'),
      );
    }),
  );
}

/** Copies in other regions stay; the instance's own automated backups only when the call says so. */
function remove(fleet: Fleet, instance: Instance, withBackups: boolean): void {
  const { server, cluster, resourceId, region, settings } = instance;
  fleet.later(delays.rdsDelete, () => {
    fleet.instances.delete(instance);
    const at = cluster?.members.indexOf(instance) ?? -1;
    if (at >= 0) cluster?.members.splice(at, 1);
    if (server && !withBackups && (settings.BackupRetentionPeriod ?? 0) > 0) {
      fleet.retained.add({
        arn: fleet.arns.backup(region, `ab-${resourceId.slice(3).toLowerCase()}`),
        source: instance,
        archive: server.archive,
      });
    }
    fleet.foundation.tell('RDS', `${instance.identifier} in ${region} is deleted`);
    if (server) fleet.work(`deleting ${instance.identifier}`, () => server.destroy());
  });
}
