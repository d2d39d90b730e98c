import type { IncidentRef, Scenario, Severity } from '../../incident/contract.ts';
import { duration, moment } from '../../incident/time-words.ts';

/** The words of notices. Pure. */

export const severityWords: Readonly<Record<Severity, string>> = {
  P0: 'critical, complete failure',
  P1: 'high, major function lost',
  P2: 'medium, reduced function',
  P3: 'low, minor',
};

interface ScenarioWords {
  readonly name: string;
  readonly affected: string;
  readonly issue: string;
  readonly impact: string;
  readonly plan: string;
  readonly restored: string;
  /** For customers, with `{name}` for the service's public name: what is wrong, and what they notice of it. */
  readonly subject: string;
  /** What lasts: `The interruption`. */
  readonly trouble: string;
  readonly interruption: string;
  readonly noticed: string;
  /** What is being done, what was done, how it was proven, and what is left for them. */
  readonly promise: string;
  readonly remedy: string;
  readonly proof: string;
  readonly afterwards: string;
  /** What was done and what is left to do, for those who answer for it: no names from inside. */
  readonly done: string;
  readonly followUp: string;
}

/** How the service was looked at, in a customer's words, with `{name}` for its public name. */
export const called = 'We called the service by its public name, {name}, as you do.';

export const scenarioWords: Readonly<Record<Scenario, ScenarioWords>> = {
  'site-failure': {
    name: 'site failure',
    affected: 'the primary site',
    issue: 'The primary site appears to be lost.',
    impact: 'may get errors or no answer until the traffic is on the standby site.',
    plan:
      'Confirm the failure from independent vantage points, check that the standby is fit, scale it up, ' +
      'move DNS to it, and verify the service as a user would.',
    restored: 'served by the standby site',
    subject: 'service interruption',
    trouble: 'The interruption',
    interruption: 'is interrupted.',
    noticed: 'Requests to {name} may fail or be slow.',
    promise: 'We are moving the service to our second site.',
    remedy: 'We have moved the service to our second site.',
    proof: called,
    afterwards: 'You need to do nothing. If an old connection still fails, close it and connect again.',
    done: 'The standby site was brought to its full strength, and the traffic was moved to it.',
    followUp:
      'The traffic stays on the standby site until the people on call move it back. They find out why the primary site failed.',
  },
  'data-corruption': {
    name: 'data corruption',
    affected: 'its databases',
    issue: 'Data of the application appear to be damaged.',
    impact:
      'may see wrong or missing data, and get errors while the databases are restored. What is written from now ' +
      'on may be lost.',
    plan:
      'Assess the damage, find the last point in time at which the data were right, stop the writers, restore ' +
      'beside the damaged databases, prove the copies by the consistency queries, put them in place, start the ' +
      'writers and verify the service as a user would. The damaged databases are kept.',
    restored: 'with its databases restored to a point in time before the damage',
    subject: 'problem with its data',
    trouble: 'The problem',
    interruption: 'has a problem with its data.',
    noticed: 'You may see wrong or missing data, and requests to {name} may fail while we restore them.',
    promise: 'We are restoring the data to a point in time before the problem began.',
    remedy:
      'We have restored the data to a point in time before the problem began. What was entered between that point ' +
      'and the restore may be missing: please look at your latest changes, and make them again where they are.',
    proof:
      'We checked the restored data before we put them in place, and called the service by its public name, ' +
      '{name}, as you do.',
    afterwards: 'If something is wrong or missing all the same, write to the contact below.',
    done: 'The data were restored to the last point in time at which they were right. The damaged data are kept.',
    followUp:
      'What was written after the point that was restored is lost to its users: the people on call know how much, and say whom to tell. They find out what damaged the data.',
  },
  'configuration-loss': {
    name: 'configuration loss',
    affected: 'its configuration',
    issue: 'The configuration of the application appears to be wrong or gone.',
    impact: 'may get errors until the configuration is restored.',
    plan: 'Keep a snapshot of what is there now, find the last point in time at which the configuration was right, plan what to bring back, to overwrite and to remove, apply it, verify it, restart what reads it and test the service from outside.',
    restored: 'with its configuration restored to a point in time at which it was right',
    subject: 'service problem',
    trouble: 'The problem',
    interruption: 'has a problem.',
    noticed: 'Requests to {name} may fail.',
    promise: 'We are restoring its configuration.',
    remedy: 'We have restored its configuration.',
    proof: called,
    afterwards: 'You need to do nothing.',
    done: 'The configuration was restored to the last point in time at which it was right, and what reads it was restarted.',
    followUp:
      'The people on call find out what wrote the bad configuration. Changes that were made after the point that was restored are made again by whom they belong to.',
  },
  'application-failure': {
    name: 'application failure',
    affected: 'its workloads',
    issue: 'Workloads of the application are unhealthy.',
    impact: 'may get errors until the workloads are healthy.',
    plan: 'Keep logs and events, restart the unhealthy workloads in their order, go back to the previous release where the newest one fails, and test the service from outside.',
    restored: 'with its workloads healthy',
    subject: 'service problem',
    trouble: 'The problem',
    interruption: 'has a problem.',
    noticed: 'Requests to {name} may fail or be slow.',
    promise: 'We are restarting the parts that fail.',
    remedy: 'We have restarted the parts that failed.',
    proof: called,
    afterwards: 'You need to do nothing. If an old connection still fails, close it and connect again.',
    done: 'The workloads that failed were restarted, or taken back to their previous release.',
    followUp:
      'The people on call find out why the workloads failed, before the newest release is deployed again.',
  },
  'hardware-failure': {
    name: 'hardware failure',
    affected: 'its nodes or databases',
    issue: 'Hardware that the application runs on has failed.',
    impact: 'may get errors, or slow answers, until the capacity is back.',
    plan: 'Replace unhealthy nodes, bring node groups back to their size, restart an unreachable database in another zone, and test the service from outside.',
    restored: 'on healthy hardware',
    subject: 'service problem',
    trouble: 'The problem',
    interruption: 'has a problem.',
    noticed: 'Requests to {name} may fail or be slow.',
    promise: 'We are replacing the hardware that failed.',
    remedy: 'We have replaced the hardware that failed.',
    proof: called,
    afterwards: 'You need to do nothing.',
    done: 'The hardware that failed was replaced.',
    followUp: 'The people on call find out why the hardware failed.',
  },
};

/** How the clock stands against the RTO. */
export function againstRto({ startedAt, deadline, rtoSeconds }: IncidentRef, now: number): string {
  const elapsed = duration((now - Date.parse(startedAt)) / 1_000);
  const left = (Date.parse(deadline) - now) / 1_000;
  if (left > 0) {
    return `${elapsed} of the ${duration(rtoSeconds)} RTO are over, ${duration(left)} are left (until ${moment(deadline)})`;
  }
  const missed = `${elapsed} are over: the RTO of ${duration(rtoSeconds)}`;
  return left > -1 ? `${missed} is missed` : `${missed} was missed ${duration(-left)} ago`;
}

/** When it should be over; once that time has passed, nobody knows. */
export function resolutionBy({ deadline, rtoSeconds, rpoSeconds }: IncidentRef, now: number): string {
  const promised = `RTO ${duration(rtoSeconds)}, RPO ${duration(rpoSeconds)}`;
  return now < Date.parse(deadline)
    ? `By ${moment(deadline)}: ${promised}.`
    : `Not known: it should have been by ${moment(deadline)} (${promised}).`;
}
