import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describeFailure } from '../aws/api-failure.ts';
import type { ChannelName, IncidentRecord, IncidentRef, Notice } from '../incident/contract.ts';
import type { Ledger } from '../incident/ledger.ts';
import { changeRecord, findRecord } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { claim, claimedBy, isBlocked, settled } from './claims.ts';
import type { Message, Send } from './contract.ts';
import { due, type Due, type Event, type Plan } from './due.ts';
import type { Routing } from './listeners.ts';
import { deliverPatiently } from './patience.ts';
import { withoutRecord } from './without-record.ts';

/** How words get to people: claimed, sent with patience, and kept on the record as they were taken or not. */

export interface Teller {
  readonly ledger: Ledger;
  readonly routing: Routing;
  readonly senders: Readonly<Partial<Record<ChannelName, Send>>>;
  /** Puts it into words, for this reader. */
  readonly compose: (due: Due, record: IncidentRecord | null, now: number) => Promise<Message>;
}

export interface Told {
  /** Of this call. */
  readonly notices: readonly Notice[];
  /** As it stands now; null when the ledger does not answer. */
  readonly record: IncidentRecord | null;
  readonly nextAt: number | null;
}

/** All rounds of one call together, milliseconds: the function has 50 s, and a dark ledger takes twelve of them. */
const budget = 30_000;
/** What a failed channel makes due (telling it by another one) is told in the same call. */
const maxRounds = 3;
/** While somebody else is speaking to a reader. */
const blockedFor = 500;
/** What is due and could not be told now is looked at again so soon. */
const soon = 5_000;

/**
 * Tell everybody what is due, each reader in order, all of them at the same time.
 *
 * Never throws for a channel, nor for a ledger that does not answer: then it tells what the event says, without
 * knowing what was told before. Silence is worse than a word that comes twice.
 */
export async function tellDue(teller: Teller, incident: IncidentRef, event: Event): Promise<Told> {
  const { ledger, routing } = teller;
  const by = randomUUID();
  const deadline = Date.now() + budget;
  const notices: Notice[] = [];
  for (let round = 1; ;) {
    const record = await recordIfAny(ledger, incident.id);
    if (!record) return tellWithoutRecord(teller, incident, event);
    const { plan, mine, claimed } = await claimDue(teller, record, event, by);
    if (mine.length === 0) {
      const blocked = isBlocked(claimed, plan.now, by, Date.now());
      if (!blocked || Date.now() + blockedFor > deadline) {
        return { notices, record: claimed, nextAt: nextAt(plan, blocked) };
      }
      await delay(blockedFor);
      continue;
    }
    const results = await sendAll(teller, mine, claimed, incident, deadline);
    notices.push(...results.notices);
    const after = await settle(ledger, incident, by, results);
    if (!after) {
      // It would be told again at every look, for it is not on record: the cadence is often enough.
      const { nextAt: nextBeat } = withoutRecord(incident, routing, Date.now(), event);
      return { notices, record: null, nextAt: nextBeat };
    }
    if (++round > maxRounds || Date.now() > deadline) {
      return { notices, record: after, nextAt: nextAt(due(after, routing, Date.now(), event)) };
    }
  }
}

/** Null when the ledger does not answer, or has none. */
async function recordIfAny(ledger: Ledger, id: string): Promise<IncidentRecord | null> {
  try {
    return await findRecord(ledger, id);
  } catch (error) {
    log('ledger-silent', { incident: id, failure: describeFailure(error) });
    return null;
  }
}

interface Claimed {
  readonly plan: Plan;
  readonly mine: readonly Due[];
  readonly claimed: IncidentRecord;
}

