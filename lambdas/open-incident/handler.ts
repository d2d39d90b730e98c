import { endOf } from '../aws/execution.ts';
import type { IncidentRef } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { givenUp, otherTrouble as otherTroubleEvent } from '../incident/handover.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { readLockVersion, takeLock, type Lock } from '../incident/lock.ts';
import { changeRecord, findRecord, newRecord, recordKey } from '../incident/record.ts';
import { readSwitch } from '../incident/switch.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import {
  decide,
  incidentId,
  incidentRef,
  mayRun,
  nextEpoch,
  otherTrouble,
  type SeenEvent,
} from './decide.ts';
import { parseRequest, type Request } from './request.ts';

/** Collisions at the lock; each one means that somebody else took it or gave it back. */
const maxTries = 5;

/**
 * Open an incident, or join the one that is running.
 *
 * The lock is written first and the record second: when this dies between the two, the retry finds the lock its
 * own and writes the record.
 *
 * @throws InvalidInput when the input is wrong
 * @throws TryAgain when the ledger does not answer, or the running incident is not on record yet
 */
export async function handler({ input, execution }: Input): Promise<Output> {
  const all = settings<Settings>();
  const request = parseRequest(input, all, Date.now());
  const ledger = openLedger(all.ledgerBucket);
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    const output = await attemptOpening(ledger, request, execution, all);
    if (output) {
      log('open-incident', {
        decision: output.decision,
        reason: output.reason,
        incident: output.incident?.id,
      });
      return output;
    }
  }
  throw new TryAgain(
    `the lock of ${all.environment} changed hands ${maxTries} times while it was being taken`,
  );
}

/** Undefined when somebody was faster at the lock, and all has to be looked at again. */
async function attemptOpening(
  ledger: Ledger,
  request: Request,
  execution: Input['execution'],
  all: Settings,
): Promise<Output | undefined> {
  const [seen, event, traffic] = await Promise.all([
    readLockVersion(ledger),
    readEvent(ledger, request),
    readSwitch(ledger),
  ]);
  const now = Date.now();
  const lock = seen?.value ?? null;
  // A machine that was stopped while its first task took the lock has nobody to give it back: a failure that
  // joined it would be left to itself until the lock expires.
  const holderEnd = mayRun(lock, execution.id, now) ? await endOf(lock.executionArn) : null;
  const decision = decide(request, { lock, event, traffic, holderEnd, now }, execution.id, all);
  switch (decision.action) {
    case 'ignore':
      return { decision: 'ignored', reason: decision.reason, incident: null };
    case 'join':
      return join(ledger, request, execution, decision.incidentId, decision.reason);
    case 'resume':
      return open(ledger, request, execution, decision.lock, decision.reason, all);
    case 'take': {
      const taken: Lock = {
        epoch: nextEpoch(lock, traffic),
        state: 'held',
        incidentId: await freeId(ledger, request, execution, all.environment),
        executionArn: execution.id,
        mode: request.mode,
        takenAt: new Date(now).toISOString(),
        expiresAt: new Date(now + all.lockSeconds * 1_000).toISOString(),
        ...(lock?.lastRecoveryAt === undefined ? {} : { lastRecoveryAt: lock.lastRecoveryAt }),
        // Who opens an incident wants one; who plans has decided nothing yet.
        ...(lock?.heldOffUntil === undefined || request.mode === 'live'
          ? {}
          : { heldOffUntil: lock.heldOffUntil }),
        ...(decision.takenFrom === undefined ? {} : { takenFrom: decision.takenFrom }),
      };
      if (!(await takeLock(ledger, taken, seen))) return undefined;
      return open(ledger, request, execution, taken, decision.reason, all);
    }
  }
}

