import { describeDatabase, type DescribedDatabase } from '../aws/rds.ts';
import type { DatabaseSettings, KeptSettings } from '../database/contract.ts';
import { readLease } from '../database/lease.ts';
import { isReplica } from '../database/replica.ts';
import { hasReached } from '../database/recovery-state.ts';
import { advanceRecovery, beginRecovery } from '../database/recovery.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';
import { InvalidInput, UnsafePlan } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepPreImage, readRecord, recordStep } from '../incident/record.ts';
import type { DatabaseLoss } from '../measure-loss/contract.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { backupsOf, refusal, summarise } from './decide.ts';
import { failOver, promoteReplica, switchOver } from './rds-promotion.ts';

const step = 'promote-database';

/** The copy as it stands, and whether it has been promoted already. */
interface Sight {
  readonly database: string;
  readonly status: string;
  readonly promoted: boolean;
}

/**
 * Begin the promotion of a standby's copy, which nothing can take back.
 *
 * Refuses while the old primary may still write. That it has begun is on the ledger before RDS is asked, so that
 * whoever comes next goes on with it; whether it is over, check-promotion says.
 */
export async function handler({ incident, loss, safeAt }: Input): Promise<Output> {
  const { ledgerBucket, databases } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);
  const database = databases.find(({ name }) => name === loss.database);
  if (!database) throw new InvalidInput(`the environment has no database ${loss.database}`);

  const described = await describe(database, loss);
  const before = await sightOf(database, described);
  if (incident.mode === 'plan') {
    return record(ledger, incident, loss, before.promoted ? 'already-there' : 'planned', before, before);
  }
  const lease = database.lease ? ((await readLease(ledger, loss.database))?.lease ?? null) : undefined;
  const refused = refusal({ database: loss.database, safeAt, now: Date.now(), lease });
  if (refused !== null) throw new UnsafePlan(refused);

  const recovery = await beginRecovery(ledger, incident, {
    kind: 'promotion',
    database: loss.database,
    site: 'standby',
    source: database.primary,
    target: loss.target,
  });
  if (before.promoted) {
    // Begun by an earlier try of this incident, which did not live to say so: then it is this incident's change.
    const ours = hasReached(recovery, 'promoting') && !(await wasTold(ledger, incident, loss.database));
    await advanceRecovery(ledger, incident, loss.database, 'promoting');
    const status = ours && recovery.incidents[0] === incident.id ? 'changed' : 'already-there';
    return record(ledger, incident, loss, status, before, before);
  }

  await keepPreImage(ledger, incident, step, before);
  await keepPreImage(ledger, incident, `${step} ${loss.database}`, described);
  await advanceRecovery(ledger, incident, loss.database, 'promoting');
  await begin(ledger, database, loss, described);
  const after = await lookAgain(async () => sightOf(database, await describe(database, loss)));
  return record(ledger, incident, loss, 'changed', before, after);
}

async function describe({ kind }: DatabaseSettings, { target }: DatabaseLoss): Promise<DescribedDatabase> {
  const described = await describeDatabase(kind, target);
  if (described) return described;
  throw new UnsafePlan(`there is no ${target.identifier} in ${target.region} to promote`);
}

async function sightOf(database: DatabaseSettings, described: DescribedDatabase): Promise<Sight> {
  const promoted = !(await isReplica(database, described));
  return { database: database.name, status: described.status, promoted };
}

async function begin(
  ledger: Ledger,
  database: DatabaseSettings,
  loss: DatabaseLoss,
  { arn, backupRetentionPeriod }: DescribedDatabase,
): Promise<unknown> {
  const { region } = database.standby;
  switch (loss.by) {
    case 'promote-replica': {
      const kept = await ledger.read<KeptSettings>(`databases/${loss.database}/settings.json`);
      return promoteReplica(loss.target, backupsOf(kept?.value ?? null, backupRetentionPeriod));
    }
    case 'failover-global':
      return failOver(region, globalOf(database), arn);
    case 'switchover-global':
      return switchOver(region, globalOf(database), arn);
    case 'restore-backups':
    case 'promoted':
      throw new InvalidInput(`${loss.database} is not to be promoted: ${loss.by}`);
  }
}

function globalOf({ name, globalCluster: id }: DatabaseSettings): string {
  if (id === undefined) throw new InvalidInput(`${name} belongs to no global cluster`);
  return id;
}

async function wasTold(ledger: Ledger, { id }: IncidentRef, database: string): Promise<boolean> {
  const { steps } = await readRecord(ledger, id);
  return steps.some(
    (result) =>
      result.step === step &&
      result.status === 'changed' &&
      (result.before as Partial<Sight> | null)?.database === database,
  );
}

async function record(
  ledger: Ledger,
  incident: IncidentRef,
  loss: DatabaseLoss,
  status: 'changed' | 'already-there' | 'planned',
  before: unknown,
  after: unknown,
): Promise<StepResult> {
  const result = { step, status, summary: summarise(status, loss), before, after };
  await recordStep(ledger, incident, result);
  return result;
}
