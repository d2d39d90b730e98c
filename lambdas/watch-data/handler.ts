import { atMost } from '../aws/at-most.ts';
import { queryDatabase } from '../aws/database-query.ts';
import { publishConsistency } from '../aws/metric.ts';
import { keepCheck } from '../database/checks.ts';
import type { DatabaseSettings, QueryAnswer } from '../database/contract.ts';
import { readRecovery } from '../database/recovery.ts';
import { TryAgain } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Settings } from './contract.ts';
import { resultOf, turnOf } from './decide.ts';

const looks = atMost(8);

/**
 * Run the consistency queries of every database, keep what they found, and publish it for the alarm. What cannot be
 * told, because a region or a database does not answer, is kept as unknown and publishes nothing: the alarm stays as
 * it is, and keep-copies tells when that lasts.
 *
 * @throws Error at the end, when a database could not be looked at for a reason that does not pass by itself
 */
export async function handler(): Promise<void> {
  const given = settings<Settings>();
  const ledger = openLedger(given.ledgerBucket);
  const outcomes = await Promise.allSettled(
    given.databases.map((database) => looks(() => look(given, ledger, database))),
  );
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [`${given.databases[index]?.name ?? ''}: ${String(outcome.reason)}`] : [],
  );
  if (failures.length > 0) throw new Error(`not looked at: ${failures.join('; ')}`);
}

async function look(given: Settings, ledger: Ledger, { name }: DatabaseSettings): Promise<void> {
  const turn = turnOf(await readRecovery(ledger, name));
  if ('skip' in turn) {
    log('watch-data', { database: name, skipped: turn.skip });
    return;
  }
  const answer = await ask(given.query[turn.ask], name);
  if (answer.reachable && answer.consistency?.length === 0) return;
  const result = resultOf(answer);
  log('watch-data', { database: name, site: turn.ask, held: result.held, failing: result.failing });
  await keepCheck(ledger, name, result);
  if (result.held !== 'unknown') {
    await publishConsistency(given.region, given.environment, name, result.held);
  }
}

async function ask(at: Settings['query']['primary'], database: string): Promise<QueryAnswer> {
  try {
    return await queryDatabase(at, { database, ask: ['consistency'] });
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    return { reachable: false, evidence: error.message, at: new Date().toISOString() };
  }
}
