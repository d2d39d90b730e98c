import { describeFailure } from '../aws/api-failure.ts';
import { atMost } from '../aws/at-most.ts';
import { queryDatabase } from '../aws/database-query.ts';
import { describeDatabase } from '../aws/rds.ts';
import { readChecks } from '../database/checks.ts';
import type { DatabasePlace, DatabaseSettings, QueryAnswer } from '../database/contract.ts';
import { currentPlace, isOver } from '../database/recovery-state.ts';
import { readRecovery } from '../database/recovery.ts';
import { selectByName } from '../database/select.ts';
import { TryAgain } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { assess, type Sight } from './decide.ts';

const rdsCalls = atMost(10);

/** Look at every database that the incident is about, all at the same time, and change nothing. */
export async function handler({ incident }: Input): Promise<Output> {
  const { ledgerBucket, databases, query } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const wanted = selectByName(databases, incident.restore?.databases);
  const output = assess(await Promise.all(wanted.map((database) => look(ledger, database, query))));
  await recordChecks(ledger, incident, 'assess-data', `${output.verdict}: ${output.reason}`, output.checks, {
    confirmed: output.verdict === 'damaged',
  });
  return output;
}

async function look(ledger: Ledger, database: DatabaseSettings, query: Settings['query']): Promise<Sight> {
  const { name } = database;
  const [recovery, answer, history] = await Promise.all([
    readRecovery(ledger, name),
    ask(query, name),
    readChecks(ledger, name),
  ]);
  const rds = await statusOf(database, currentPlace(database, 'primary', recovery));
  const begun = recovery?.kind === 'restore' && recovery.site === 'primary' && !isOver(recovery);
  return { database: name, rds, answer, history, unfinished: begun ? recovery : null };
}

/** A function that does not answer tells nothing about the database. */
async function ask(query: Settings['query'], database: string): Promise<QueryAnswer> {
  try {
    return await queryDatabase(query, { database, ask: ['consistency', 'state'] });
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    return { reachable: false, evidence: describeFailure(error), at: new Date().toISOString() };
  }
}

async function statusOf(
  { kind }: DatabaseSettings,
  place: DatabasePlace,
): Promise<{ readonly status: string | null; readonly evidence: string }> {
  try {
    const described = await rdsCalls(() => describeDatabase(kind, place));
    const status = described?.status ?? 'not found';
    return { status, evidence: `${place.identifier} is ${status}` };
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    return {
      status: null,
      evidence: `RDS did not answer about ${place.identifier}: ${describeFailure(error)}`,
    };
  }
}
