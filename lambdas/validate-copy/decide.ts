import type { ConsistencyResult, Heartbeat, QueryAnswer } from '../database/contract.ts';
import type { Check } from '../incident/contract.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';
import type { Output } from './contract.ts';

export interface Observations {
  readonly plan: Pick<RestorePlan, 'database' | 'recoveryPoint'>;
  readonly answer: QueryAnswer;
  /** The newest write that the damaged one has, or that its writers said was acknowledged; null when unknown. */
  readonly acknowledged: Heartbeat | null;
  readonly rpoSeconds: number;
}

/**
 * Whether a copy may take the place of the damaged database.
 *
 * Sound only when it answered, can be written to, and every query held. What could not be asked is unknown, and
 * unknown data are not swapped in. How much is lost is measured from the data, but is no reason against the copy:
 * the gate has decided that before the restore.
 */
export function judgeCopy({ plan, answer, acknowledged, rpoSeconds }: Observations): Output {
  const { database, recoveryPoint } = plan;
  const consistency = answer.reachable ? (answer.consistency ?? null) : null;
  const heartbeat = (answer.reachable ? answer.heartbeat : null) ?? null;
  const deciding: readonly Check[] = [
    { name: `copy/${database}/reachable`, held: answer.reachable || 'unknown', evidence: answer.evidence },
    writable(database, answer),
    ...(consistency?.map((result) => asCheck(database, result)) ?? [
      {
        name: `copy/${database}/consistency`,
        held: 'unknown',
        evidence: 'the queries were not answered',
      } as const,
    ]),
  ];
  const checks = [...deciding, ...measured(database, recoveryPoint, heartbeat, acknowledged, rpoSeconds)];
  const rest = { consistency: consistency ?? [], heartbeat, checks };
  const failing = deciding.filter(({ held }) => held === false);
  const unknown = deciding.filter(({ held }) => held === 'unknown');
  const copy = `the copy of ${database} at ${recoveryPoint}`;
  if (failing.length > 0) {
    return { ...rest, sound: false, reason: `${copy} is not sound: ${listed(failing, 'does not hold')}` };
  }
  if (unknown.length > 0) {
    return {
      ...rest,
      sound: 'unknown',
      reason: `${copy} is not known to be sound: ${listed(unknown, 'is not known')}`,
    };
  }
  const proven =
    consistency?.length === 0
      ? 'and it has no consistency query that could say more'
      : `and all ${consistency?.length ?? 0} consistency queries hold`;
  return { ...rest, sound: true, reason: `${copy} can be written to, ${proven}${lossOf(checks)}` };
}

function writable(database: string, { reachable, state }: QueryAnswer): Check {
  const name = `copy/${database}/writable`;
  if (!reachable || !state) return { name, held: 'unknown', evidence: 'it did not say' };
  const why = state.inRecovery ? 'it is still in recovery' : 'it is read only';
  return { name, held: state.writable, evidence: state.writable ? 'it says so itself' : why };
}

function asCheck(database: string, { name, held, evidence }: ConsistencyResult): Check {
  return { name: `copy/${database}/consistency/${name}`, held, evidence };
}

/** Loss from the data themselves: the last write that was acknowledged against the last one in the copy. */
function measured(
  database: string,
  recoveryPoint: string,
  found: Heartbeat | null,
  acknowledged: Heartbeat | null,
  rpoSeconds: number,
): readonly Check[] {
  const name = `copy/${database}/measured-loss`;
  const [last, kept] = [acknowledged, found].map((beat) => (beat ? Date.parse(beat.at) : NaN));
  if (last === undefined || kept === undefined || Number.isNaN(last) || Number.isNaN(kept)) {
    const missing = [
      ...(acknowledged ? [] : ['the last acknowledged write']),
      ...(found ? [] : ['the last write in the copy']),
    ];
    return [{ name, held: 'unknown', evidence: `not known: ${missing.join(', ') || 'the times'}` }];
  }
  const seconds = Math.max(0, (last - kept) / 1_000);
  return [
    {
      name,
      held: seconds <= rpoSeconds,
      evidence:
        `${seconds.toFixed(1)} s: acknowledged until ${acknowledged?.at ?? ''}, ` +
        `found until ${found?.at ?? ''}; the RPO is ${rpoSeconds} s`,
    },
    {
      name: `copy/${database}/not-past-the-recovery-point`,
      held: kept <= Date.parse(recoveryPoint) + 1_000,
      evidence: `its newest heartbeat is of ${found?.at ?? ''}, restored to ${recoveryPoint}`,
    },
  ];
}

function lossOf(checks: readonly Check[]): string {
  const loss = checks.find(({ name, held }) => name.endsWith('/measured-loss') && held !== 'unknown');
  return loss ? `; measured loss ${loss.evidence}` : '';
}

function listed(checks: readonly Check[], how: string): string {
  return checks.map(({ name, evidence }) => `${name} ${how} (${evidence})`).join('; ');
}

/** The later of two heartbeats. */
export function later(a: Heartbeat | null, b: Heartbeat | null): Heartbeat | null {
  if (!a || !b) return a ?? b;
  return Date.parse(b.at) > Date.parse(a.at) ? b : a;
}
