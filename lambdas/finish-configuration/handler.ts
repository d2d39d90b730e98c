import { atMost } from '../aws/at-most.ts';
import type { AppliedChunk } from '../configuration/contract.ts';
import { advanceRecovery } from '../configuration/recovery.ts';
import { RestoreFailed } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { findRecord, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { storyOf, type BucketEnd } from './decide.ts';

/** Under this name a restore of buckets is on the incident's record: its chunks are too many for one object. */
const step = 'apply-objects';

const reads = atMost(40);

/**
 * Tell what became of the restore, and keep it on the record; at the end make room for the next one.
 *
 * @throws RestoreFailed when something that was to be restored is not, other than by somebody's later write. What was
 *   restored stays: a second run goes on with the rest.
 */
export async function handler({
  incident,
  plan,
  phase,
  planned = [],
  verified = [],
}: Input): Promise<Output> {
  const { ledgerBucket, ledgerRegion } = settings<Settings>();
  const ledger = openLedger(ledgerBucket, ledgerRegion);
  await requireLock(ledger, incident);
  if (phase === 'done') {
    await advanceRecovery(ledger, plan, 'done');
    return { summary: `the restore ${plan.id} is over; ${kept(plan)}`, conflicts: 0 };
  }
  const stories = await Promise.all(
    planned.map(async ({ bucket, totals, chunks }) => {
      const differs = verified.find((each) => each.bucket === bucket)?.totals;
      if (!differs)
        throw new RestoreFailed(
          `${bucket} was not verified. Start incident again: it goes on with ${plan.id}.`,
        );
      const end: BucketEnd = {
        bucket,
        planned: totals,
        chunks: await Promise.all(
          chunks.map((chunk) => reads(() => applied(ledger, plan.id, bucket, chunk))),
        ),
        differs,
      };
      return {
        ...storyOf(end),
        before: { plan: `restores/${plan.id}/${bucket}/plan/`, totals },
        after: differs,
      };
    }),
  );
  const record = await findRecord(ledger, incident.id);
  for (const { status, summary, before, after } of stories) {
    const known = record?.steps.some((each) => each.step === step && each.summary === summary);
    if (!known) await recordStep(ledger, incident, { step, status, summary, before, after });
  }
  const lacking = stories.flatMap((story) => story.lacking);
  if (lacking.length > 0) {
    throw new RestoreFailed(
      `not everything is restored: ${lacking.join('; ')}. What was restored stays; ${kept(plan)}. ` +
        `Mend what stands in the way and start incident again: it goes on with the rest.`,
    );
  }
  await advanceRecovery(ledger, plan, 'applied');
  const summary = stories.map((story) => story.summary).join('; ') || 'no bucket was to be restored';
  return {
    summary: `${summary}; ${kept(plan)}`,
    conflicts: stories.reduce((sum, { conflicts }) => sum + conflicts, 0),
  };
}

function kept({ id, snapshot }: Input['plan']): string {
  return `what stood there before is kept: snapshot ${snapshot}, and the versions that restores/${id}/ on the ledger lists`;
}

/** What is not there was not applied, and counts as lost. */
async function applied(ledger: Ledger, id: string, bucket: string, chunk: number): Promise<AppliedChunk> {
  const key = `restores/${id}/${bucket}/applied/${String(chunk).padStart(6, '0')}.json`;
  return (await ledger.read<AppliedChunk>(key))?.value ?? nothing;
}

const nothing: AppliedChunk = {
  restored: { objects: 0, bytes: 0 },
  removed: 0,
  alreadyThere: 0,
  conflicts: [],
  failures: [],
};
