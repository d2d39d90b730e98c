import { describeDatabase } from '../aws/rds.ts';
import { keepPreImageOf, toldOf, withEarlierTryOf } from '../database/earlier-try.ts';
import { isCopy } from '../database/recovery-tag.ts';
import { sourceSettings } from '../database/source-settings.ts';
import type { StepResult } from '../incident/contract.ts';
import { InvalidInput, UnsafePlan } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { recordStep } from '../incident/record.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';
import { settings } from '../runtime/settings.ts';
import type { Difference, Input, Output, Settings } from './contract.ts';
import { isDue, mend, rebootOnce, type Mended } from './mend.ts';
import { subjectsOf } from './subjects.ts';

const step = 'align-settings';

/**
 * Make the copy like its source, setting by setting, and tell every difference that remains and why.
 *
 * Run again while `waiting`, until RDS has done what it was asked for. Only a copy that is not ours is refused:
 * settings that cannot be had are told, and keep nobody from the data.
 */
export async function handler({ incident, plan }: Input): Promise<Output> {
  const { ledgerBucket, databases } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);
  const database = databases.find(({ name }) => name === plan.database);
  if (!database) throw new InvalidInput(`the environment has no database ${plan.database}`);

  const { region, identifier } = plan.target;
  const copy = await describeDatabase(database.kind, plan.target);
  if (!copy && incident.mode === 'plan') {
    const planned = outcome(plan, 'planned', `would set up ${identifier} like its source`);
    await recordStep(ledger, incident, planned);
    return { ...planned, fixed: [], remaining: [], waiting: false };
  }
  if (!copy || !isCopy(copy, identifier)) {
    throw new UnsafePlan(`${identifier} in ${region} is ${copy ? 'no copy of this recovery' : 'not there'}`);
  }
  const source = await sourceSettings(ledger, database, plan.source, region);
  if (!source) {
    const why = 'neither RDS nor the ledger knows how its source was set up: look at every setting yourself';
    const remaining = [{ setting: 'all settings', source: null, target: null, why }];
    const unknown = outcome(plan, 'already-there', `${identifier} is left as it is: ${why}`);
    await recordStep(ledger, incident, unknown);
    return { ...unknown, fixed: [], remaining, waiting: false };
  }

  const subjects = await subjectsOf(region, source, copy);
  const busy = subjects.filter(({ status, unsettled }) => status !== 'available' || unsettled);
  if (busy.length > 0 && incident.mode === 'live') {
    const waits = busy.map(
      (each) => `${each.identifier} is ${each.unsettled ? 'being changed' : each.status}`,
    );
    return { ...outcome(plan, 'already-there', `waits: ${waits.join(', ')}`), ...nothing, waiting: true };
  }
  const told = await toldOf(ledger, incident, step, plan.database);
  const asked = told.flatMap(({ status, after }) => (status === 'changed' ? [after as Asked] : []));
  const before = asked.flatMap(({ fixed }) => fixed);
  const lately = asked.some(({ at }) => Date.now() - Date.parse(at) < seenWithin);
  if (lately && incident.mode === 'live') {
    return { ...outcome(plan, 'already-there', 'waits: RDS was asked just now'), ...nothing, waiting: true };
  }
  if (incident.mode === 'plan') {
    const count = subjects.reduce((sum, { found, tags }) => sum + found.length + tags.length, 0);
    const planned = outcome(plan, 'planned', `would look at ${count} differences of ${identifier}`);
    await recordStep(ledger, incident, planned);
    return { ...planned, ...nothing, waiting: false };
  }
  const tried = new Set(before.map(({ setting }) => setting));
  if (subjects.some((subject) => isDue(subject, tried))) {
    await keepPreImageOf(ledger, incident, step, plan.database, { database: plan.database, copy: copy.raw });
  }
  const mended = together(await one(subjects.map((subject) => () => mend(subject, tried))));
  const done =
    mended.fixed.length > 0 ? mended : together([mended, await rebootOnce(region, subjects, tried)]);
  if (done.fixed.length > 0) {
    const summary = `asked for ${list(done.fixed)} of ${identifier}`;
    const changed = outcome(plan, 'changed', summary, { at: new Date().toISOString(), ...done });
    await recordStep(ledger, incident, changed);
    return { ...changed, ...done, waiting: true };
  }
  const found = outcome(plan, 'already-there', summaryOf(identifier, source.told, done), {
    ...done,
    fixed: before,
  });
  const result = before.length > 0 ? found : await withEarlierTryOf(ledger, incident, plan.database, found);
  await recordStep(ledger, incident, result);
  return { ...result, fixed: before, remaining: done.remaining, waiting: false };
}

/** What RDS was asked for, and when; as it stands on the record. */
interface Asked extends Mended {
  readonly at: string;
}

/** Until then a request need not show in what RDS answers, milliseconds. */
const seenWithin = 60_000;

const nothing = { fixed: [], remaining: [] } as const;

/** One after the other: RDS changes the cluster before its instances. */
async function one<T>(works: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
  const results: T[] = [];
  for (const work of works) results.push(await work());
  return results;
}

function together(parts: readonly Mended[]): Mended {
  return {
    fixed: parts.flatMap(({ fixed }) => fixed),
    remaining: parts.flatMap(({ remaining }) => remaining),
  };
}

function outcome(
  { database }: RestorePlan,
  status: StepResult['status'],
  what: string,
  after: Mended | Asked | null = null,
): StepResult {
  return { step, status, summary: `${database}: ${what}`, before: { database }, after };
}

function summaryOf(identifier: string, told: string, { remaining }: Mended): string {
  if (remaining.length === 0) return `${identifier} is set up like its source ${told}`;
  const each = remaining.map(({ setting, why }) => `${setting} (${why})`);
  return `${identifier} is set up like its source ${told}, but for ${each.join('; ')}`;
}

function list(fixed: readonly Difference[]): string {
  return fixed.map(({ setting }) => setting.split(' ').slice(1).join(' ')).join(', ');
}
