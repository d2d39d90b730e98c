import type { IncidentRef, StepResult } from './contract.ts';
import type { Ledger } from './ledger.ts';
import { readRecord } from './record.ts';

/**
 * A step that finds everything in place, told as what it is when an earlier try of it died after it had acted
 * and before it could say so: changed. Whoever reads what an incident has changed must find it there.
 *
 * Known by the pre-image, which is kept before acting, while no try has recorded a change.
 */
export async function withEarlierTry(
  ledger: Ledger,
  incident: IncidentRef,
  result: StepResult,
): Promise<StepResult> {
  if (result.status !== 'already-there' || incident.mode === 'plan') return result;
  const { preImages, steps } = await readRecord(ledger, incident.id);
  const told = steps.some(({ step, status }) => step === result.step && status === 'changed');
  if (told || !Object.hasOwn(preImages, result.step)) return result;
  return {
    ...result,
    status: 'changed',
    summary: `${result.summary}, since an earlier try of this step`,
    before: preImages[result.step],
  };
}
