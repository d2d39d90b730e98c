import { publishMetric } from '../aws/metric.ts';
import { openLedger } from '../incident/ledger.ts';
import { readLock } from '../incident/lock.ts';
import { findRecord } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Output, Settings } from './contract.ts';
import { overdueOf } from './decide.ts';

/**
 * Say as a metric whether a promised update has not come. A ledger that cannot be read publishes nothing, and the alarm
 * rings for that as well: nobody would know.
 */
export async function handler(): Promise<Output> {
  const { environment, ledgerBucket, region } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const lock = await readLock(ledger);
  const record = lock?.state === 'held' ? await findRecord(ledger, lock.incidentId) : null;
  const overdue = record ? overdueOf(record, Date.now()) : [];
  if (overdue.length > 0) log('update-overdue', { overdue });
  await publishMetric(region, 'UpdateOverdue', environment, overdue.length > 0);
  return { overdue };
}
