import type { IncidentRef, StepResult } from '../incident/contract.ts';
import type { Ledger } from '../incident/ledger.ts';
import { keepPreImage, readRecord } from '../incident/record.ts';

/** Steps that act on one database of several: each has a pre-image and a history of its own. */

function preImageKey(step: string, database: string): string {
  return `${step} ${database}`;
}

export function keepPreImageOf(
  ledger: Ledger,
  incident: IncidentRef,
  step: string,
  database: string,
  preImage: unknown,
): Promise<void> {
  return keepPreImage(ledger, incident, preImageKey(step, database), preImage);
}

/** What stood there before an earlier try of this step, which may have acted; null when there was none. */
export async function preImageOf(
  ledger: Ledger,
  incident: IncidentRef,
  step: string,
  database: string,
): Promise<unknown> {
  const { preImages } = await readRecord(ledger, incident.id);
  return preImages[preImageKey(step, database)] ?? null;
}

/** What a step has told of a database in this incident, oldest first; its results name it in `before`. */
export async function toldOf(
  ledger: Ledger,
  incident: IncidentRef,
  step: string,
  database: string,
): Promise<readonly StepResult[]> {
  const { steps } = await readRecord(ledger, incident.id);
  return steps.filter(
    (result) =>
      result.step === step && (result.before as { database?: unknown } | null)?.database === database,
  );
}

/**
 * A step that finds everything in place, told as what it is when an earlier try died after it had acted and
 * before it could say so: changed. Known by the pre-image, which is kept before acting.
 */
export async function withEarlierTryOf(
  ledger: Ledger,
  incident: IncidentRef,
  database: string,
  result: StepResult,
): Promise<StepResult> {
  if (result.status !== 'already-there' || incident.mode === 'plan') return result;
  const { preImages } = await readRecord(ledger, incident.id);
  const told = await toldOf(ledger, incident, result.step, database);
  const key = preImageKey(result.step, database);
  if (told.some(({ status }) => status === 'changed') || !Object.hasOwn(preImages, key)) return result;
  const summary = `${result.summary}, since an earlier try of this step`;
  return { ...result, status: 'changed', summary, before: preImages[key] };
}
