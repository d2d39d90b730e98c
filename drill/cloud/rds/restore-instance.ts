import type {
  DBInstance,
  RestoreDBInstanceToPointInTimeMessage,
  RestoreDBInstanceToPointInTimeResult,
} from '@aws-sdk/client-rds';
import { AwsError, operation, type CallContext, type Operation } from '../contract.ts';
import { delays } from '../delays.ts';
import type { Archive, DatabaseServer } from './engine.ts';
import type { Fleet } from './fleet.ts';
import { defaultOptionGroup, defaultParameterGroup, identifierFrom } from './names.ts';
import type { Permissions } from './permissions.ts';
import { inSeconds, type Instance, type Window } from './records.ts';
import { restoreTime } from './restore-time.ts';
import { defaultSubnetGroup, refuseOthers, settingsOfNew, withRequested } from './settings.ts';
import { instanceShape, tagsFrom } from './shapes.ts';

/** Where a restore takes its data from. */
interface Source {
  readonly instance: Instance;
  readonly archive: Archive | undefined;
  readonly window: Window | null;
  /** All that there is, which may be later than what is told in whole seconds. */
  readonly latest: number | undefined;
  /** Whether it is there, in this region: then its tags go along. */
  readonly active: boolean;
  readonly arn: string;
  readonly encryptionKey?: string | undefined;
}

const own = [
  'RestoreTime',
  'SourceDBInstanceAutomatedBackupsArn',
  'SourceDBInstanceIdentifier',
  'SourceDbiResourceId',
  'Tags',
  'TargetDBInstanceIdentifier',
  'UseLatestRestorableTime',
] as const;

/** RestoreDBInstanceToPointInTime: always a new instance, and most of what the source had is not carried over. */
export function restoreInstance(fleet: Fleet, ask: Permissions): Operation {
  function sourceOf(input: RestoreDBInstanceToPointInTimeMessage, region: string): Source {
    const named = [
      input.SourceDBInstanceIdentifier,
      input.SourceDbiResourceId,
      input.SourceDBInstanceAutomatedBackupsArn,
    ].filter((source) => source !== undefined);
    if (named.length !== 1) {
      throw new AwsError(
        'InvalidParameterCombination',
        'You must specify exactly one of SourceDBInstanceIdentifier, SourceDbiResourceId, and SourceDBInstanceAutomatedBackupsArn.',
      );
    }
    const found = find(input, region);
    if (found) return found;
    throw new AwsError(
      'DBInstanceAutomatedBackupNotFound',
      `DBInstanceAutomatedBackup ${named[0] ?? ''} not found.`,
      404,
    );
  }

  function find(input: RestoreDBInstanceToPointInTimeMessage, region: string): Source | undefined {
    const { SourceDbiResourceId: resourceId, SourceDBInstanceAutomatedBackupsArn: backupArn } = input;
    if (backupArn !== undefined) {
      const copy = [...fleet.copies].find((each) => each.arn === backupArn && each.region === region);
      if (copy) {
        const { source: instance, archive, encryptionKey } = copy;
        return {
          instance,
          archive,
          window: inSeconds(copy.copied),
          latest: copy.copied?.to,
          active: false,
          arn: backupArn,
          encryptionKey,
        };
      }
    }
    const instance =
      resourceId === undefined && backupArn === undefined
        ? fleet.instance(region, input.SourceDBInstanceIdentifier)
        : [...fleet.instances].find((each) => each.region === region && each.resourceId === resourceId);
    if (instance) {
      const archive = instance.server?.archive;
      return {
        instance,
        archive,
        window: fleet.windowOf(instance),
        latest: archive?.window()?.to,
        active: true,
        arn: fleet.arnOf(instance),
      };
    }
    const retained = [...fleet.retained].find(
      (each) =>
        each.source.region === region && (each.source.resourceId === resourceId || each.arn === backupArn),
    );
    if (!retained) return undefined;
    const { source, archive, arn } = retained;
    const window = archive.window();
    return {
      instance: source,
      archive,
      window: inSeconds(window),
      latest: window?.to,
      active: false,
      arn,
    };
  }

  return operation<RestoreDBInstanceToPointInTimeMessage, RestoreDBInstanceToPointInTimeResult>({
    permissions(input, call) {
      const action = 'RestoreDBInstanceToPointInTime';
      const source = find(input, call.region);
      const target = ask.instance(action, input.TargetDBInstanceIdentifier, call, input.Tags);
      const { Engine, EngineVersion } = source?.instance.settings ?? {};
      const { arns } = fleet;
      return [
        ask.on(
          action,
          source?.arn ??
            input.SourceDBInstanceAutomatedBackupsArn ??
            arns.instance(call.region, input.SourceDBInstanceIdentifier ?? '*'),
        ),
        target,
        ask.on(action, arns.subnetGroup(call.region, input.DBSubnetGroupName ?? defaultSubnetGroup)),
        ask.on(
          action,
          arns.parameterGroup(
            call.region,
            input.DBParameterGroupName ?? defaultParameterGroup(Engine, EngineVersion),
          ),
        ),
        ask.on(
          action,
          arns.optionGroup(call.region, input.OptionGroupName ?? defaultOptionGroup(Engine, EngineVersion)),
        ),
        ...ask.tagging(target.resource, input.Tags),
      ];
    },
    run(input, { region }: CallContext) {
      refuseOthers(input, own);
      const identifier = identifierFrom(input.TargetDBInstanceIdentifier, 'TargetDBInstanceIdentifier');
      const source = sourceOf(input, region);
      fleet.makeRoom(region, identifier);
      if (input.MultiAZ === true && input.AvailabilityZone !== undefined) {
        throw new AwsError(
          'InvalidParameterCombination',
          'Requesting a specific availability zone is not valid for Multi-AZ instances.',
        );
      }
      const { archive, window } = source;
      if (source.active && ['creating', 'deleting'].includes(source.instance.status)) {
        throw new AwsError('InvalidDBInstanceState', 'Database instance is not in available state.');
      }
      const to = restoreTime({
        time: input.RestoreTime,
        latest: input.UseLatestRestorableTime,
        window,
        what: 'instance',
        now: fleet.now,
      });
      if (!archive)
        throw new AwsError('InvalidDBInstanceState', 'Database instance is not in available state.');
      const instance: Instance = {
        region,
        identifier,
        resourceId: fleet.resourceId('db-'),
        createdAt: fleet.now,
        status: 'creating',
        settings: withRequested(carriedOver(source, input), {
          PubliclyAccessible: input.DBSubnetGroupName === undefined,
          ...input,
        }),
        pending: {},
        tags: input.Tags ? tagsFrom(input.Tags) : source.active ? source.instance.tags : {},
        server: undefined,
        replicaOf: undefined,
        cluster: undefined,
        ip: fleet.address(),
        named: false,
      };
      fleet.instances.add(instance);
      const until = to ?? source.latest ?? fleet.now;
      begin(fleet, instance, () => fleet.engine.restore(identifier, archive, until));
      fleet.foundation.tell('RDS', `${identifier} in ${region} is being restored`, source.arn);
      return { DBInstance: instanceShape(fleet, instance) };
    },
  });
}

