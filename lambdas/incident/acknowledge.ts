import type { Acknowledgement, IncidentRecord, PersonNote } from './contract.ts';
import { tidyNote } from './form.ts';
import { change, type Ledger } from './ledger.ts';
import { readLock } from './lock.ts';
import { recordKey } from './record.ts';

/** What people leave on the record while an incident runs: who has taken the call, and what they write. */

export interface Person {
  readonly by: string;
  /** By which way: `Slack`, `command line`, `link`. */
  readonly via: string;
}

/** Why it does not count. */
export interface NotTaken {
  readonly because: 'unknown' | 'over' | 'taken';
  /** What is so, and what to do. */
  readonly reason: string;
}

export type Acknowledged =
  | { readonly ok: true; readonly acknowledged: Acknowledgement; readonly record: IncidentRecord }
  | { readonly ok: false; readonly refusal: NotTaken };

export type Noted =
  | { readonly ok: true; readonly note: PersonNote; readonly record: IncidentRecord }
  | { readonly ok: false; readonly refusal: NotTaken };

/** The same words of the same person, by the same way, this soon after: a retry, or a button pressed twice. */
const retriedWithinMs = 10 * 60_000;

/**
 * Take the call of an incident. The first one has it; the same person again is a retry, and changes nothing.
 *
 * @param now milliseconds since the epoch
 * @throws TryAgain when the ledger does not answer; the same may be asked again
 */
export async function acknowledge(
  ledger: Ledger,
  id: string,
  { by, via }: Person,
  now: number,
): Promise<Acknowledged> {
  const entry: Acknowledgement = { at: new Date(now).toISOString(), by, via };
  const record = await changed(ledger, id, (current) =>
    current.state !== 'open' || current.acknowledged
      ? undefined
      : {
          ...current,
          acknowledged: entry,
          timeline: [...current.timeline, { at: entry.at, actor: by, event: `took the call (${via})` }],
        },
  );
  if (!record) return { ok: false, refusal: unknown(id) };
  const { acknowledged } = record;
  // A retry after the end finds that it was taken: it is not refused for that.
  if (acknowledged?.by === by && acknowledged.via === via) return { ok: true, acknowledged, record };
  if (record.state !== 'open') return { ok: false, refusal: over(record) };
  if (acknowledged) return { ok: false, refusal: taken(id, acknowledged) };
  throw new Error(`${id} is open, and nobody has its call after it was taken`);
}

/**
 * Write a note on the record. An incident that was given up still takes notes, because people go on by hand; one that
 * has ended does not, because its report is written.
 *
 * One entry however often it is tried. Two notes of a person never share their moment: that is what tells them apart
 * for those who hear of them.
 *
 * @param text has been checked (wrongWithNote)
 * @param now milliseconds since the epoch
 * @throws TryAgain when the ledger does not answer; the same may be asked again
 */
export async function addNote(
  ledger: Ledger,
  id: string,
  { by, via, text }: Person & { readonly text: string },
  now: number,
): Promise<Noted> {
  const words = tidyNote(text);
  const isMine = (other: PersonNote) =>
    other.by === by &&
    other.via === via &&
    other.text === words &&
    Math.abs(now - Date.parse(other.at)) < retriedWithinMs;
  const record = await changed(ledger, id, (current) => {
    const { notes = [], timeline } = current;
    if (current.state === 'closed' || notes.some(isMine)) return undefined;
    const at = momentOf(notes, by, now);
    return {
      ...current,
      notes: [...notes, { at, by, text: words, via }],
      timeline: [...timeline, { at, actor: by, event: `wrote a note (${via})`, detail: words }],
    };
  });
  if (!record) return { ok: false, refusal: unknown(id) };
  const note = record.notes?.findLast(isMine);
  if (note) return { ok: true, note, record };
  return { ok: false, refusal: over(record) };
}

/** The incident that runs now, by the environment's lock; null when none does. */
export async function openIncident(ledger: Ledger): Promise<string | null> {
  const lock = await readLock(ledger);
  return lock?.state === 'held' ? lock.incidentId : null;
}

/** Null when the ledger has no such incident. */
function changed(
  ledger: Ledger,
  id: string,
  next: (record: IncidentRecord) => IncidentRecord | undefined,
): Promise<IncidentRecord | null> {
  return change<IncidentRecord>(ledger, recordKey(id), (current) => (current ? next(current) : undefined));
}

function momentOf(notes: readonly PersonNote[], by: string, now: number): string {
  const own = new Set(notes.filter((note) => note.by === by).map(({ at }) => at));
  let at = now;
  while (own.has(new Date(at).toISOString())) at += 1;
  return new Date(at).toISOString();
}

export function unknown(id: string): NotTaken {
  return {
    because: 'unknown',
    reason: `There is no incident ${id}: look at the id of the incident in the message that told of it.`,
  };
}

export function over({ ref, state, closedAt = 'an unknown time' }: IncidentRecord): NotTaken {
  return {
    because: 'over',
    reason:
      `The incident ${ref.id} is over since ${closedAt} (${state}): ` +
      (state === 'escalated'
        ? 'the automation has given up, and people go on by hand; a note can still be written.'
        : 'there is nothing to take any more, and its report is written.'),
  };
}

export function taken(id: string, { by, at, via }: Acknowledgement): NotTaken {
  return { because: 'taken', reason: `${by} has the call of ${id} since ${at} (${via}): ask them.` };
}
