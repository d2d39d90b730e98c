import { describeFailure } from '../aws/api-failure.ts';
import { publishToTopic } from '../aws/topic.ts';
import type { IncidentRecord, Notice } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { givenUp } from '../incident/handover.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { readLock, releaseLock, type Lock } from '../incident/lock.ts';
import { changeRecord, findRecord, recordNotices } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { decide, noticeOf, summaryOf } from './decide.ts';

/**
 * Clean up after an execution that ended badly: mark its incident, tell on-call, free its lock.
 *
 * The lock comes last, so that a retry that finds it still held does all of it again, which changes nothing
 * twice. When the ledger does not answer, on-call is told all the same, and the error is thrown, so that the
 * event is delivered again; likewise when there is nothing to do but tell, and that fails.
 *
 * @throws TryAgain when the ledger or, where it is all there is to do, the topic does not answer
 */
export async function handler(input: Input): Promise<Output> {
  const all = settings<Settings>();
  const ledger = openLedger(all.ledgerBucket);
  const lock = await readLock(ledger).catch(async (error: unknown) => {
    const reason = `the ledger does not answer, so its lock may be held: ${describeFailure(error)}`;
    await tell(all, noticeOf(input, all.environment, { reason, record: null }));
    throw error;
  });
  const decision = decide(input, all.environment, lock);
  log('watch-executions', { execution: input.detail.executionArn, ...decision });
  if (decision.action === 'tell') {
    const notice = await tell(
      all,
      noticeOf(input, all.environment, { reason: decision.reason, record: null }),
    );
    if (!notice.delivered) throw new TryAgain(`nobody could be told that ${decision.reason}`);
  }
  if (decision.action !== 'release' || !lock) return { action: 'nothing', reason: decision.reason };

  const record = await markGivenUp(ledger, lock, input);
  if (!wasTold(record) && (record === null || record.outcome === 'escalated')) {
    const notice = await tell(all, noticeOf(input, all.environment, { reason: decision.reason, record }));
    if (record) await recordNotices(ledger, record.ref, [notice]);
  }
  const recovered = record?.outcome === 'recovered' && record.ref.mode === 'live';
  const incident = { id: lock.incidentId, epoch: lock.epoch };
  await releaseLock(ledger, incident, new Date().toISOString(), recovered ? record.closedAt : undefined);
  return { action: 'released', reason: decision.reason };
}

/** Null when the incident never came on record. */
async function markGivenUp(ledger: Ledger, lock: Lock, input: Input): Promise<IncidentRecord | null> {
  if (!(await findRecord(ledger, lock.incidentId))) return null;
  const at = new Date().toISOString();
  return changeRecord(ledger, lock.incidentId, (record) =>
    givenUp(record, { at, actor: 'watch-executions', summary: summaryOf(input) }),
  );
}

function wasTold(record: IncidentRecord | null): boolean {
  return (record?.notices ?? []).some(
    ({ kind, channel, audience, delivered }) =>
      delivered && kind === 'escalation' && channel === 'sns' && audience === 'oncall',
  );
}

/** A topic that fails must not keep the lock held: the failure is on the record and in the log. */
async function tell(
  { topics }: Settings,
  message: { readonly subject: string; readonly text: string },
): Promise<Notice> {
  const notice = {
    at: new Date().toISOString(),
    kind: 'escalation',
    channel: 'sns',
    audience: 'oncall',
    subject: message.subject,
    // The key of the incident's own escalation, so that on-call does not hear it again.
    key: 'escalation',
  } as const;
  try {
    await publishToTopic(topics.oncall, message);
    return { ...notice, delivered: true };
  } catch (error) {
    const failure = describeFailure(error);
    log('notice-failed', { kind: notice.kind, audience: notice.audience, failure });
    return { ...notice, delivered: false, failure };
  }
}
