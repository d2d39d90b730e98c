import type { DatabaseAssessment } from '../assess-data/contract.ts';
import type { DatabasePlace, DatabaseSettings, Recovery, RestoreHistory } from '../database/contract.ts';
import { describeUnfinished, hasReached, isOver } from '../database/recovery-state.ts';
import { wavesOf } from '../incident/waves.ts';
import type { IncidentRef, Site } from '../incident/contract.ts';
import { UnsafePlan } from '../incident/errors.ts';
import type { Output, RestorePlan } from './contract.ts';
import { expectedSeconds } from './duration.ts';
import { inOneTime } from './one-time.ts';
import {
  inSeconds,
  isPoint,
  parseTime,
  pointOfChecks,
  pointOfPerson,
  targetIdentifier,
  type NoPoint,
  type Point,
  type Window,
} from './recovery-point.ts';
import { goReason, questionOf, type Terms } from './wording.ts';

/** A database that is to be restored, and what is known of it. */
export interface Candidate {
  readonly settings: DatabaseSettings;
  /** What the site uses now, and so what is damaged. */
  readonly source: DatabasePlace;
  readonly recovery: Recovery | null;
  /** How far its backups reach; a sentence when that cannot be said. */
  readonly window: Window | { readonly missing: string };
  /** Of copied backups. */
  readonly backupsArn?: string;
  readonly allocatedGiB: number | null;
  readonly restores: RestoreHistory;
  readonly assessed: DatabaseAssessment | null;
}