/** What follows from holding the lock; every part of it is left alone when it was done by a try before. */
async function open(
  ledger: Ledger,
  request: Request,
  execution: Input['execution'],
  lock: Lock,
  reason: string,
  all: Settings,
): Promise<Output> {
  const incident = incidentRef(lock.incidentId, lock.epoch, request, execution, all);
  const record = newRecord(incident, execution.id);
  const created = await ledger.create(recordKey(incident.id), {
    ...record,
    timeline: [
      { at: lock.takenAt, actor: actorOf(request), event: 'the incident was opened', detail: reason },
    ],
  });
  const stands = created ? record : await findRecord(ledger, incident.id);
  if (stands?.executionArn !== execution.id) {
    throw new Error(
      `${incident.id} is on record for another execution, ${stands?.executionArn ?? 'unknown'}`,
    );
  }
  if (lock.takenFrom !== undefined) await sayTaken(ledger, lock.takenFrom, incident);
  await rememberEvent(ledger, request, execution, incident.id);
  return { decision: 'open', reason, incident: stands.ref };
}

async function sayTaken(ledger: Ledger, id: string, by: IncidentRef): Promise<void> {
  if (!(await findRecord(ledger, id))) return;
  const at = new Date().toISOString();
  await changeRecord(ledger, id, (record) =>
    givenUp(record, {
      at,
      actor: 'open-incident',
      summary: `${by.id} has taken the lock: ${record.ref.mode === 'plan' ? 'a plan gives way to it' : 'its execution had ended, or the lock had expired'}.`,
      nextSteps: [
        record.ref.mode === 'plan'
          ? `Wait for ${by.id} to end, then plan again.`
          : `Stop ${record.executionArn} if it is still running; ${by.id} recovers from here.`,
      ],
    }),
  );
}

async function join(
  ledger: Ledger,
  request: Request,
  execution: Input['execution'],
  id: string,
  reason: string,
): Promise<Output> {
  // An event that is delivered twice joins once; a person's start is known by its execution.
  const who = `${request.startedBy} (${request.by === 'alarm' ? `event ${request.eventId}` : `execution ${execution.name}`})`;
  const at = new Date().toISOString();
  const running = await findRecord(ledger, id);
  if (!running) throw new TryAgain(`${id} holds the lock but is not on record yet`);
  const other = otherTrouble(request, running.ref);
  const { ref } = await changeRecord(ledger, id, (record) =>
    record.joined.includes(who)
      ? undefined
      : {
          ...record,
          joined: [...record.joined, who],
          timeline: [
            ...record.timeline,
            {
              at,
              actor: actorOf(request),
              event: other === undefined ? 'joined the incident' : otherTroubleEvent,
              detail: other ?? who,
            },
          ],
        },
  );
  await rememberEvent(ledger, request, execution, id);
  return { decision: 'joined', reason: other ?? reason, incident: ref, otherTrouble: other !== undefined };
}

function actorOf({ by }: Request): string {
  return by === 'alarm' ? 'alarm' : 'a person';
}

async function freeId(
  ledger: Ledger,
  request: Request,
  { startTime }: Input['execution'],
  environment: string,
): Promise<string> {
  for (let nth = 1; ; nth++) {
    const id = incidentId(environment, request, startTime, nth);
    if (!(await findRecord(ledger, id))) return id;
  }
}

async function readEvent(ledger: Ledger, request: Request): Promise<SeenEvent | null> {
  if (request.by !== 'alarm') return null;
  return (await ledger.read<SeenEvent>(eventKey(request.eventId)))?.value ?? null;
}

/** After the lock: an event is only "seen" once something has come of it. */
async function rememberEvent(
  ledger: Ledger,
  request: Request,
  { id }: Input['execution'],
  incident: string,
): Promise<void> {
  if (request.by !== 'alarm') return;
  const seen: SeenEvent = { incidentId: incident, executionArn: id, at: new Date().toISOString() };
  await ledger.create(eventKey(request.eventId), seen);
}

function eventKey(id: string): string {
  return `events/${id}.json`;
}
