import { queryDatabase } from '../aws/database-query.ts';
import type { Heartbeat } from '../database/contract.ts';
import { readLease } from '../database/lease.ts';
import { advanceRecovery } from '../database/recovery.ts';
import { TryAgain } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { recordChecks } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { judgeCopy, later } from './decide.ts';

/** Ask the copy everything, before anything points at it; that it is sound is kept on its recovery. */
export async function handler({ incident, plan, endpoint }: Input): Promise<Output> {
  const all = settings<Settings>();
  const ledger = openLedger(all.ledgerBucket);
  await requireLock(ledger, incident);
  const [answer, acknowledged] = await Promise.all([
    queryDatabase(all.query[plan.site], {
      database: plan.database,
      ...endpoint,
      ask: ['consistency', 'state', 'heartbeat'],
    }),
    lastAcknowledged(ledger, all, plan),
  ]);
  const output = judgeCopy({ plan, answer, acknowledged, rpoSeconds: incident.rpoSeconds });
  await recordChecks(ledger, incident, 'validate-copy', output.reason, output.checks);
  if (output.sound === true)
    await advanceRecovery(ledger, incident, plan.database, 'validated', { endpoint });
  return output;
}

/** What the writers said last, or what the damaged one has, if it can still be asked. */
async function lastAcknowledged(
  ledger: Ledger,
  { query }: Settings,
  { database, site }: Input['plan'],
): Promise<Heartbeat | null> {
  const lease = await readLease(ledger, database);
  const said = lease?.lease.heartbeat ?? null;
  if (site === 'standby') return said;
  try {
    const damaged = await queryDatabase(query.primary, { database, ask: ['heartbeat'] });
    return later(said, damaged.heartbeat ?? null);
  } catch (error) {
    if (error instanceof TryAgain) return said;
    throw error;
  }
}