export interface Circumstances {
  readonly incident: Pick<IncidentRef, 'mode' | 'severity' | 'rpoSeconds' | 'deadline' | 'restore'>;
  readonly site: Site;
  readonly candidates: readonly Candidate[];
  /** All of the environment, for those that depend on what is restored. */
  readonly databases: readonly Pick<DatabaseSettings, 'name' | 'after'>[];
  readonly ask: 'always' | 'beyond-rpo';
  readonly approvalSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A database with the time to restore it to. */
export interface Placed {
  readonly candidate: Candidate;
  readonly point: Point;
  /** An earlier incident has begun it: its time stands. */
  readonly begun: Recovery | null;
}

/**
 * Which databases to restore, each to which time, in which order, and what that loses: go, ask a person, or stop.
 *
 * Nothing is guessed: a database without a time at which it was right, or whose backups do not reach that time,
 * stops all of them, because databases that belong together would come back from two times.
 *
 * What was begun already goes on without asking again: its gate has been passed, its writers have been stopped.
 *
 * @throws UnsafePlan when the database lives at the standby now, or another recovery of it is not over
 */
export function planRestore(circumstances: Circumstances): Output {
  const { candidates, site, approvalSeconds } = circumstances;
  candidates.forEach((candidate) => {
    refuseFork(candidate, site);
  });
  const nothing = { question: '', approvalSeconds, waves: [], swapped: [], expectedSeconds: 0 } as const;
  const found = candidates.map((candidate) => ({ candidate, ...place(candidate, circumstances) }));
  const placed = found.flatMap(({ candidate, point, begun }) =>
    isPoint(point) ? [{ candidate, point, begun }] : [],
  );
  const together =
    placed.length === found.length ? inOneTime(placed) : { placed: [], problems: [] as readonly NoPoint[] };
  const problems = [...found.flatMap(({ point }) => (isPoint(point) ? [] : [point])), ...together.problems];
  if (problems.length > 0) {
    return {
      ...nothing,
      decision: 'stop',
      reason: `it cannot be said what to restore to: ${unique(problems.map(({ problem }) => problem)).join('; ')}`,
      nextSteps: unique(problems.map(({ nextStep }) => nextStep)),
    };
  }
  if (together.placed.length === 0) {
    return {
      ...nothing,
      decision: 'stop',
      reason: 'there is no database to restore',
      nextSteps: ['Say which: start incident again with {"scenario":"data-corruption","databases":["…"]}.'],
    };
  }
  return decide(together.placed, circumstances);
}

function decide(placed: readonly Placed[], circumstances: Circumstances): Output {
  const { incident, site, ask, approvalSeconds, now } = circumstances;
  const planned = placed.map((each) => ({ ...each, plan: toPlan(each, circumstances) }));
  const isSwapped = ({ begun }: Placed) => begun !== null && hasReached(begun, 'swapped');
  const left = planned.filter((each) => !isSwapped(each));
  const waves = wavesOf(
    left.map(({ candidate: { settings }, plan }) => ({ name: settings.name, after: settings.after, plan })),
  ).map((wave) => wave.map(({ plan }) => plan));
  const seconds = waves.reduce((sum, wave) => sum + Math.max(...wave.map((plan) => plan.expectedSeconds)), 0);
  const terms: Terms = { ...circumstances, expectedSeconds: seconds, late: isLate(incident, now, seconds) };
  const swapped = planned.filter(isSwapped).map(({ plan }) => plan);
  const rest = { approvalSeconds, nextSteps: [], waves, swapped, expectedSeconds: seconds };
  const reason = goReason(waves.flat(), swapped, terms);

  const fresh = left.filter(({ begun }) => begun === null).map(({ plan }) => plan);
  const beyond = fresh.filter(({ lossSeconds }) => lossSeconds > incident.rpoSeconds);
  // A promotion has asked already, and says what its restore loses.
  const asks = site === 'primary' && (beyond.length > 0 || (ask === 'always' && fresh.length > 0));
  if (!asks) return { ...rest, decision: 'go', reason: inMode(incident, reason), question: '' };
  const why =
    beyond.length > 0
      ? beyond
          .map(
            ({ database, lossSeconds }) =>
              `${database} would lose ${lossSeconds} s of writes, the RPO is ${incident.rpoSeconds} s`,
          )
          .join('; ')
      : `the environment wants a person's word for ${incident.severity}`;
  if (incident.mode === 'plan') {
    return {
      ...rest,
      decision: 'go',
      reason: `plan: a live run would ask a person: ${why}; ${reason}`,
      question: '',
    };
  }
  return {
    ...rest,
    decision: 'ask',
    reason: `a person must say whether to restore: ${why}; ${reason}`,
    question: questionOf(fresh, why, terms),
  };
}

function inMode({ mode }: Circumstances['incident'], reason: string): string {
  return mode === 'plan' ? `plan: a live run would go on: ${reason}` : reason;
}

function isLate({ deadline }: Circumstances['incident'], now: number, seconds: number): boolean {
  return now + seconds * 1_000 > Date.parse(deadline);
}

/** What the primary's backups hold is not what the users have written since at the standby. */
function refuseFork({ settings, recovery }: Candidate, site: Site): void {
  if (!recovery || recovery.phase === 'abandoned') return;
  const moved = recovery.kind === 'promotion' || recovery.site === 'standby';
  if (moved === (site === 'standby')) return;
  if (!isOver(recovery)) throw new UnsafePlan(describeUnfinished(recovery));
  if (!moved) return;
  throw new UnsafePlan(
    `${settings.name} lives at the standby (${recovery.target.identifier}) since ${recovery.updatedAt}, by ` +
      `${recovery.incidents[0] ?? 'an incident'}: a restore of the primary's copy would leave two databases, each ` +
      'with writes that the other has not. Restore the one at the standby by hand, or fail back first.',
  );
}

function place(
  candidate: Candidate,
  { incident, site, now }: Circumstances,
): { readonly point: Point | NoPoint; readonly begun: Recovery | null } {
  const { settings, recovery, window, assessed } = candidate;
  const recoverTo = site === 'primary' ? incident.restore?.recoverTo : undefined;
  const begun = recovery?.kind === 'restore' && recovery.site === site && !isOver(recovery) ? recovery : null;
  if (begun) return { point: pointOfBegun(begun, recoverTo), begun };
  if ('missing' in window) {
    return {
      point: {
        problem: window.missing,
        nextStep: `Find a snapshot or a kept backup of ${settings.name}, and restore it by hand.`,
      },
      begun,
    };
  }
  if (site === 'standby') {
    const at = Math.floor(window.to / 1_000) * 1_000;
    return { point: { at, foundBy: 'the newest of the copied backups' }, begun };
  }
  const point =
    recoverTo === undefined
      ? pointOfChecks(settings.name, assessed, window)
      : pointOfPerson(settings.name, recoverTo, window, now);
  return { point, begun };
}

/** A restore that has begun keeps its time: half of its databases may be back from it. */
function pointOfBegun(begun: Recovery, recoverTo: string | undefined): Point | NoPoint {
  const at = Date.parse(begun.recoveryPoint ?? '');
  const wanted = recoverTo === undefined ? at : (parseTime(recoverTo) ?? NaN);
  if (Math.floor(wanted / 1_000) !== Math.floor(at / 1_000)) {
    return {
      problem: `recoverTo: got ${recoverTo ?? 'none'}, but ${describeUnfinished(begun)}`,
      nextStep: `Finish or abandon the restore of ${begun.database} to ${begun.recoveryPoint ?? 'an unknown time'} first.`,
    };
  }
  return { at, foundBy: `begun by ${begun.incidents[0] ?? 'an earlier incident'}` };
}

function toPlan({ candidate, point, begun }: Placed, { site, now }: Circumstances): RestorePlan {
  const { settings, source, backupsArn, restores, allocatedGiB } = candidate;
  return {
    database: settings.name,
    site,
    source: begun?.source ?? source,
    ...(backupsArn === undefined ? {} : { backupsArn }),
    target: begun?.target ?? {
      region: settings[site].region,
      identifier: targetIdentifier(source.identifier, point.at),
    },
    recoveryPoint: inSeconds(point.at),
    foundBy: point.foundBy,
    lossSeconds: Math.max(0, Math.round((now - point.at) / 1_000)),
    expectedSeconds: expectedSeconds(restores, allocatedGiB, settings.expectedSeconds),
    budgetSeconds: settings.budgetSeconds,
    resumed: begun !== null,
    ...(begun?.phase === 'swapping' && begun.endpoint ? { endpoint: begun.endpoint } : {}),
  };
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
