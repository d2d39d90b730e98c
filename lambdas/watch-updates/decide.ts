import type { IncidentRecord } from '../incident/contract.ts';
import { duration } from '../incident/time-words.ts';

/** Whether somebody waits for a word that was promised. Pure. */

/** What sending may take, with a channel that has to be asked again; milliseconds. */
const grace = 120_000;

/** @param now milliseconds since the epoch */
export function overdueOf({ ref, state, notices }: IncidentRecord, now: number): readonly string[] {
  if (state !== 'open') return [];
  const start = Date.parse(ref.startedAt);
  const told = notices.filter(
    ({ delivered, kind, audience }) =>
      delivered && (kind === 'opened' || kind === 'update') && audience === 'oncall',
  );
  const last = told.map(({ at }) => Date.parse(at)).reduce((a, b) => Math.max(a, b), 0);
  if (last === 0) {
    return now - start > grace
      ? [`${ref.id} has been open for ${duration((now - start) / 1_000)}, and nobody on call was told`]
      : [];
  }
  const late = now - last - ref.updateEverySeconds * 1_000;
  return late > grace ? [`the update of ${ref.id} to those on call is ${duration(late / 1_000)} late`] : [];
}
