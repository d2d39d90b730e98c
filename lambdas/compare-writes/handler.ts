import { isDeepStrictEqual } from 'node:util';
import { describeFailure } from '../aws/api-failure.ts';
import { queryDatabase } from '../aws/database-query.ts';
import { describeDatabase } from '../aws/rds.ts';
import type { DatabaseSettings, QueryAnswer, Recovery } from '../database/contract.ts';
import { readRecovery } from '../database/recovery.ts';
import { selectByName } from '../database/select.ts';
import { change, openLedger, type Ledger } from '../incident/ledger.ts';
import { note } from '../incident/record.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { compareWrites, type Pair } from './decide.ts';

/**
 * Keep what was lost as `lost-writes/<incident>.json`: for those who must type it in again, and for the report.
 * Reads only; a damaged database that cannot be reached is said to be so.
 */
export async function handler({ incident, plans }: Input): Promise<Output> {
  const { ledgerBucket, databases, query } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const output = compareWrites(
    await Promise.all(
      plans.map(async (plan) => {
        const [database] = selectByName(databases, [plan.database]);
        if (!database) throw new Error(`the environment has no database ${plan.database}`);
        return bothSides(ledger, database, plan, query);
      }),
    ),
  );
  if (incident.mode === 'plan') return output;
  await change<Output>(ledger, `lost-writes/${incident.id}.json`, (current) =>
    isDeepStrictEqual(current, output) ? undefined : output,
  );
  await note(ledger, incident, { actor: 'compare-writes', event: output.summary });
  return output;
}

async function bothSides(
  ledger: Ledger,
  database: DatabaseSettings,
  plan: RestorePlan,
  query: Settings['query'],
): Promise<Pair> {
  const recovery = await readRecovery(ledger, plan.database);
  const ask = async (find: () => Promise<Address | undefined>): Promise<QueryAnswer> => {
    const address = await find();
    if (!address) return unreachable('it is not known where it answers');
    return queryDatabase(query, {
      database: plan.database,
      host: address.host,
      port: address.port,
      ask: ['writes'],
      since: plan.recoveryPoint,
    });
  };
  const [damaged, restored] = await Promise.all([
    ask(() => addressOfDamaged(database, plan, recovery)),
    ask(() => Promise.resolve(recovery?.endpoint)),
  ]);
  return { database: plan.database, recoveryPoint: plan.recoveryPoint, damaged, restored };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where it was renamed to, or else where it has always been: the users are sent elsewhere, not the database. */
async function addressOfDamaged(
  { kind, identity }: DatabaseSettings,
  { source }: RestorePlan,
  recovery: Recovery | null,
): Promise<Address | undefined> {
  if (recovery?.keptAs) return recovery.keptAs;
  if (identity.by === 'rename') return undefined;
  try {
    return (await describeDatabase(kind, source))?.endpoint ?? undefined;
  } catch (error) {
    throw new Error(`cannot tell where ${source.identifier} answers: ${describeFailure(error)}`, {
      cause: error,
    });
  }
}

function unreachable(evidence: string): QueryAnswer {
  return { reachable: false, evidence, at: new Date().toISOString() };
}
