import { describeDatabase, type DescribedDatabase } from '../aws/rds.ts';
import { advanceRecovery, readRecovery } from '../database/recovery.ts';
import { isCopy } from '../database/recovery-tag.ts';
import { describedMembers } from '../database/source-settings.ts';
import { InvalidInput, RestoreFailed, UnsafePlan } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { judgeCopy, type Member } from './decide.ts';

/**
 * Look where a restore stands; when the copy is there, its recovery says so and where it answers.
 *
 * @throws RestoreFailed when it never will be there, or has outlasted its budget
 */
export async function handler({ incident, plan }: Input): Promise<Output> {
  const { ledgerBucket, databases } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);
  const database = databases.find(({ name }) => name === plan.database);
  if (!database) throw new InvalidInput(`the environment has no database ${plan.database}`);

  const [copy, recovery] = await Promise.all([
    describeDatabase(database.kind, plan.target),
    readRecovery(ledger, plan.database),
  ]);
  if (!copy && incident.mode === 'plan') {
    const summary = `plan: would wait until ${plan.target.identifier} is available`;
    return { ready: true, status: 'planned', endpoint: null, elapsedSeconds: 0, summary };
  }
  if (copy && !isCopy(copy, plan.target.identifier)) {
    throw new UnsafePlan(`${plan.target.identifier} in ${plan.target.region} is no copy of this recovery`);
  }
  const elapsedSeconds =
    Math.max(0, Math.round((Date.now() - Date.parse(recovery?.startedAt ?? '')) / 1_000)) || 0;
  const members = copy?.members ? await membersOf(plan.target.region, copy) : null;
  const { state, summary } = judgeCopy({
    plan,
    status: copy?.status ?? null,
    reasons: copy ? reasonsOf(copy) : [],
    elapsedSeconds,
    members,
  });
  if (state === 'failed') throw new RestoreFailed(`${plan.database}: ${summary}`);
  const endpoint = state === 'ready' ? (copy?.endpoint ?? null) : null;
  if (endpoint && incident.mode === 'live') {
    await advanceRecovery(ledger, incident, plan.database, 'restored', { endpoint });
  }
  return {
    ready: endpoint !== null,
    status: copy?.status ?? 'not listed',
    endpoint,
    elapsedSeconds,
    summary: `${plan.database}: ${summary}${state === 'ready' && !endpoint ? ', but has no address yet' : ''}`,
  };
}

async function membersOf(region: string, copy: DescribedDatabase): Promise<readonly Member[]> {
  const writers = new Set(copy.members?.filter(({ writer }) => writer).map(({ identifier }) => identifier));
  return (await describedMembers(region, copy)).map(
    ({ DBInstanceIdentifier: identifier = '', DBInstanceStatus: status = 'unknown' }) => ({
      identifier,
      status,
      writer: writers.has(identifier),
    }),
  );
}

/** RDS says little of why, and only here. */
function reasonsOf({ raw }: DescribedDatabase): readonly string[] {
  const infos = raw['StatusInfos'];
  if (!Array.isArray(infos)) return [];
  return infos.flatMap(({ Normal, Message }: { readonly Normal?: boolean; readonly Message?: string }) =>
    Normal === false && Message !== undefined && Message !== '' ? [Message] : [],
  );
}
