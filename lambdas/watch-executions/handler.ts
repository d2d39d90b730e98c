import { describeFailure } from '../aws/api-failure.ts';
import { runRemote } from '../aws/remote-function.ts';
import { publishToTopic } from '../aws/topic.ts';
import type { ChannelName, IncidentRecord, Notice } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { givenUp } from '../incident/handover.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { readLock, releaseLock, type Lock } from '../incident/lock.ts';
import { changeRecord, findRecord, recordNotices } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input as Notify, Output as Notified } from '../send-notice/contract.ts';
import type { Input, Output, Settings } from './contract.ts';
import { decide, heldOffUntil, noticeOf, summaryOf } from './decide.ts';

/**
 * Clean up after an execution that ended badly: mark its incident, tell on-call, free its lock, tell the others.
 *
 * The lock comes after on-call, so that a retry that finds it still held does all of it again, which changes nothing
 * twice. When the ledger does not answer, on-call is told all the same, and the error is thrown, so that the
 * event is delivered again; likewise when there is nothing to do but tell, and that fails. The others are told by
 * send-notice, which knows who has heard it already: customers whose service is back, above all, when the execution
 * was stopped before it could say so.
 *
 * @throws TryAgain when the ledger or, where it is all that is left to do, the topic or send-notice does not answer
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
  const { reason } = decision;
  if (decision.action === 'tell') {
    const notices = await tell(all, noticeOf(input, all.environment, { reason, record: null }));
    if (!notices.some(({ delivered }) => delivered)) {
      throw new TryAgain(`nobody could be told that ${reason}`);
    }
  }
  if (decision.action === 'finish' && lock) {
    const record = await findRecord(ledger, lock.incidentId);
    return (await tellTheOthers(all, record)) ? { action: 'told', reason } : { action: 'nothing', reason };
  }
  if (decision.action !== 'release' || !lock) return { action: 'nothing', reason };

  const record = await release(ledger, lock, input, all, reason);
  await tellTheOthers(all, record);
  return { action: 'released', reason };
}

/** Null when the incident never came on record. */
async function release(
  ledger: Ledger,
  lock: Lock,
  input: Input,
  all: Settings,
  reason: string,
): Promise<IncidentRecord | null> {
  const heldOff = heldOffUntil(input, lock, all.cooldownSeconds, Date.now());
  const record = await markGivenUp(ledger, lock, summaryOf(input, all.environment, heldOff));
  if (!wasTold(record) && (record === null || record.outcome === 'escalated')) {
    const notices = await tell(all, noticeOf(input, all.environment, { reason, record, heldOff }));
    if (record) await recordNotices(ledger, record.ref, notices);
  }
  const recovered = record?.outcome === 'recovered' && record.ref.mode === 'live';
  const incident = { id: lock.incidentId, epoch: lock.epoch };
  await releaseLock(
    ledger,
    incident,
    new Date().toISOString(),
    recovered ? { recoveredAt: record.closedAt } : { heldOffUntil: heldOff },
  );
  return record;
}

async function markGivenUp(ledger: Ledger, lock: Lock, summary: string): Promise<IncidentRecord | null> {
  if (!(await findRecord(ledger, lock.incidentId))) return null;
  const at = new Date().toISOString();
  return changeRecord(ledger, lock.incidentId, (record) =>
    givenUp(record, { at, actor: 'watch-executions', summary }),
  );
}

/** How the incident ended, to whoever has not heard of it. False when that is nothing to tell. */
async function tellTheOthers({ sendNotice }: Settings, record: IncidentRecord | null): Promise<boolean> {
  if (!record || (record.outcome !== 'recovered' && record.outcome !== 'escalated')) return false;
  const notice: Notify = {
    incident: record.ref,
    kind: record.outcome === 'recovered' ? 'recovered' : 'escalation',
    ...(record.summary === undefined ? {} : { detail: record.summary }),
  };
  const { failed } = (await runRemote(sendNotice, notice)) as Notified;
  // A channel that fails is on the record; the event would come again for nothing.
  log('told-the-others', { incident: record.ref.id, kind: notice.kind, failed });
  return true;
}

function wasTold(record: IncidentRecord | null): boolean {
  return (record?.notices ?? []).some(
    ({ kind, channel, audience, delivered }) =>
      delivered && kind === 'escalation' && channel === 'email' && audience === 'oncall',
  );
}

/** A topic that fails must not keep the lock held: the failure is on the record and in the log. */
function tell(
  { topics }: Settings,
  message: { readonly subject: string; readonly text: string },
): Promise<readonly Notice[]> {
  return Promise.all(
    topics.map(async (topic) => {
      const channel: ChannelName = topic.endsWith('-sms') ? 'sms' : 'email';
      const notice = {
        at: new Date().toISOString(),
        kind: 'escalation',
        channel,
        audience: 'oncall',
        subject: message.subject,
        // The key of the incident's own escalation, so that on-call does not hear it again.
        key: 'escalation',
      } as const;
      try {
        await publishToTopic(topic, message);
        return { ...notice, delivered: true };
      } catch (error) {
        const failure = describeFailure(error);
        log('notice-failed', { kind: notice.kind, channel, audience: notice.audience, failure });
        return { ...notice, delivered: false, failure };
      }
    }),
  );
}
