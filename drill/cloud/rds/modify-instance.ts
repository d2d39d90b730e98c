import type { ModifyDBInstanceMessage, ModifyDBInstanceResult } from '@aws-sdk/client-rds';
import { AwsError, operation, type Operation } from '../contract.ts';
import { delays } from '../delays.ts';
import { requireAvailable, type Fleet } from './fleet.ts';
import { identifierFrom } from './names.ts';
import type { Permissions } from './permissions.ts';
import type { Instance, Requested } from './records.ts';
import { refuseOthers, securityGroups, withRequested } from './settings.ts';
import { instanceShape, tagsFrom } from './shapes.ts';

/** What waits for the maintenance window unless it is to be applied immediately (ModifyDBInstance, member by member). */
const waits = new Set([
  'AllocatedStorage',
  'CACertificateIdentifier',
  'DBInstanceClass',
  'DBSubnetGroupName',
  'DedicatedLogVolume',
  'EnableIAMDatabaseAuthentication',
  'EngineVersion',
  'Iops',
  'MultiAZ',
  'NewDBInstanceIdentifier',
  'OptionGroupName',
  'StorageThroughput',
  'StorageType',
]);

/** Nothing of the machine changes with these: they hold at once, and the status does not tell of them. */
const atOnce = new Set(['CopyTagsToSnapshot', 'DeletionProtection', 'MaxAllocatedStorage', 'PromotionTier']);

/** While these are applied, the database does not run. */
const outage = ['DBInstanceClass', 'DBPortNumber', 'EngineVersion'];

/** Said of a whole cluster, and refused of one instance in it. */
const ofCluster = [
  'BackupRetentionPeriod',
  'DBPortNumber',
  'DeletionProtection',
  'EnableIAMDatabaseAuthentication',
  'MasterUserPassword',
  'PreferredBackupWindow',
  'VpcSecurityGroupIds',
];

const own = ['DBInstanceIdentifier', 'NewDBInstanceIdentifier', 'TagSpecifications'];

/**
 * ModifyDBInstance. What waits for the maintenance window stays in PendingModifiedValues until a later call applies
 * it: no window ever comes here.
 */
export function modifyInstance(fleet: Fleet, ask: Permissions): Operation {
  return operation<ModifyDBInstanceMessage, ModifyDBInstanceResult>({
    permissions(input, call) {
      const action = 'ModifyDBInstance';
      const { DBParameterGroupName: group, OptionGroupName: options } = input;
      return [
        ask.instance(action, input.DBInstanceIdentifier, call),
        ...(group === undefined ? [] : [ask.on(action, fleet.arns.parameterGroup(call.region, group))]),
        ...(options === undefined ? [] : [ask.on(action, fleet.arns.optionGroup(call.region, options))]),
        ...ask.passing(input.MonitoringRoleArn),
      ];
    },
    run(input, { region }) {
      refuseOthers(input, own);
      const instance = fleet.instance(region, input.DBInstanceIdentifier);
      requireAvailable(instance);
      refuseForMember(instance, input);
      const newIdentifier = input.NewDBInstanceIdentifier;
      if (newIdentifier !== undefined) {
        const identifier = identifierFrom(newIdentifier, 'NewDBInstanceIdentifier');
        if (fleet.findInstance(region, identifier)) {
          throw new AwsError('DBInstanceAlreadyExists', 'DB instance already exists');
        }
      }
      if (
        (input.MonitoringInterval ?? 0) > 0 &&
        !(input.MonitoringRoleArn ?? instance.settings.MonitoringRoleArn)
      ) {
        throw new AwsError(
          'InvalidParameterCombination',
          'A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.',
        );
      }
      for (const { ResourceType, Tags } of input.TagSpecifications ?? []) {
        if (ResourceType === 'db') instance.tags = { ...instance.tags, ...tagsFrom(Tags) };
      }
      accept(fleet, instance, changesOf(instance, input), input.ApplyImmediately === true);
      return { DBInstance: instanceShape(fleet, instance) };
    },
  });
}

function refuseForMember({ cluster }: Instance, input: object): void {
  const refused = cluster ? ofCluster.filter((member) => member in input) : [];
  if (refused.length === 0) return;
  throw new AwsError(
    'InvalidParameterCombination',
    `The specified DB Instance is a member of a cluster. Modify ${refused.join(', ')} for the cluster, not for individual instances.`,
  );
}

/** Members that ask for something else than there is. */
function changesOf({ settings, identifier }: Instance, input: ModifyDBInstanceMessage): Requested {
  const changing = Object.entries<unknown>({ ...input }).filter(([member, value]) => {
    if (own.includes(member) || member === 'ApplyImmediately') {
      return member === 'NewDBInstanceIdentifier' && String(value).toLowerCase() !== identifier;
    }
    if (member === 'MasterUserPassword') return true;
    const before = JSON.stringify(withoutStatus(settings));
    return JSON.stringify(withoutStatus(withRequested(settings, { [member]: value }))) !== before;
  });
  return Object.fromEntries(changing);
}

