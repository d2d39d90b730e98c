import { placesOf } from '../configuration/place.ts';
import { planFiles } from '../configuration/plan-files.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { planBucket } from './planning.ts';
import { verifyBucket } from './verify.ts';

/**
 * Say what a restore of one bucket would do, and after it what still differs; a slice of time in each call.
 *
 * Changes nothing but its own files on the ledger, so mode `plan` does the same. What it says is kept there: whoever
 * asks again, this incident or the next one that goes on with the restore, gets the same plan.
 */
export async function handler({ incident, plan, bucket, phase }: Input): Promise<Output> {
  const { ledgerBucket, ledgerRegion, buckets, sliceSeconds } = settings<Settings>();
  const until = Date.now() + sliceSeconds * 1_000;
  const ledger = openLedger(ledgerBucket, ledgerRegion);
  const held = () => requireLock(ledger, incident);
  await held();
  const places = placesOf(buckets, bucket, plan);
  const files = planFiles({ ledgerBucket, ledgerRegion }, plan.id, bucket);
  const shared = { ledger, files, plan, bucket, places, until, requireLock: held };
  return phase === 'plan' ? planBucket(shared) : verifyBucket({ ...shared, incident: incident.id });
}
