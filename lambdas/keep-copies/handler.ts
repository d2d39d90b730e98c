import { StartDBInstanceAutomatedBackupsReplicationCommand } from '@aws-sdk/client-rds';
import { atMost } from '../aws/at-most.ts';
import { describeFailure } from '../aws/api-failure.ts';
import { askRds } from '../aws/rds-failure.ts';
import { copiedBackup, describeDatabase, rdsClient, type DescribedDatabase } from '../aws/rds.ts';
import { readChecks } from '../database/checks.ts';
import type { DatabasePlace, KeptSettings } from '../database/contract.ts';
import { currentPlace } from '../database/recovery-state.ts';
import { readRecovery } from '../database/recovery.ts';
import { describedMembers, keptSettingsKey } from '../database/source-settings.ts';
import { TryAgain } from '../incident/errors.ts';
import type { Site } from '../incident/contract.ts';
import { change, openLedger, type Ledger } from '../incident/ledger.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Settings } from './contract.ts';
import { blind, lacking, wantsCopies, type Backups } from './decide.ts';

type Database = Settings['databases'][number];

const rdsCalls = atMost(10);

/**
 * Keep on the ledger how every database is set up, which a dark region could not tell any more, and see that backups
 * are copied where the environment wants them.
 *
 * A site that does not answer leaves what was kept of it alone.
 *
 * @throws Error at the end, naming all that would make a recovery impossible
 */
export async function handler(): Promise<void> {
  const { ledgerBucket, account, databases } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const found = await Promise.all(
    databases.map((database) =>
      keep(ledger, account, database).catch((error: unknown) => [
        `${database.name}: ${describeFailure(error)}`,
      ]),
    ),
  );
  const troubles = found.flat();
  if (troubles.length > 0) throw new Error(troubles.join('; '));
}

async function keep(ledger: Ledger, account: string, database: Database): Promise<readonly string[]> {
  const recovery = await readRecovery(ledger, database.name);
  const blindness = blind(database, await readChecks(ledger, database.name), Date.now());
  const troubles: string[] = blindness === null ? [] : [blindness];
  for (const site of ['primary', 'standby'] as const) {
    const place = currentPlace(database, site, recovery);
    const described = await seen(database, place);
    if (described === 'no answer') continue;
    const trouble = lacking(database, site, place, described && backupsOf(described));
    if (trouble !== null) troubles.push(trouble);
    if (described) await keepSettings(ledger, database, site, place, described);
    if (site === 'primary' && described) await copyBackups(database, account, place);
  }
  return troubles;
}

async function seen(
  { kind, name }: Database,
  place: DatabasePlace,
): Promise<DescribedDatabase | null | 'no answer'> {
  try {
    return await rdsCalls(() => describeDatabase(kind, place));
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    log('keep-copies', { database: name, place, unanswered: error.message });
    return 'no answer';
  }
}

async function keepSettings(
  ledger: Ledger,
  { name }: Database,
  site: Site,
  place: DatabasePlace,
  described: DescribedDatabase,
): Promise<void> {
  const members = await rdsCalls(() => describedMembers(place.region, described));
  const now: Omit<KeptSettings, 'at'> = {
    identifier: place.identifier,
    region: place.region,
    described: plain(described.raw),
    ...(members.length === 0 ? {} : { members: members.map(plain) }),
    tags: described.tags,
  };
  const at = new Date().toISOString();
  await change<KeptSettings>(ledger, keptSettingsKey(name, site), () => ({ at, ...now }));
}

async function copyBackups(database: Database, account: string, place: DatabasePlace): Promise<void> {
  const { standby, backupKeyId, backupRetentionDays = 7 } = database;
  if (standby.from !== 'backups') return;
  const copied = await rdsCalls(() => copiedBackup(standby, place.identifier));
  if (!wantsCopies(database, copied)) return;
  await askRds(`StartDBInstanceAutomatedBackupsReplication ${place.identifier}`, () =>
    rdsClient(standby.region).send(
      new StartDBInstanceAutomatedBackupsReplicationCommand({
        SourceDBInstanceArn: `arn:aws:rds:${place.region}:${account}:db:${place.identifier}`,
        BackupRetentionPeriod: backupRetentionDays,
        ...(backupKeyId === undefined ? {} : { KmsKeyId: backupKeyId }),
      }),
    ),
  );
  log('keep-copies', { database: database.name, copying: place.identifier, to: standby.region });
}

function backupsOf({ raw, replicaOf }: DescribedDatabase): Backups {
  const { BackupRetentionPeriod: retention } = raw as { readonly BackupRetentionPeriod?: number };
  return { retentionDays: retention ?? null, isReplica: replicaOf !== null };
}

/** As JSON keeps it: dates are texts there. */
function plain(value: object): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>;
}
