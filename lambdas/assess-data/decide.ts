import type { CheckHistory, QueryAnswer, Recovery } from '../database/contract.ts';
import type { Check } from '../incident/contract.ts';
import type { DatabaseAssessment, Output } from './contract.ts';

/** What was seen of one database. */
export interface Sight {
  readonly database: string;
  /** RDS's own word; null when it did not answer. */
  readonly rds: { readonly status: string | null; readonly evidence: string };
  readonly answer: QueryAnswer;
  readonly history: CheckHistory;
  /** A restore that an earlier incident began and nobody has finished. */
  readonly unfinished: Recovery | null;
}

/**
 * Whether data are damaged, database by database.
 *
 * Damage is a consistency query that does not hold, or a database that RDS has lost. What could not be asked is
 * unknown, never sound: a restore throws writes away, and so does leaving it undone. A restore that has begun
 * counts as damage whatever its database says now, because its incident ended before its users were back.
 */
export function assess(sights: readonly Sight[]): Output {
  const databases = sights.map(assessOne);
  const damaged = databases.filter(({ verdict }) => verdict === 'damaged');
  const unknown = databases.filter(({ verdict }) => verdict === 'unknown');
  const checks = databases.map(asCheck);
  if (damaged.length > 0)
    return { verdict: 'damaged', reason: reasonOf([...damaged, ...unknown]), databases, checks };
  if (unknown.length > 0) return { verdict: 'unknown', reason: reasonOf(unknown), databases, checks };
  const reason = databases.length === 0 ? 'there is no database to assess' : reasonOf(databases);
  return { verdict: 'sound', reason, databases, checks };
}

function assessOne({ database, rds, answer, history, unfinished }: Sight): DatabaseAssessment {
  const consistency = (answer.reachable ? answer.consistency : undefined) ?? [];
  const seen = {
    database,
    status: rds.status,
    reachable: answer.reachable,
    consistency,
    ...goodAndBad(history),
  };
  const failing = consistency.filter(({ held }) => held === false);
  const unknown = consistency.filter(({ held }) => held === 'unknown');
  const say = (verdict: DatabaseAssessment['verdict'], evidence: string): DatabaseAssessment => ({
    ...seen,
    verdict,
    evidence: `${evidence} (${rds.evidence}${replication(answer)})`,
  });
  if (unfinished) {
    const to = unfinished.recoveryPoint ?? 'an unknown time';
    return say('damaged', `its restore to ${to} by ${unfinished.incidents[0] ?? 'an incident'} is not over`);
  }
  if (failing.length > 0) {
    return say(
      'damaged',
      failing.map(({ name, evidence }) => `${name} does not hold: ${evidence}`).join('; '),
    );
  }
  if (rds.status !== null && lostStatuses.has(rds.status)) return say('damaged', `it is ${rds.status}`);
  if (!answer.reachable) return say('unknown', `it cannot be asked: ${answer.evidence}`);
  if (answer.consistency === undefined) return say('unknown', 'its consistency queries were not answered');
  if (unknown.length > 0) {
    return say(
      'unknown',
      unknown.map(({ name, evidence }) => `${name} is not known: ${evidence}`).join('; '),
    );
  }
  if (consistency.length === 0)
    return say('unknown', 'it has no consistency query, so only a person can tell');
  return say('sound', `all ${consistency.length} consistency queries hold`);
}

/** From which RDS brings nothing back: `failed` means that only a restore helps. */
const lostStatuses: ReadonlySet<string> = new Set(['failed', 'not found']);

/**
 * The newest check that held, and the oldest failing one after it.
 *
 * @param history newest first
 */
export function goodAndBad({ results }: CheckHistory): {
  readonly lastGoodAt: string | null;
  readonly firstBadAt: string | null;
} {
  const index = results.findIndex(({ held }) => held === true);
  const after = index === -1 ? results : results.slice(0, index);
  return {
    lastGoodAt: results[index]?.at ?? null,
    firstBadAt: after.findLast(({ held }) => held === false)?.at ?? null,
  };
}

function replication({ state }: QueryAnswer): string {
  if (!state) return '';
  const { writable, replicas } = state;
  return `, ${writable ? 'writable' : 'read only'}, ${replicas ?? 'an unknown number of'} replicas follow it`;
}

function reasonOf(databases: readonly DatabaseAssessment[]): string {
  return databases
    .map(({ database, verdict, evidence }) => `${database} is ${verdict}: ${evidence}`)
    .join('; ');
}

function asCheck({ database, verdict, evidence, lastGoodAt, firstBadAt }: DatabaseAssessment): Check {
  const known = [
    ...(lastGoodAt === null ? [] : [`last held at ${lastGoodAt}`]),
    ...(firstBadAt === null ? [] : [`first failed at ${firstBadAt}`]),
  ];
  return {
    name: `data/${database}`,
    held: verdict === 'unknown' ? 'unknown' : verdict === 'sound',
    evidence: [evidence, ...known].join('; '),
  };
}
