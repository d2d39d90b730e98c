import { isDeepStrictEqual } from 'node:util';
import type { Check, IncidentRecord, IncidentRef, Notice, StepResult, TimelineEntry } from './contract.ts';
import { change, type Ledger } from './ledger.ts';

/** The incidents, one object each. Every writer merges: the runbook and the status updates write at once. */

export function recordKey(id: string): string {
  return `incidents/${id}.json`;
}

export function newRecord(ref: IncidentRef, executionArn: string): IncidentRecord {
  return {
    ref,
    executionArn,
    state: 'open',
    lastGoodAt: null,
    timeline: [],
    steps: [],
    checks: [],
    notices: [],
    preImages: {},
    joined: [],
  };
}

/** The record, or null when the ledger has none of this id. */
export async function findRecord(ledger: Ledger, id: string): Promise<IncidentRecord | null> {
  return (await ledger.read<IncidentRecord>(recordKey(id)))?.value ?? null;
}

/** @throws Error when the ledger has no such incident */
export async function readRecord(ledger: Ledger, id: string): Promise<IncidentRecord> {
  const record = await findRecord(ledger, id);
  if (!record) throw new Error(`the ledger has no incident ${id}`);
  return record;
}

/**
 * Change the record by a function that leaves it alone (undefined) when it has the change already.
 *
 * @throws Error when the ledger has no such incident
 */
export async function changeRecord(
  ledger: Ledger,
  id: string,
  next: (record: IncidentRecord) => IncidentRecord | undefined,
): Promise<IncidentRecord> {
  const record = await change<IncidentRecord>(ledger, recordKey(id), (current) =>
    current ? next(current) : undefined,
  );
  if (!record) throw new Error(`the ledger has no incident ${id}`);
  return record;
}

/** Keep what an acting step saw and did. */
export async function recordStep(ledger: Ledger, incident: IncidentRef, result: StepResult): Promise<void> {
  const entry = stamped({ actor: result.step, event: `${result.status}: ${result.summary}` });
  await append(ledger, incident, entry, (record) => ({ steps: [...record.steps, result] }));
}

/**
 * Keep what was looked at, and, when it is known, when the service was last seen well. A later look never
 * takes an earlier knowledge away: null changes nothing.
 *
 * @param extra.confirmed the failure is real: from here on also those hear of it who are not told of suspicions
 */
export async function recordChecks(
  ledger: Ledger,
  incident: IncidentRef,
  actor: string,
  event: string,
  checks: readonly Check[],
  extra: { readonly lastGoodAt?: string | null; readonly confirmed?: boolean } = {},
): Promise<void> {
  const entry = stamped({ actor, event });
  await append(ledger, incident, entry, (record) => ({
    checks: [...record.checks, ...checks],
    lastGoodAt: extra.lastGoodAt ?? record.lastGoodAt,
    ...(extra.confirmed && record.confirmedAt === undefined ? { confirmedAt: entry.at } : {}),
  }));
}

/** Keep what stood there before a step. The first one wins: a retry sees what the first try has changed. */
export async function keepPreImage(
  ledger: Ledger,
  incident: IncidentRef,
  step: string,
  preImage: unknown,
): Promise<void> {
  await changeRecord(ledger, incident.id, (record) =>
    Object.hasOwn(record.preImages, step)
      ? undefined
      : { ...record, preImages: { ...record.preImages, [step]: preImage } },
  );
}

/** Keep notices as they were sent, or could not be. */
export function recordNotices(
  ledger: Ledger,
  { id }: Pick<IncidentRef, 'id'>,
  notices: readonly Notice[],
): Promise<IncidentRecord> {
  return changeRecord(ledger, id, (record) => {
    const added = notices.filter(
      (notice) => !record.notices.some((other) => isDeepStrictEqual(other, notice)),
    );
    if (added.length === 0) return undefined;
    return { ...record, notices: [...record.notices, ...added] };
  });
}

/** Add a line to the timeline. */
export async function note(
  ledger: Ledger,
  incident: Pick<IncidentRef, 'id'>,
  entry: Omit<TimelineEntry, 'at'>,
): Promise<void> {
  await append(ledger, incident, stamped(entry), () => ({}));
}

function append(
  ledger: Ledger,
  { id }: Pick<IncidentRef, 'id'>,
  entry: TimelineEntry,
  more: (record: IncidentRecord) => Partial<IncidentRecord>,
): Promise<IncidentRecord> {
  return changeRecord(ledger, id, (record) =>
    hasEntry(record, entry)
      ? undefined
      : { ...record, ...more(record), timeline: [...record.timeline, entry] },
  );
}

/** An entry is stamped once, so the same one on the record means that this very write has happened. */
function hasEntry({ timeline }: IncidentRecord, entry: TimelineEntry): boolean {
  return timeline.some((other) => isDeepStrictEqual(other, entry));
}

function stamped(entry: Omit<TimelineEntry, 'at'>): TimelineEntry {
  return { at: new Date().toISOString(), ...entry };
}