/** What is due by the record as it is when it is claimed: an incident that was closed meanwhile owes no update. */
async function claimDue(
  { ledger, routing }: Teller,
  record: IncidentRecord,
  event: Event,
  by: string,
): Promise<Claimed> {
  const planned = due(record, routing, Date.now(), event);
  if (planned.now.length === 0) return { plan: planned, mine: [], claimed: record };
  try {
    let plan = planned;
    const claimed = await changeRecord(ledger, record.ref.id, (current) => {
      plan = due(current, routing, Date.now(), event);
      const own = claimedBy(current, plan.now, by);
      return own.length > 0 ? undefined : claim(current, plan.now, by, Date.now());
    });
    return { plan, mine: claimedBy(claimed, plan.now, by), claimed };
  } catch (error) {
    // It can be read and not written: somebody may be telling the same, and still it must be told.
    log('notices-not-claimed', { incident: record.ref.id, failure: describeFailure(error) });
    return { plan: planned, mine: planned.now, claimed: record };
  }
}

interface Results {
  readonly notices: readonly Notice[];
  readonly refs: Readonly<Partial<Record<ChannelName, string>>>;
}

async function sendAll(
  teller: Teller,
  owed: readonly Due[],
  record: IncidentRecord | null,
  incident: IncidentRef,
  deadline: number,
): Promise<Results> {
  const pairs = Map.groupBy(owed, ({ audience, channel }) => `${audience} ${channel}`);
  const results = await Promise.all(
    [...pairs.values()].map((own) => sendInOrder(teller, own, record, incident, deadline)),
  );
  return {
    notices: results.flatMap(({ notices }) => notices),
    refs: Object.assign({}, ...results.map(({ refs }) => refs)) as Results['refs'],
  };
}

/** To one reader; what comes after a word that was not taken waits, or it would come before it. */
async function sendInOrder(
  { senders, compose }: Teller,
  own: readonly Due[],
  record: IncidentRecord | null,
  incident: IncidentRef,
  deadline: number,
): Promise<Results> {
  const notices: Notice[] = [];
  const refs: Partial<Record<ChannelName, string>> = {};
  for (const each of own) {
    const { kind, channel, audience, key } = each;
    const base = { kind, channel, audience, key };
    const send = senders[channel];
    if (!send) break;
    let subject: string = kind;
    try {
      const message = await compose(each, record, Date.now());
      subject = message.content.subject;
      const ref = refs[channel] ?? record?.channelRefs?.[channel];
      const delivery = { incident, record, message, now: Date.now(), ...(ref === undefined ? {} : { ref }) };
      const result = await deliverPatiently(send, delivery, deadline);
      const tries = result.attempts > 1 ? { attempts: result.attempts } : {};
      const at = new Date().toISOString();
      if (!result.ok) {
        const { failure } = result;
        log('notice-failed', { incident: incident.id, ...base, failure });
        notices.push({ at, ...base, subject, delivered: false, failure, ...tries });
        break;
      }
      const { ref: given, merged, shortfall } = result.delivered;
      if (given !== undefined) refs[channel] = given;
      notices.push({
        at,
        ...base,
        subject,
        delivered: true,
        ...tries,
        ...(merged ? { merged } : {}),
        ...(shortfall === undefined ? {} : { failure: shortfall }),
      });
    } catch (error) {
      // Words that cannot be found are a fault of ours: it is on the record, and the others are told all the same.
      const failure = describeFailure(error);
      log('notice-not-worded', { incident: incident.id, ...base, failure });
      notices.push({ at: new Date().toISOString(), ...base, subject, delivered: false, failure });
      break;
    }
  }
  return { notices, refs };
}

async function settle(
  ledger: Ledger,
  { id }: IncidentRef,
  by: string,
  { notices, refs }: Results,
): Promise<IncidentRecord | null> {
  try {
    return await changeRecord(ledger, id, (record) => settled(record, by, notices, refs));
  } catch (error) {
    log('notices-not-recorded', { incident: id, failure: describeFailure(error), notices });
    return null;
  }
}

async function tellWithoutRecord(teller: Teller, incident: IncidentRef, event: Event): Promise<Told> {
  const now = Date.now();
  const { owed, nextAt } = withoutRecord(incident, teller.routing, now, event);
  const { notices } = await sendAll(teller, owed, null, incident, now + budget);
  return { notices, record: null, nextAt };
}

function nextAt({ now, nextAt: planned }: Plan, blocked = now.length > 0): number | null {
  if (!blocked) return planned;
  const again = Date.now() + soon;
  return planned === null ? again : Math.min(planned, again);
}
