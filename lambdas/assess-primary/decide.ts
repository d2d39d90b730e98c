import { checkersView, type Answer } from '../aws/answer.ts';
import type { Check } from '../incident/contract.ts';
import type { Assessment } from './contract.ts';

/** The standby's own probe of the primary over the last half hour, one sample a minute at most. */
export type History =
  | { readonly known: true; readonly samples: readonly Sample[] }
  | { readonly known: false; readonly why: string };

interface Sample {
  /** Start of the minute, milliseconds since the epoch. */
  readonly minute: number;
  readonly reachable: boolean;
}

export interface Observations {
  /** The endpoint asked directly, just now. */
  readonly probe: { readonly ok: boolean; readonly evidence: string };
  readonly healthName: string;
  readonly checkers: readonly Answer[];
  readonly history: History;
  readonly confirmSeconds: number;
  /** Started by a person, who knows for how long it has been failing when the history does not. */
  readonly byPerson: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const minute = 60_000;

/**
 * Whether the primary is down, from vantage points that do not depend on each other.
 *
 * Down only when the standby's own probe fails now, Route 53's checkers agree, and the probe's history shows
 * that it has been failing for as long as confirms it. A history that is not known confirms nothing, except to
 * a person who has looked and started the recovery; one that says it was well a moment ago stops a person too.
 * An answer to the standby itself is enough for "up": a failover from a living primary costs more than a late
 * one. Everything else is "unknown", and worth asking again: the checkers need half a minute to change their
 * minds, so right after a failure they still find it well.
 */
export function assess(observed: Observations): Assessment {
  const { probe } = observed;
  const checkers = checkersView(observed.healthName, observed.checkers);
  const history = readHistory(observed.history, observed.confirmSeconds, observed.now);
  const checks: Check[] = [
    { name: 'primary-down/standby-probe', held: !probe.ok, evidence: probe.evidence },
    {
      name: 'primary-down/route53-checkers',
      held: checkers.health === 'unknown' ? 'unknown' : checkers.health === 'unhealthy',
      evidence: checkers.evidence,
    },
    { name: 'primary-down/probe-history', held: history.failing, evidence: history.evidence },
  ];
  return { ...verdict(observed, checkers, history), checks, lastGoodAt: history.lastGoodAt };
}

function verdict(
  { probe, byPerson }: Pick<Observations, 'probe' | 'byPerson'>,
  checkers: { readonly health: string; readonly evidence: string },
  history: HistoryView,
): Pick<Assessment, 'verdict' | 'reason'> {
  if (probe.ok) return { verdict: 'up', reason: `the primary answers the standby: ${probe.evidence}` };
  if (checkers.health === 'healthy') {
    return {
      verdict: 'unknown',
      reason: `the primary does not answer the standby, but Route 53's checkers find it well: ${checkers.evidence}`,
    };
  }
  if (checkers.health === 'unknown') {
    return {
      verdict: 'unknown',
      reason: `the primary does not answer the standby, but Route 53's checkers cannot be heard: ${checkers.evidence}`,
    };
  }
  if (history.failing === false || (history.failing === 'unknown' && !byPerson)) {
    return { verdict: 'unknown', reason: `not yet confirmed: ${history.evidence}` };
  }
  return {
    verdict: 'down',
    reason: `neither the standby's probe nor Route 53's checkers reach the primary; ${history.evidence}`,
  };
}

interface HistoryView {
  readonly failing: boolean | 'unknown';
  readonly evidence: string;
  readonly lastGoodAt: string | null;
}

/**
 * How long the primary has been failing, as the probe of each minute saw it.
 *
 * A minute that was good says that the probe succeeded at some moment of it. So a last good minute T means
 * that it has failed since T + 60 s at the latest, and confirmed is what has lasted `confirmSeconds` from
 * there; likewise from the end of the first bad minute, when no good one is known. Without a bad sample after
 * the last good one the probe has merely been silent: that is unknown.
 */
function readHistory(history: History, confirmSeconds: number, now: number): HistoryView {
  if (!history.known) {
    return {
      failing: 'unknown',
      evidence: `the probe's history is unknown: ${history.why}`,
      lastGoodAt: null,
    };
  }
  const samples = history.samples.toSorted((one, other) => one.minute - other.minute);
  const lastGood = samples.findLast(({ reachable }) => reachable);
  const bad = samples.filter(
    (sample) => !sample.reachable && sample.minute > (lastGood?.minute ?? -Infinity),
  );
  const lastGoodAt = lastGood ? new Date(lastGood.minute).toISOString() : null;
  const known = lastGood ?? bad[0];
  if (!known) return { failing: 'unknown', evidence: 'the probe has no history', lastGoodAt };
  const sinceSeconds = Math.max(0, Math.floor((now - known.minute - minute) / 1_000));
  const last = lastGood
    ? `the probe last found it well in the minute of ${clockTime(lastGood.minute)}`
    : `${bad.length} probes in a row failed, and none before is known`;
  if (sinceSeconds < confirmSeconds) {
    return {
      failing: false,
      evidence: `${last}, so it has been failing for ${sinceSeconds} s of the ${confirmSeconds} s that confirm it`,
      lastGoodAt,
    };
  }
  if (bad.length === 0) {
    return { failing: 'unknown', evidence: `${last} and has said nothing since`, lastGoodAt };
  }
  return { failing: true, evidence: `${last}, ${sinceSeconds} s ago or more`, lastGoodAt };
}

function clockTime(time: number): string {
  return `${new Date(time).toISOString().slice(11, 16)} UTC`;
}
