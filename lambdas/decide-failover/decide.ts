import type { Assessment } from '../assess-primary/contract.ts';
import type { Fitness } from '../check-standby/contract.ts';
import type { Check, Mode, Site } from '../incident/contract.ts';
import type { Output } from './contract.ts';

export interface Circumstances {
  readonly assessment: Assessment;
  readonly standby: Fitness;
  /** As the incident keeps it: `alarm ...`, `a person: ...`. */
  readonly startedBy: string;
  /** ISO 8601; null when the environment has never recovered. */
  readonly lastRecoveryAt: string | null;
  readonly cooldownSeconds: number;
  /** Where the switch on the ledger stands. */
  readonly trafficOn: Site;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly mode: Mode;
}

interface Condition extends Check {
  readonly ifNot: { readonly reason: string; readonly nextSteps: readonly string[] };
}

/**
 * Go or stop: all conditions together, none outweighs another, and what is unknown stops.
 *
 * Traffic that is already on the standby is no reason to stop: the steps will find it there, and a recovery
 * that broke off half way is finished that way.
 *
 * A plan goes on whatever the primary does, because it is made in good times, too: that a live run would stop
 * is then said, not done. Only an unfit standby ends it, since nothing after this could be planned for.
 */
export function decideFailover(circumstances: Circumstances): Output {
  const conditions = [
    primaryDown(circumstances.assessment),
    standbyFit(circumstances.standby),
    noRecentRecovery(circumstances),
  ];
  const checks = [...conditions.map(asCheck), traffic(circumstances.trafficOn)];
  const failing = conditions.filter(({ held }) => held !== true);
  const stopping = circumstances.mode === 'plan' ? failing.filter(({ name }) => name === fitness) : failing;
  if (failing.length > 0 && stopping.length === 0) {
    const reasons = failing.map(({ ifNot }) => ifNot.reason).join('; ');
    return { decision: 'go', reason: `plan: a live run would stop here: ${reasons}`, checks, nextSteps: [] };
  }
  const [first] = stopping;
  if (!first) {
    return {
      decision: 'go',
      reason: `${circumstances.assessment.reason}; ${circumstances.standby.reason}`,
      checks,
      nextSteps: [],
    };
  }
  return {
    decision: 'stop',
    reason: failing.map(({ ifNot }) => ifNot.reason).join('; '),
    checks,
    nextSteps: failing.flatMap(({ ifNot }) => ifNot.nextSteps),
  };
}

function asCheck({ name, held, evidence }: Condition): Check {
  return { name, held, evidence };
}

function primaryDown({ verdict, reason }: Assessment): Condition {
  return {
    name: 'go/primary-down',
    held: verdict === 'unknown' ? 'unknown' : verdict === 'down',
    evidence: reason,
    ifNot:
      verdict === 'up'
        ? {
            reason: `the primary is not down: ${reason}`,
            nextSteps: [
              'Look at the primary yourself: one vantage point still finds it well.',
              'If its users cannot reach it all the same, start incident again once every vantage point agrees.',
            ],
          }
        : {
            reason: `it is not certain that the primary is down: ${reason}`,
            nextSteps: [
              'Find out whether the primary serves its users: ask its endpoint and the health name yourself.',
              'If it is down, start incident again: it asks every vantage point anew.',
            ],
          },
  };
}

const fitness = 'go/standby-fit';

function standbyFit({ fit, reason }: Fitness): Condition {
  return {
    name: fitness,
    held: fit,
    evidence: reason,
    ifNot: {
      reason: `the standby is not fit: ${reason}`,
      nextSteps: [
        `Mend the standby first: ${reason}.`,
        'Then start incident again. Do not move the traffic by hand before the standby serves.',
      ],
    },
  };
}

/** A person may start a recovery at any time: the cooldown is there to stop alarms that flap. */
function noRecentRecovery(circumstances: Circumstances): Condition {
  const { lastRecoveryAt, cooldownSeconds, startedBy, now } = circumstances;
  const name = 'go/no-recent-recovery';
  const ago = lastRecoveryAt === null ? Infinity : Math.floor((now - Date.parse(lastRecoveryAt)) / 1_000);
  const evidence =
    lastRecoveryAt === null
      ? 'there has been no recovery'
      : `the last recovery was at ${lastRecoveryAt}, ${ago} s ago; the cooldown is ${cooldownSeconds} s`;
  const byPerson = startedBy.startsWith('a person');
  // A time that does not parse gives NaN, which is no reason to go.
  const held = byPerson || ago >= cooldownSeconds;
  return {
    name,
    held,
    evidence: byPerson && !(ago >= cooldownSeconds) ? `${evidence}, which ${startedBy} overrules` : evidence,
    ifNot: {
      reason: `there was a recovery lately: ${evidence}`,
      nextSteps: [
        'Find out why a second failure follows so soon on a recovery; the alarms may be flapping.',
        'If the failover should go on, start incident by hand: a person is not bound by the cooldown.',
      ],
    },
  };
}

function traffic(site: Site): Check {
  return {
    name: 'go/traffic',
    held: true,
    evidence:
      site === 'primary'
        ? 'the traffic is on the primary'
        : 'the traffic is on the standby already; steps that are done will be found done',
  };
}
