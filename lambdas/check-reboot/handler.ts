import { describeFailure } from '../aws/api-failure.ts';
import { queryDatabase } from '../aws/database-query.ts';
import { whereaboutsOf } from '../aws/database-whereabouts.ts';
import { describeDatabase } from '../aws/rds.ts';
import type { QueryAnswer, RemoteFunction } from '../database/contract.ts';
import { preImageOf } from '../database/earlier-try.ts';
import { currentPlace } from '../database/recovery-state.ts';
import { readRecovery } from '../database/recovery.ts';
import type { Whereabouts } from '../database/whereabouts.ts';
import { InvalidInput, TryAgain } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { worthRecording } from '../incident/waiting.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { judgeRestart } from './decide.ts';

/** One look at whether a restarted database is back; the state machine waits in between. */
export async function handler({ incident, database: name, site, attempt }: Input): Promise<Output> {
  const { ledgerBucket, databases, query } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const database = databases.find((each) => each.name === name);
  if (!database) throw new InvalidInput(`the environment has no database ${name}`);
  const place = currentPlace(database, site, await readRecovery(ledger, name));
  const [described, before, answer] = await Promise.all([
    describeDatabase(database.kind, place),
    preImageOf(ledger, incident, 'reboot-database', name),
    ask(query[site], name),
  ]);
  const output = judgeRestart(
    {
      database: name,
      status: described?.status ?? null,
      where: described ? await whereaboutsOf(database.kind, place, described) : null,
      before: before as Whereabouts | null,
      answer,
    },
    incident.mode,
  );
  if (worthRecording(attempt, output.ready)) {
    const event = `look ${attempt}: ${output.summary}`;
    await recordChecks(ledger, incident, 'check-reboot', event, output.checks);
  }
  return output;
}

/** The next look asks again: a function that cannot be asked is no reason to stop. */
async function ask(
  query: RemoteFunction,
  database: string,
): Promise<Pick<QueryAnswer, 'reachable' | 'evidence' | 'state'>> {
  try {
    return await queryDatabase(query, { database, ask: ['state'] });
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    return { reachable: false, evidence: describeFailure(error) };
  }
}
