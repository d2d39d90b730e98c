import type { DescribedDatabase } from '../aws/rds.ts';
import type { DatabaseSettings, QueryAnswer } from '../database/contract.ts';
import { describeWhereabouts, hasMoved, type Whereabouts } from '../database/whereabouts.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';

/** What stood there before the restart was asked for. */
export interface Before extends Whereabouts {
  readonly database: string;
  readonly identifier: string;
  readonly region: string;
  readonly status: string;
  readonly at: string;
}

export interface Observations {
  readonly database: string;
  readonly kind: DatabaseSettings['kind'];
  readonly described: DescribedDatabase;
  readonly where: Whereabouts;
  /** Of an earlier try of this incident, which may have asked for the restart. */
  readonly earlier: Before | null;
  /** An earlier try has said that it did. */
  readonly told: boolean;
  /** Failovers that RDS tells of since the earlier try began. */
  readonly failovers: readonly string[];
  /** Null when it was not asked: then an earlier try has begun, and what it says now proves nothing. */
  readonly answer: QueryAnswer | null;
}

export interface Decision {
  readonly action: 'restart' | 'nothing' | 'done before';
  readonly reason: string;
}

/** While RDS restarts it. */
const restarting: ReadonlySet<string> = new Set(['rebooting', 'failing-over']);

/**
 * Whether the restart is still to be asked for: once per incident.
 *
 * An earlier try may have asked, and died before it heard the answer. That it did is seen in the status, in the zone,
 * in RDS's events; a call that arrived while RDS is at it is refused by RDS itself.
 *
 * @throws UnsafePlan when there is no other zone
 * @throws TryAgain while RDS does something else
 */
export function decideRestart(observed: Observations): Decision {
  const { database, described, where, earlier, told, failovers, answer } = observed;
  const { status } = described;
  if (told)
    return { action: 'nothing', reason: `${database} was restarted in another zone by this incident` };
  if (earlier) {
    const proof = restarting.has(status)
      ? `it is ${status}`
      : hasMoved(earlier, where)
        ? `it was ${describeWhereabouts(earlier)}, and is ${describeWhereabouts(where)}`
        : failovers.at(-1);
    if (proof !== undefined) {
      return { action: 'done before', reason: `restarted ${database} in another zone: ${proof}` };
    }
  }
  if (answer?.reachable === true) {
    return { action: 'nothing', reason: `${database} answers again (${answer.evidence}): it is left alone` };
  }
  if (answer && answer.silent !== true) {
    return {
      action: 'nothing',
      reason: `the machine of ${database} answers (${answer.evidence}): a restart is not what it needs`,
    };
  }
  if (!hasSecondZone(observed)) {
    throw new UnsafePlan(
      `${database} (${described.identifier}) has no copy in another zone any more, so it cannot fail over. Nothing ` +
        'was changed. Restart it by hand, which helps when its engine hangs; if it does not come back, restore it: ' +
        `start incident with {"scenario":"data-corruption","databases":["${database}"]}.`,
    );
  }
  if (status !== 'available') {
    throw new TryAgain(
      `${described.identifier} is ${status}: RDS restarts it in another zone only when it is available`,
    );
  }
  return {
    action: 'restart',
    reason: `${database} (${describeWhereabouts(where)}) in another zone${answer ? `: ${answer.evidence}` : ''}`,
  };
}

function hasSecondZone({ kind, described }: Pick<Observations, 'kind' | 'described'>): boolean {
  return kind === 'aurora' ? (described.members ?? []).length > 1 : described.raw['MultiAZ'] === true;
}
