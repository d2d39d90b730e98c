import {
  RestoreDBClusterToPointInTimeCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { copiedBackup, describeDatabase, rdsClient, type DescribedDatabase } from '../aws/rds.ts';
import { askRds, rdsFailure } from '../aws/rds-failure.ts';
import type { DatabaseSettings, Recovery } from '../database/contract.ts';
import { keepPreImageOf, toldOf, withEarlierTryOf } from '../database/earlier-try.ts';
import { advanceRecovery, beginRecovery, readRecovery } from '../database/recovery.ts';
import { isCopy } from '../database/recovery-tag.ts';
import { judgeRestore } from '../database/restore-status.ts';
import { sourceSettings, standbySettings } from '../database/source-settings.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';
import { CapacityFailed, InvalidInput, RestoreFailed, UnsafePlan } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { lookAgain } from '../incident/look-again.ts';
import { recordStep } from '../incident/record.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { createMembers, missingMembers } from './members.ts';
import { clusterRequest, instanceRequest, type Sources } from './request.ts';
import { judgeLog, summarise } from './decide.ts';

const step = 'start-restore';

/**
 * Begin a restore beside its source, into an instance or cluster whose name follows from the recovery point.
 *
 * A second try finds that name taken by its own work, which the tag proves; a name that anything else has is
 * refused. Nothing is begun before the log up to the recovery point is in the backups.
 */
export async function handler({ incident, plan }: Input): Promise<Output> {
  const { ledgerBucket, databases } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);
  const database = databases.find(({ name }) => name === plan.database);
  if (!database) throw new InvalidInput(`the environment has no database ${plan.database}`);

  const found = await describeDatabase(database.kind, plan.target);
  if (found) return goOn({ ledger, incident, plan, database }, found);
  const reach = await latestOf(database, plan);
  if (incident.mode === 'plan') {
    const planned = { ...told(plan, 'planned', null), after: plan.target };
    await recordStep(ledger, incident, planned);
    return { ...planned, waiting: false };
  }
  const { state, summary } = judgeLog(plan, reach, Date.now());
  if (state === 'stuck') throw new RestoreFailed(summary);
  if (state === 'waiting') {
    return { ...told(plan, 'already-there', null), summary: `${plan.database}: ${summary}`, waiting: true };
  }
  return begin({ ledger, incident, plan, database });
}

interface Work {
  readonly ledger: Ledger;
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
  readonly database: DatabaseSettings;
}

async function begin(work: Work): Promise<Output> {
  const { ledger, incident, plan, database } = work;
  const sources = await look(work);
  const wanted =
    database.kind === 'aurora'
      ? clusterRequest(plan, incident.id, sources)
      : instanceRequest(plan, incident.id, sources);
  const before = { database: plan.database, target: null, source: sources.source?.raw ?? null };
  await keepPreImageOf(ledger, incident, step, plan.database, before);
  const recovery = await beginRecovery(ledger, incident, begunBy(plan));
  try {
    await restore(database.kind, plan, wanted.request);
  } catch (error) {
    await giveUp(work, recovery, error);
    throw error;
  }
  const copy = await describeDatabase(database.kind, plan.target);
  if (copy) refuseOther(copy, plan);
  await advanceRecovery(ledger, incident, plan.database, 'restoring');
  const { tags } = copy ?? {};
  const result: StepResult = {
    ...told(plan, 'changed', before),
    summary: summarise(plan, sources, wanted.leftOut),
    before: { database: plan.database, target: null },
    after: { target: plan.target, status: copy?.status ?? 'unknown', tags, leftOut: wanted.leftOut },
  };
  await recordStep(ledger, incident, result);
  return { ...result, waiting: database.kind === 'aurora' };
}

/** The copy is there: this try's own, that of an earlier one, or something else that has its name. */
async function goOn(work: Work, copy: DescribedDatabase): Promise<Output> {
  const { ledger, incident, plan, database } = work;
  refuseOther(copy, plan);
  const there = { ...told(plan, 'already-there', null), after: { target: plan.target, status: copy.status } };
  if (incident.mode === 'plan') {
    await recordStep(ledger, incident, there);
    return { ...there, waiting: false };
  }
  const recovery = await beginRecovery(ledger, incident, begunBy(plan));
  await advanceRecovery(ledger, incident, plan.database, 'restoring');
  const result = await withEarlierTryOf(ledger, incident, plan.database, {
    ...there,
    before: { database: plan.database, target: plan.target },
  });
  const first = (await toldOf(ledger, incident, step, plan.database)).length === 0;
  if (first) await recordStep(ledger, incident, result);
  if (database.kind === 'instance') return { ...result, waiting: false };
  return withMembers(work, copy, recovery, result);
}

