import { openLedger } from '../incident/ledger.ts';
import { recordIfAny, tell } from '../incident/telling.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { messagesOf } from './messages.ts';

/**
 * Tell everybody who should hear of it, on every channel at the same time.
 *
 * A channel that fails is recorded and returned, never thrown: a notice must not stop a recovery. A ledger that
 * does not answer keeps nobody uninformed either; then less is told, and it cannot be said whether it was told
 * before. Unknown counts as open, so that the updates go on.
 */
export async function handler(input: Input): Promise<Output> {
  const all = settings<Settings>();
  const { incident, kind, detail } = input;
  const ledger = openLedger(all.ledgerBucket);
  const record = await recordIfAny(ledger, incident.id);
  if (kind === 'update' && record && record.state !== 'open') return { sent: 0, failed: 0, open: false };

  const messages = messagesOf(
    {
      incident,
      kind,
      ...(detail === undefined ? {} : { detail }),
      record,
      now: Date.now(),
      application: all.application,
      publicName: all.publicName,
      contacts: all.contacts,
    },
    all.slack !== undefined,
  );
  const told = await tell(ledger, incident, messages, all, record);
  const now = told.record ?? record;
  const sent = told.notices.filter(({ delivered }) => delivered).length;
  return {
    sent,
    failed: told.notices.length - sent,
    open: now === null || now.state === 'open',
  };
}
