import { duration } from '../incident/time-words.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';
import type { Sources } from './request.ts';

/** RDS ships the log every five minutes (aws-facts §4.1); one that takes six times as long is stuck. Seconds. */
const shippedWithin = 1_800;

/**
 * Whether the backups reach the recovery point, or will.
 *
 * @param latest ISO 8601; null when they reach no time yet
 * @param now milliseconds since the epoch
 */
export function judgeLog(
  { database, recoveryPoint }: Pick<RestorePlan, 'database' | 'recoveryPoint'>,
  latest: string | null,
  now: number,
): { readonly state: 'shipped' | 'waiting' | 'stuck'; readonly summary: string } {
  const reach = `the backups of ${database} reach ${latest ?? 'no time yet'}`;
  const point = Date.parse(recoveryPoint);
  if (latest !== null && point <= Date.parse(latest)) return { state: 'shipped', summary: reach };
  if (now - point <= shippedWithin * 1_000) {
    return { state: 'waiting', summary: `waits for the log up to ${recoveryPoint}: ${reach}` };
  }
  return {
    state: 'stuck',
    summary:
      `the log up to ${recoveryPoint} is not in the backups after ${duration(shippedWithin)}: ${reach}. Nothing was ` +
      'changed. Start incident again with a recoverTo that they reach',
  };
}

/** What was begun, with which settings, and which of them the copy does not get from here. */
export function summarise(
  plan: RestorePlan,
  { source, standby }: Sources,
  leftOut: readonly string[],
): string {
  const { database, target, recoveryPoint } = plan;
  const parts = [
    `${database}: restoring ${plan.source.identifier} to ${recoveryPoint} into ${target.identifier} in ${target.region}`,
    source ? `set up ${source.told}` : 'set up by the defaults of RDS, because no settings of it were kept',
    ...(standby ? [`networks and groups ${standby.told}`] : []),
    ...(leftOut.length > 0
      ? [`left to the defaults, because nothing is known of them in ${target.region}: ${leftOut.join(', ')}`]
      : []),
  ];
  return parts.join('; ');
}