/** A restored cluster has no instances: they are made once it is available. */
async function withMembers(
  work: Work,
  cluster: DescribedDatabase,
  { startedAt }: Recovery,
  result: StepResult,
): Promise<Output> {
  const { ledger, incident, plan } = work;
  const sources = await look(work);
  if (missingMembers(cluster, plan, incident.id, sources).length === 0) return { ...result, waiting: false };
  const elapsedSeconds = (Date.now() - Date.parse(startedAt)) / 1_000;
  const { state, summary } = judgeRestore({ plan, status: cluster.status, elapsedSeconds });
  if (state === 'failed') throw new RestoreFailed(`${plan.database}: ${summary}`);
  if (state === 'waiting') return { ...result, summary: `${plan.database}: ${summary}`, waiting: true };
  const created = await createMembers(cluster, plan, incident.id, sources);
  const made: StepResult = {
    step,
    status: 'changed',
    summary: `${plan.database}: creating ${created.join(', ')} in ${plan.target.identifier}`,
    before: { database: plan.database, members: cluster.members },
    after: await lookAgain(async () => (await describeDatabase('aurora', plan.target))?.members),
  };
  await recordStep(ledger, incident, made);
  return { ...made, waiting: false };
}

async function look({ ledger, database, plan }: Work): Promise<Sources> {
  const { region } = plan.target;
  const [source, standby] = await Promise.all([
    sourceSettings(ledger, database, plan.source, region),
    plan.source.region === region ? null : standbySettings(ledger, database),
  ]);
  return { source, standby };
}

/** Newest time that can be restored to, ISO 8601; null when there is none. */
async function latestOf({ kind }: DatabaseSettings, plan: RestorePlan): Promise<string | null> {
  if (plan.backupsArn !== undefined) {
    return (await copiedBackup(plan.target, plan.source.identifier))?.to ?? null;
  }
  const source = await describeDatabase(kind, plan.source);
  if (!source) {
    throw new UnsafePlan(`there is no ${plan.source.identifier} in ${plan.source.region} to restore from`);
  }
  return source.latestRestorableTime;
}

async function restore(
  kind: DatabaseSettings['kind'],
  plan: RestorePlan,
  request: ReturnType<typeof clusterRequest>['request'] | ReturnType<typeof instanceRequest>['request'],
): Promise<void> {
  const { identifier, region } = plan.target;
  const client = rdsClient(region);
  await askRds(`the restore of ${plan.source.identifier} into ${identifier} in ${region}`, async () => {
    try {
      if ('TargetDBInstanceIdentifier' in request) {
        await client.send(new RestoreDBInstanceToPointInTimeCommand(request));
      } else await client.send(new RestoreDBClusterToPointInTimeCommand(request));
    } catch (error) {
      // A try before it, whose answer was lost; whether it was one of ours the tag says.
      if (rdsFailure(error) !== `DB${kind === 'aurora' ? 'Cluster' : 'Instance'}AlreadyExists`) throw error;
    }
  });
}

/** RDS refused, so nothing has begun: the next incident may choose another time. */
async function giveUp(
  { ledger, incident, plan, database }: Work,
  recovery: Recovery,
  error: unknown,
): Promise<void> {
  if (!(error instanceof CapacityFailed) && !(error instanceof UnsafePlan)) return;
  if (recovery.phase !== 'planned' || recovery.incidents[0] !== incident.id) return;
  const [now, copy] = await Promise.all([
    readRecovery(ledger, plan.database),
    describeDatabase(database.kind, plan.target),
  ]);
  if (now?.phase === 'planned' && !copy) await advanceRecovery(ledger, incident, plan.database, 'abandoned');
}

function refuseOther(copy: DescribedDatabase, { target, database }: RestorePlan): void {
  if (isCopy(copy, target.identifier)) return;
  throw new UnsafePlan(
    `the name ${target.identifier} in ${target.region} is taken by something that is no copy of ${database}: it ` +
      'lacks the tag lifeboat:recovery of this recovery. Nothing was changed. Rename or delete it, and start ' +
      'incident again',
  );
}

function begunBy({ database, site, source, target, recoveryPoint }: RestorePlan) {
  return { kind: 'restore', database, site, source, target, recoveryPoint } as const;
}

function told(plan: RestorePlan, status: StepResult['status'], before: unknown): StepResult {
  const into = `${plan.target.identifier} in ${plan.target.region}`;
  const summary =
    status === 'planned'
      ? `${plan.database}: would restore ${plan.source.identifier} to ${plan.recoveryPoint} into ${into}`
      : `${plan.database}: ${into} is being restored already`;
  return { step, status, summary, before, after: null };
}
