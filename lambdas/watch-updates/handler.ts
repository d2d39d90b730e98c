import { describeFailure } from '../aws/api-failure.ts';
import { publishMetric } from '../aws/metric.ts';
import { writeFirstPage } from '../communication/channels/page.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { readLock } from '../incident/lock.ts';
import { findRecord } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Output, Settings } from './contract.ts';
import { overdueOf, overdueWithoutRecord } from './decide.ts';

/**
 * Say as a metric whether a promised update has not come. A ledger that cannot be read publishes nothing, and the alarm
 * rings for that as well: nobody would know.
 */
export async function handler(): Promise<Output> {
  const all = settings<Settings>();
  const overdue = await lookAt(openLedger(all.ledgerBucket), all);
  if (overdue.length > 0) log('update-overdue', { overdue });
  await publishMetric(all.region, 'UpdateOverdue', all.environment, overdue.length > 0);
  if (all.page) await firstPage(all.page);
  return { overdue };
}

/** It comes after what matters, and again in a minute. */
async function firstPage({ bucket, ...about }: NonNullable<Settings['page']>): Promise<void> {
  try {
    if (await writeFirstPage(bucket, about)) log('first-status-page', { bucket });
  } catch (error) {
    log('first-status-page-failed', { failure: describeFailure(error) });
  }
}

async function lookAt(ledger: Ledger, { quiet }: Settings): Promise<readonly string[]> {
  const lock = await readLock(ledger);
  if (lock?.state !== 'held') return [];
  const record = await findRecord(ledger, lock.incidentId);
  return record ? overdueOf(record, Date.now(), quiet) : overdueWithoutRecord(lock, Date.now());
}
