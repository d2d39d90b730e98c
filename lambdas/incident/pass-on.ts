import { describeFailure } from '../aws/api-failure.ts';
import { startRemote } from '../aws/start-remote.ts';
import type { RemoteFunction } from '../database/contract.ts';
import { log } from '../runtime/log.ts';
import type { Input as Notify } from '../send-notice/contract.ts';

/**
 * Have send-notice tell the others what a person has just done, without waiting for it: it may take 50 s, and a person
 * waits for the page or the button.
 *
 * Never throws: what the person did stands, and whoever looks at the incident next tells of it, because send-notice
 * reads what is due from the record.
 */
export async function passOn(sendNotice: RemoteFunction, notify: Notify): Promise<void> {
  const about = { incident: notify.incident.id, kind: notify.kind };
  try {
    await startRemote(sendNotice, notify);
    log('passed-on', about);
  } catch (error) {
    log('not-passed-on', { ...about, failure: describeFailure(error) });
  }
}
