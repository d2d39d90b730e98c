import type { DatabaseSettings, Lease, LeaseTerms } from '../database/contract.ts';
import { readLease, revokeLease, safeAfter } from '../database/lease.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';
import { withEarlierTry } from '../incident/earlier-try.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { keepPreImage, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { safeAtOf, summarise, type Fenced } from './decide.ts';
import { otherFences } from './extra.ts';

const step = 'fence-primary';

/**
 * Keep the old primary from writing, before anything else may.
 *
 * Its leases are taken away on the ledger, which needs nothing of its region; when that fails, this fails, and
 * nothing is promoted. Whatever else could be done is done in its region, which may not answer: each fence is
 * tried once, briefly, and its outcome is recorded whatever it is.
 */
export async function handler({ incident }: Input): Promise<Output> {
  const all = settings<Settings>();
  const ledger = openLedger(all.ledgerBucket);
  await requireLock(ledger, incident);
  const leased = all.databases.flatMap(({ name, lease }) => (lease ? [{ name, terms: lease }] : []));
  const before = await Promise.all(leased.map(({ name }) => readLease(ledger, name)));
  const seen = Object.fromEntries(leased.map(({ name }, n) => [name, before[n]?.lease ?? null]));

  const primarys = leased.filter(({ name }) => isPrimarys(seen[name] ?? null));

  if (incident.mode === 'plan') {
    const would = leased.map(({ name }): Fenced => {
      const lease = seen[name] ?? null;
      return { database: name, before: lease, after: lease, changed: isPrimarys(lease), safeAt: 0 };
    });
    return finish(ledger, incident, all.databases, would, []);
  }

  if (primarys.length > 0) await keepPreImage(ledger, incident, step, seen);
  const fenced = await Promise.all(leased.map(({ name, terms }) => fence(ledger, name, terms)));
  return finish(ledger, incident, all.databases, fenced, await otherFences(incident, all));
}

/** The primary's, or nobody's yet, so that the primary may make it its own. */
function isPrimarys(lease: Lease | null): boolean {
  return lease?.holder !== 'nobody' && lease?.holder !== 'standby';
}

async function fence(ledger: Ledger, database: string, terms: LeaseTerms): Promise<Fenced> {
  const revocation = await revokeLease(ledger, database, terms, new Date().toISOString());
  const { before, after, changed } = revocation;
  // The standby's own lease is not waited out: it is the one that should write.
  const safeAt = after.holder === 'standby' ? 0 : safeAfter(revocation, terms, Date.now());
  return { database, before: before?.lease ?? null, after, changed, safeAt };
}

async function finish(
  ledger: Ledger,
  incident: IncidentRef,
  databases: readonly DatabaseSettings[],
  fenced: readonly Fenced[],
  extra: Output['extra'],
): Promise<Output> {
  const changed = fenced.some((one) => one.changed);
  const status = !changed ? 'already-there' : incident.mode === 'plan' ? 'planned' : 'changed';
  const safeAt = safeAtOf(fenced, Date.now());
  const found: StepResult = {
    step,
    status,
    summary: summarise(status, databases, fenced, safeAt, extra),
    before: Object.fromEntries(fenced.map(({ database, before }) => [database, before])),
    after: { leases: Object.fromEntries(fenced.map(({ database, after }) => [database, after])), extra },
  };
  const result = await withEarlierTry(ledger, incident, found);
  await recordStep(ledger, incident, result);
  return { ...result, safeAt, extra };
}
