import type {
  DBInstanceAutomatedBackup,
  DBInstanceAutomatedBackupMessage,
  DescribeDBInstanceAutomatedBackupsMessage,
  StartDBInstanceAutomatedBackupsReplicationMessage,
  StartDBInstanceAutomatedBackupsReplicationResult,
} from '@aws-sdk/client-rds';
import { AwsError, operation, type CloudService } from '../contract.ts';
import { delays } from '../delays.ts';
import type { Fleet } from './fleet.ts';
import { chosenBy, pageOf } from './listing.ts';
import { regionIn } from './names.ts';
import type { Permissions } from './permissions.ts';
import { inSeconds, type BackupCopy, type Instance } from './records.ts';
import { backupShape } from './shapes.ts';

/** Copies of automated backups in one region (CHAP_Limits, aws-facts §4.2). */
const quota = 20;

export function backupOperations(fleet: Fleet, ask: Permissions): CloudService['operations'] {
  return {
    DescribeDBInstanceAutomatedBackups: operation<
      DescribeDBInstanceAutomatedBackupsMessage,
      DBInstanceAutomatedBackupMessage
    >({
      permissions: (input, { region }) => [
        ask.on(
          'DescribeDBInstanceAutomatedBackups',
          input.DBInstanceAutomatedBackupsArn ?? fleet.arns.backup(region, '*'),
        ),
      ],
      run(input, { region }) {
        const wanted = [
          [
            input.DBInstanceIdentifier?.toLowerCase(),
            (each: DBInstanceAutomatedBackup) => each.DBInstanceIdentifier,
          ],
          [input.DbiResourceId, (each: DBInstanceAutomatedBackup) => each.DbiResourceId],
          [
            input.DBInstanceAutomatedBackupsArn,
            (each: DBInstanceAutomatedBackup) => each.DBInstanceAutomatedBackupsArn,
          ],
        ] as const;
        const found = backupsIn(fleet, region).filter((each) =>
          wanted.every(([value, of]) => value === undefined || of(each) === value),
        );
        if (
          found.length === 0 &&
          (input.DbiResourceId ?? input.DBInstanceAutomatedBackupsArn) !== undefined
        ) {
          throw notFound(input.DbiResourceId ?? input.DBInstanceAutomatedBackupsArn ?? '');
        }
        const chosen = chosenBy(input.Filters, found, {
          'db-instance-id': (each) => [each.DBInstanceIdentifier ?? '', each.DBInstanceArn ?? ''],
          'dbi-resource-id': (each) => [each.DbiResourceId ?? ''],
          status: (each) => [each.Status ?? ''],
        });
        const { items, Marker } = pageOf(chosen, input);
        return { DBInstanceAutomatedBackups: [...items], Marker };
      },
    }),

    StartDBInstanceAutomatedBackupsReplication: operation<
      StartDBInstanceAutomatedBackupsReplicationMessage,
      StartDBInstanceAutomatedBackupsReplicationResult
    >({
      permissions: ({ SourceDBInstanceArn = '*' }) => [
        ask.on('StartDBInstanceAutomatedBackupsReplication', SourceDBInstanceArn),
      ],
      run(input, { region }) {
        const arn = input.SourceDBInstanceArn ?? '';
        const { BackupRetentionPeriod: retention = 7 } = input;
        if (regionIn(arn) === region) {
          throw new AwsError(
            'InvalidParameterValue',
            'Automated backups cannot be replicated within the Region of their instance.',
          );
        }
        const source = fleet.dark(regionIn(arn)) ? undefined : fleet.instanceOfArn(arn);
        if (!source) throw new AwsError('DBInstanceNotFound', `DBInstance ${arn} not found.`, 404);
        if ((source.settings.BackupRetentionPeriod ?? 0) === 0 || !source.server) {
          throw new AwsError('InvalidDBInstanceState', 'The source DB instance has no automated backups.');
        }
        if (source.settings.StorageEncrypted === true && input.KmsKeyId === undefined) {
          throw new AwsError(
            'InvalidParameterCombination',
            'A KMS key of the destination Region is required for an encrypted DB instance.',
          );
        }
        const there = [...fleet.copies].filter((each) => each.region === region);
        if (there.some((each) => each.source === source)) {
          throw new AwsError(
            'InvalidDBInstanceAutomatedBackupState',
            `Automated backups of ${arn} are replicated to ${region} already.`,
          );
        }
        if (there.length >= quota) {
          throw new AwsError(
            'DBInstanceAutomatedBackupQuotaExceeded',
            `At most ${quota} automated backups can be replicated to ${region}.`,
          );
        }
        const copy = startCopy(fleet, source, region, { retention, key: input.KmsKeyId, at: 'first-copy' });
        return { DBInstanceAutomatedBackup: copyShape(fleet, copy) };
      },
    }),
  };
}