/** "Created with most of the original configuration": this, and defaults for the rest. */
function carriedOver(
  { instance: { settings }, encryptionKey }: Source,
  { Iops }: RestoreDBInstanceToPointInTimeMessage,
): DBInstance {
  const {
    Engine,
    EngineVersion,
    DBInstanceClass,
    MasterUsername,
    DBName,
    AllocatedStorage,
    StorageEncrypted,
    KmsKeyId,
    DbInstancePort,
    LicenseModel,
    BackupRetentionPeriod,
  } = settings;
  return {
    ...settingsOfNew(Engine, EngineVersion),
    Engine,
    EngineVersion,
    DBInstanceClass,
    MasterUsername,
    DBName,
    AllocatedStorage,
    StorageEncrypted,
    KmsKeyId: encryptionKey ?? KmsKeyId,
    DbInstancePort,
    LicenseModel,
    BackupRetentionPeriod,
    PreferredBackupWindow: '23:00-23:30',
    StorageType: Iops === undefined ? 'gp3' : 'io1',
  };
}

/** From `creating` to `available`, unless a fault has it otherwise; the data are there when `creating` ends. */
function begin(fleet: Fleet, instance: Instance, restore: () => Promise<DatabaseServer>): void {
  const { region, identifier, settings } = instance;
  const backup = (settings.BackupRetentionPeriod ?? 0) > 0 ? delays.rdsFirstBackup : 0;
  const backingUp = Math.min(backup, fleet.restoring / 2);
  const what = `the restore of ${identifier}`;
  const fill = async () => {
    if (!fleet.lives(instance)) return;
    const server = await restore();
    if (!fleet.lives(instance)) return server.destroy();
    instance.server = server;
    instance.named = true;
    if (backingUp > 0) fleet.is(instance, 'backing-up');
    fleet.later(backingUp, () =>
      fleet.work(`the first backup of ${identifier}`, async () => {
        if (!fleet.lives(instance)) return;
        if (backingUp > 0) await server.ship();
        fleet.is(instance, 'available');
      }),
    );
  };
  fleet.later(fleet.restoring - backingUp, () =>
    fleet.unlessHeldUp(region, 'restore-hangs', () => {
      const fault = fleet.faults.get(region);
      if (fault?.kind === 'restore-fails') {
        if (fleet.lives(instance)) fleet.is(instance, fault.status);
        return;
      }
      fleet.work(what, fill, () => fleet.is(instance, 'failed'));
    }),
  );
}