/** A group that is named again is no change, whatever its status. */
function withoutStatus(settings: Instance['settings']) {
  return {
    ...settings,
    VpcSecurityGroups: settings.VpcSecurityGroups?.map((group) => group.VpcSecurityGroupId),
    DBParameterGroups: settings.DBParameterGroups?.map((group) => group.DBParameterGroupName),
    OptionGroupMemberships: settings.OptionGroupMemberships?.map((group) => group.OptionGroupName),
    DBSubnetGroup: settings.DBSubnetGroup?.DBSubnetGroupName,
  };
}

function accept(fleet: Fleet, instance: Instance, changes: Requested, immediately: boolean): void {
  const pick = (from: Requested, wanted: (member: string) => boolean) =>
    Object.fromEntries(Object.entries(from).filter(([member]) => wanted(member)));
  instance.settings = withRequested(
    instance.settings,
    pick(changes, (member) => atOnce.has(member)),
  );
  const rest = pick(changes, (member) => !atOnce.has(member));
  instance.pending = { ...instance.pending, ...rest };
  const due = immediately ? instance.pending : pick(rest, (member) => !waits.has(member));
  const { NewDBInstanceIdentifier: name, ...others } = due;
  const group = others['DBParameterGroupName'];
  if (typeof group === 'string') {
    instance.settings = {
      ...instance.settings,
      DBParameterGroups: [{ DBParameterGroupName: group, ParameterApplyStatus: 'applying' }],
    };
  }
  const groups = others['VpcSecurityGroupIds'];
  if (Array.isArray(groups)) {
    instance.settings = {
      ...instance.settings,
      VpcSecurityGroups: securityGroups(groups as string[], 'adding'),
    };
  }
  if (typeof name === 'string') rename(fleet, instance, name.toLowerCase(), others);
  else if (Object.keys(due).length > 0) change(fleet, instance, due);
}

function change(fleet: Fleet, instance: Instance, due: Requested): void {
  const stops = outage.some((member) => member in due);
  const server = fleet.serverOf(instance);
  const name = instance.identifier;
  fleet.later(delays.rdsChangeSeen, () => {
    if (!fleet.lives(instance) || !isPending(instance, due)) return;
    if (instance.status === 'available') fleet.is(instance, 'modifying');
    if (stops && server) fleet.work(`stopping ${name}`, () => server.halt('shutdown'));
    fleet.later(delays.rdsChange, () => {
      if (!fleet.lives(instance)) return;
      apply(instance, due);
      if (instance.status === 'modifying') fleet.is(instance, 'available');
      if (stops && server) fleet.work(`starting ${name}`, () => server.start());
    });
  });
}

/** What is to be applied may have been applied by another call meanwhile. */
function isPending({ pending }: Instance, due: Requested): boolean {
  return Object.keys(due).some((member) => member in pending);
}

function apply(instance: Instance, due: Requested): void {
  const settings = withRequested(instance.settings, due);
  instance.settings =
    'DBParameterGroupName' in due
      ? {
          ...settings,
          DBParameterGroups: settings.DBParameterGroups?.map((group) => ({
            ...group,
            ParameterApplyStatus: 'pending-reboot',
          })),
        }
      : settings;
  instance.pending = Object.fromEntries(
    Object.entries(instance.pending).filter(([member, value]) => due[member] !== value),
  );
}

/**
 * The old name is gone at once; the new one is effective, and the database there again, in about ten minutes
 * (aws-facts §4.5).
 */
function rename(fleet: Fleet, instance: Instance, identifier: string, others: Requested): void {
  const { region } = instance;
  const before = instance.identifier;
  const oldArn = fleet.arnOf(instance);
  instance.identifier = identifier;
  instance.named = false;
  fleet.is(instance, 'renaming');
  for (const replica of fleet.instances) {
    if (replica.replicaOf === oldArn) replica.replicaOf = fleet.arnOf(instance);
  }
  const server = instance.server;
  if (server) fleet.work(`stopping ${before}`, () => server.halt('shutdown'));
  fleet.foundation.tell('RDS', `${before} in ${region} is becoming ${identifier}`);
  fleet.later(delays.rdsRename, () => {
    if (!fleet.lives(instance)) return;
    apply(instance, { ...others, NewDBInstanceIdentifier: instance.pending['NewDBInstanceIdentifier'] });
    afterReboot(instance);
    fleet.work(
      `starting ${identifier}`,
      async () => {
        await server?.start();
        instance.named = true;
        fleet.is(instance, 'available');
      },
      () => fleet.is(instance, 'failed'),
    );
  });
}

/** Parameters of a new group hold from here on. */
export function afterReboot(instance: Instance): void {
  instance.settings = {
    ...instance.settings,
    DBParameterGroups: instance.settings.DBParameterGroups?.map((group) => ({
      ...group,
      ParameterApplyStatus: 'in-sync',
    })),
  };
  instance.cluster?.rebootPending.delete(instance);
}
