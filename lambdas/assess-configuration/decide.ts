import type { ConfigurationRecovery } from '../configuration/contract.ts';
import type { RestoreRequest, Site } from '../incident/contract.ts';
import { duration, moment } from '../incident/time-words.ts';
import type { ServiceWatch } from '../watch-service/contract.ts';

/** What is known when it is decided what to restore to. Times are ISO 8601, UTC. */
export interface Known {
  readonly now: string;
  /** A plan is made in good times, too: it shows what a restore to the last good time would do. */
  readonly planning: boolean;
  readonly site: Site;
  readonly request: RestoreRequest | undefined;
  /** When the snapshot that the request names was taken; null when there is no such snapshot. */
  readonly snapshotAt: string | null;
  /** Names of the newest snapshots, for who asked for one that does not exist. */
  readonly snapshots: readonly string[];
  /** Of the active site; null when the service has never been watched. */
  readonly watch: ServiceWatch | null;
  /** Of the active site; null when none was ever begun. */
  readonly recovery: ConfigurationRecovery | null;
}

export type Verdict =
  | {
      readonly verdict: 'damaged';
      readonly reason: string;
      readonly recoveryPoint: string;
      readonly lossSeconds: number | null;
      /** Go on with the recovery that was begun, by its own plan. */
      readonly resume: boolean;
    }
  | {
      readonly verdict: 'sound' | 'unknown' | 'stop';
      readonly reason: string;
      readonly nextSteps: readonly string[];
    };

/** A look at the service that is older says nothing about now, milliseconds: the watch runs each minute. */
const fresh = 5 * 60_000;
/** An unfinished restore that is older is a matter for a person: its failure may be another. Milliseconds. */
const resumable = 24 * 3_600_000;

const byTime = '{"scenario":"configuration-loss","recoverTo":"2026-11-23T10:00:00Z"}';

/**
 * What to restore the configuration to.
 *
 * A person's time or snapshot is taken as it is. Otherwise it is the last time at which the tests of the configuration
 * passed, and only while they fail. A restore that was begun for this failure is gone on with, to its own point: a
 * second point would mix two states.
 */
export function decide(known: Known): Verdict {
  const { request, recovery, watch, now } = known;
  const failingSince = watch?.failingSince.configuration ?? null;
  const asked = askedFor(known);
  if (asked && 'verdict' in asked) return asked;
  if (recovery && recovery.phase !== 'done' && goesOn(recovery, asked?.point, failingSince, now)) {
    return {
      verdict: 'damaged',
      reason:
        `the restore to ${moment(recovery.recoveryPoint)} that ${recovery.id} began is not finished, ` +
        `and is gone on with`,
      recoveryPoint: recovery.recoveryPoint,
      lossSeconds: secondsBetween(recovery.recoveryPoint, failingSince ?? recovery.begunAt),
      resume: true,
    };
  }
  if (asked) {
    return {
      verdict: 'damaged',
      reason: `a person gave ${asked.words}`,
      recoveryPoint: asked.point,
      lossSeconds: secondsBetween(asked.point, failingSince ?? now),
      resume: false,
    };
  }
  if (!watch) return never('nothing has watched the service yet');
  const age = Date.parse(now) - Date.parse(watch.at);
  if (watch.site !== known.site || age > fresh) {
    return {
      verdict: 'unknown',
      reason: `the service was last tested ${duration(age / 1_000)} ago, at the ${watch.site}`,
      nextSteps: unwatched,
    };
  }
  if (failingSince === null) {
    const good = watch.lastGood.configuration;
    if (good === null) return never('no test of the configuration has ever run');
    return known.planning
      ? {
          verdict: 'damaged',
          reason: `the tests of the configuration passed at ${moment(good)}, so this is only a plan`,
          recoveryPoint: good,
          lossSeconds: 0,
          resume: false,
        }
      : {
          verdict: 'sound',
          reason: `the tests of the configuration passed at ${moment(good)}`,
          nextSteps: [
            'Look at the configuration yourself: the tests see only what they ask for.',
            `If it is wrong all the same, say when it was right: start incident again with ${byTime}.`,
          ],
        };
  }
  const lastGood = watch.lastGood.configuration;
  if (lastGood === null) return never('no test of the configuration has ever passed');
  return {
    verdict: 'damaged',
    reason: `the tests of the configuration fail since ${moment(failingSince)}, and passed last at ${moment(lastGood)}`,
    recoveryPoint: lastGood,
    lossSeconds: secondsBetween(lastGood, failingSince),
    resume: false,
  };

  function never(why: string): Verdict {
    return {
      verdict: 'stop',
      reason: `it is not known when the configuration was right: ${why}`,
      nextSteps: [
        `Find out when it was right, and start incident again with ${byTime}.`,
        ...(request
          ? []
          : ['Or with the name of a snapshot: {"scenario":"configuration-loss","snapshot":"…"}.']),
      ],
    };
  }
}

const unwatched = [
  'Look at the log of watch-service: it runs each minute, and has not.',
  `If the configuration is wrong, say when it was right: start incident again with ${byTime}.`,
] as const;

function askedFor({
  request,
  snapshotAt,
  snapshots,
}: Known): { readonly point: string; readonly words: string } | Verdict | undefined {
  if (request?.snapshot !== undefined) {
    if (snapshotAt !== null) return { point: snapshotAt, words: `the snapshot ${request.snapshot}` };
    return {
      verdict: 'stop',
      reason: `snapshot: there is none called ${request.snapshot}`,
      nextSteps: [
        snapshots.length === 0
          ? 'There are no snapshots yet. Give a time instead.'
          : `There are ${snapshots.join(', ')}.`,
        `Start incident again with one of them, or with a time: ${byTime}.`,
      ],
    };
  }
  return request?.recoverTo === undefined
    ? undefined
    : { point: request.recoverTo, words: `the time ${moment(request.recoverTo)}` };
}

/** Whether what was begun is about this failure, and nobody wants something else. */
function goesOn(
  { recoveryPoint, begunAt }: ConfigurationRecovery,
  asked: string | undefined,
  failingSince: string | null,
  now: string,
): boolean {
  if (asked !== undefined) return Date.parse(asked) === Date.parse(recoveryPoint);
  if (Date.parse(now) - Date.parse(begunAt) > resumable) return false;
  return failingSince === null || Date.parse(failingSince) <= Date.parse(begunAt);
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1_000));
}
