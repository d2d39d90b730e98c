import { openLedger } from '../incident/ledger.ts';
import { releaseLock } from '../incident/lock.ts';
import { changeRecord } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { close, outputOf } from './decide.ts';

/**
 * Write how the incident ended, then give the lock back: in this order, so that nobody opens another while this
 * one looks open. Closing again changes nothing, answers the same, and frees a lock that is still held.
 */
export async function handler(input: Input): Promise<Output> {
  const ledger = openLedger(settings<Settings>().ledgerBucket);
  const at = new Date().toISOString();
  const record = await changeRecord(ledger, input.incident.id, (current) => close(current, input, at));
  const recovered = record.outcome === 'recovered' && record.ref.mode === 'live';
  const released = await releaseLock(ledger, input.incident, at, {
    recoveredAt: recovered ? record.closedAt : undefined,
  });
  const output = outputOf(record, input);
  log('close-incident', { incident: input.incident.id, ...output, released });
  return output;
}
