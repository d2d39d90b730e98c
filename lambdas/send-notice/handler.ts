import { tellDue } from '../communication/tell.ts';
import { openLedger } from '../incident/ledger.ts';
import { settings } from '../runtime/settings.ts';
import { composer } from './compose.ts';
import type { Input, Output, Settings } from './contract.ts';
import { linksOf } from './links.ts';
import { sendersOf } from './senders.ts';

/**
 * Tell everybody who should hear something now, on every channel at the same time.
 *
 * What is due is read from the record, so that to call it twice, or from two places at once, tells nobody twice, and
 * what a channel did not take before is tried again. A channel that fails is recorded, told by another one and
 * returned, never thrown: a notice must not stop a recovery. A ledger that does not answer keeps nobody uninformed
 * either; then less is told, and it cannot be said whether it was told before. Unknown counts as open, so that the
 * updates go on.
 */
export async function handler(input: Input): Promise<Output> {
  const all = settings<Settings>();
  const { incident, kind, detail } = input;
  const ledger = openLedger(all.ledgerBucket);
  const teller = {
    ledger,
    routing: all,
    senders: sendersOf(all),
    compose: composer(all, linksOf(), ledger, incident),
  };
  const told = await tellDue(teller, incident, { kind, ...(detail === undefined ? {} : { detail }) });
  const sent = told.notices.filter(({ delivered }) => delivered).length;
  return {
    sent,
    failed: told.notices.length - sent,
    open: told.record === null || told.record.state === 'open',
    nextAt: told.nextAt === null ? null : new Date(told.nextAt).toISOString(),
  };
}
