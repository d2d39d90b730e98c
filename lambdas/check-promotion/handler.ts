import { describeFailure } from '../aws/api-failure.ts';
import { queryDatabase } from '../aws/database-query.ts';
import { describeDatabase } from '../aws/rds.ts';
import type { QueryAnswer } from '../database/contract.ts';
import { grantLease } from '../database/lease.ts';
import { isReplica } from '../database/replica.ts';
import { advanceRecovery, readRecovery } from '../database/recovery.ts';
import { InvalidInput, RestoreFailed, TryAgain } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { note } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { judgePromotion, looksPromoted } from './decide.ts';

/**
 * Look whether the standby's database has taken over, and when it has, give the standby its lease: before that
 * nobody may write, afterwards the standby alone.
 *
 * @throws RestoreFailed when it never will, or has outlasted its budget
 */
export async function handler({ incident, loss }: Input): Promise<Output> {
  const { ledgerBucket, databases, query } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);
  const database = databases.find(({ name }) => name === loss.database);
  if (!database) throw new InvalidInput(`the environment has no database ${loss.database}`);

  const [described, recovery] = await Promise.all([
    describeDatabase(database.kind, loss.target),
    readRecovery(ledger, loss.database),
  ]);
  const now = Date.now();
  const seen = {
    target: loss.target,
    status: described?.status ?? null,
    replica: described !== null && (await isReplica(database, described)),
    endpoint: described?.endpoint ?? null,
    elapsedSeconds: recovery ? (now - Date.parse(recovery.updatedAt)) / 1_000 : 0,
    budgetSeconds: database.budgetSeconds,
  };
  const answer = looksPromoted(seen) && seen.endpoint ? await ask(query, loss.database, seen.endpoint) : null;
  const { state, summary } = judgePromotion({ ...seen, answer });
  if (state === 'failed') throw new RestoreFailed(`${loss.database}: ${summary}`);
  const ready = state === 'ready';
  if (ready && seen.endpoint && incident.mode === 'live') {
    await advanceRecovery(ledger, incident, loss.database, 'promoted', { endpoint: seen.endpoint });
    const granted = database.lease
      ? await grantLease(ledger, loss.database, database.lease, new Date(now).toISOString())
      : null;
    if (granted?.changed === true) {
      const { epoch } = granted.after;
      const detail = `${summary}; the standby holds the lease in epoch ${epoch}`;
      await note(ledger, incident, {
        actor: 'check-promotion',
        event: `${loss.database} is promoted`,
        detail,
      });
    }
  }
  return {
    ready,
    status: seen.status ?? 'gone',
    endpoint: seen.endpoint,
    heartbeat: answer?.heartbeat ?? null,
    summary,
  };
}

async function ask(
  query: Settings['query'],
  database: string,
  { host, port }: NonNullable<Output['endpoint']>,
): Promise<QueryAnswer> {
  try {
    return await queryDatabase(query, { database, host, port, ask: ['state', 'heartbeat'] });
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    return { reachable: false, evidence: describeFailure(error), at: new Date().toISOString() };
  }
}