/** Copy an instance's automated backups to another region from now on, or as if that had been so for long. */
export function startCopy(
  fleet: Fleet,
  source: Instance,
  region: string,
  {
    retention,
    key,
    at,
  }: {
    readonly retention: number;
    readonly key?: string | undefined;
    readonly at: 'first-copy' | 'for-long';
  },
): BackupCopy {
  if (!source.server) throw new Error(`${source.identifier} has nothing to copy`);
  const copy: BackupCopy = {
    region,
    arn: fleet.arns.backup(region, `ab-${fleet.foundation.id().toLowerCase()}`),
    source,
    archive: source.server.archive,
    retention,
    encryptionKey: key,
    status: 'pending',
    copied: null,
  };
  fleet.copies.add(copy);
  if (at === 'for-long') arrive(copy);
  else fleet.later(delays.rdsFirstCopy, () => firstArrives(fleet, copy));
  return copy;
}

function firstArrives(fleet: Fleet, copy: BackupCopy): void {
  if (!fleet.dark(copy.source.region)) arrive(copy);
  else fleet.later(delays.rdsFirstCopy, () => firstArrives(fleet, copy));
}

function arrive(copy: BackupCopy): void {
  copy.status = 'replicating';
  copy.copied = copy.archive.window();
}

/** The log that an instance has shipped by now reaches the other regions later, unless its own is lost by then. */
export function copyLater(fleet: Fleet, source: Instance): void {
  const to = source.server?.archive.window()?.to;
  const copies = [...fleet.copies].filter((copy) => copy.source === source);
  if (to === undefined || copies.length === 0) return;
  fleet.later(delays.rdsBackupCopy, () => {
    if (fleet.dark(source.region)) return;
    for (const copy of copies) {
      if (copy.copied) copy.copied = { from: copy.copied.from, to: Math.max(copy.copied.to, to) };
    }
  });
}

function copyShape(fleet: Fleet, copy: BackupCopy): DBInstanceAutomatedBackup {
  const { source, arn, status, retention, encryptionKey } = copy;
  const window = inSeconds(copy.copied);
  return backupShape(fleet, { source, arn, status, window, retention, encryptionKey, copies: [] });
}

function backupsIn(fleet: Fleet, region: string): DBInstanceAutomatedBackup[] {
  const copiesOf = (source: Instance) => [...fleet.copies].filter((copy) => copy.source === source);
  const active = [...fleet.instances]
    .filter(
      (each) => each.region === region && !each.cluster && (each.settings.BackupRetentionPeriod ?? 0) > 0,
    )
    .map((source) => {
      const window = fleet.windowOf(source);
      const retention = source.settings.BackupRetentionPeriod;
      const status = window ? 'active' : 'creating';
      return backupShape(fleet, {
        source,
        arn: undefined,
        status,
        window,
        retention,
        copies: copiesOf(source),
      });
    });
  const retained = [...fleet.retained]
    .filter(({ source }) => source.region === region)
    .map(({ source, archive, arn }) =>
      backupShape(fleet, {
        source,
        arn,
        status: 'retained',
        window: inSeconds(archive.window()),
        retention: source.settings.BackupRetentionPeriod,
        copies: copiesOf(source),
      }),
    );
  const copied = [...fleet.copies]
    .filter((copy) => copy.region === region)
    .map((copy) => copyShape(fleet, copy));
  return [...active, ...retained, ...copied];
}

function notFound(what: string): AwsError {
  return new AwsError(
    'DBInstanceAutomatedBackupNotFound',
    `DBInstanceAutomatedBackup ${what} not found.`,
    404,
  );
}
