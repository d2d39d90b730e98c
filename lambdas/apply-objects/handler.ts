import { createHash } from 'node:crypto';
import { atMost } from '../aws/at-most.ts';
import { describeFailure, passesByItself } from '../aws/api-failure.ts';
import type { UploadMemory } from '../aws/s3-multipart.ts';
import type { AppliedChunk, PlannedObject, WrittenObject } from '../configuration/contract.ts';
import { placesOf } from '../configuration/place.ts';
import {
  appliedFile,
  chunkFile,
  planFiles,
  writtenFile,
  type PlanFiles,
} from '../configuration/plan-files.ts';
import type { StepStatus } from '../incident/contract.ts';
import { InvalidInput, TryAgain } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { settings } from '../runtime/settings.ts';
import { left, sentence, summed } from './chunk.ts';
import type { Input, Output, Settings } from './contract.ts';
import { applyObject, type Applying } from './object.ts';

const step = 'apply-objects';
/** Between two looks at the lock, which keep the place as well. */
const secondsBetweenLooks = 10;

/**
 * Bring one chunk of the plan about, for a slice of time.
 *
 * Whoever dies here leaves at worst a place that is ten seconds old: what was written since is found there and taken
 * for done. The plan is the pre-image: nothing is removed for good, and it names the versions that stood there before.
 *
 * @throws LockLost when another incident has taken over; TryAgain for what passes by itself, the place is kept
 */
export async function handler({ incident, plan, bucket, chunk }: Input): Promise<Output> {
  const { ledgerBucket, ledgerRegion, buckets, concurrency, sliceSeconds } = settings<Settings>();
  const until = Date.now() + sliceSeconds * 1_000;
  const ledger = openLedger(ledgerBucket, ledgerRegion);
  await requireLock(ledger, incident);
  const files = planFiles({ ledgerBucket, ledgerRegion }, plan.id, bucket);
  const places = placesOf(buckets, bucket, plan);
  const planned = await files.read<PlannedObject>(chunkFile(chunk));
  if (!planned)
    throw new InvalidInput(`chunk: got ${chunk}, and ${files.folder} has no such chunk; nothing was changed`);

  const appliedKey = `${files.folder}/${appliedFile(chunk)}`;
  const before = await ledger.read<AppliedChunk>(appliedKey);
  const written = [...((await files.read<WrittenObject>(writtenFile(chunk))) ?? [])];
  const again = before !== null && before.value.incident !== incident.id;
  if (before && (!again || before.value.failures.length === 0)) {
    return answer('already-there', bucket, chunk, before.value, true);
  }
  if (incident.mode === 'plan') {
    return answer(
      'planned',
      bucket,
      chunk,
      summed(incident.id, []),
      true,
      `would apply ${planned.length} objects`,
    );
  }
  const todo = left(planned, written, again);
  const known = again ? written.filter(({ outcome }) => outcome !== 'failure') : written;

  let stop = false;
  const applying: Applying = {
    places,
    turn: atMost(concurrency),
    stopped: () => stop || Date.now() >= until,
    memoryOf: (key) => uploadMemory(ledger, files, key),
  };
  const failures: unknown[] = [];
  let looked = Date.now();
  const lookNowAndThen = async () => {
    if (Date.now() - looked < secondsBetweenLooks * 1_000) return;
    looked = Date.now();
    await requireLock(ledger, incident);
    await files.write(writtenFile(chunk), known);
  };
  const waiting = [...todo];
  const work = async () => {
    for (let next = waiting.shift(); next && !applying.stopped(); next = waiting.shift()) {
      const done = await applyObject(next, applying);
      if (done) known.push(done);
      await lookNowAndThen();
    }
  };
  await Promise.all(
    Array.from({ length: Math.min(concurrency, todo.length) }, () =>
      work().catch((error: unknown) => {
        stop = true;
        failures.push(error);
      }),
    ),
  );
  await files.write(writtenFile(chunk), known);
  if (failures.length > 0) throw translated(bucket, chunk, failures[0]);
  const done = known.length === planned.length;
  const applied = summed(incident.id, known);
  if (done) await keep(ledger, appliedKey, applied, before?.etag);
  return answer(
    applied.restored.objects + applied.removed > 0 ? 'changed' : 'already-there',
    bucket,
    chunk,
    applied,
    done,
  );
}

/** What was applied is told once: a rival that ended first has told the same of the same objects. */
async function keep(
  ledger: Ledger,
  key: string,
  applied: AppliedChunk,
  etag: string | undefined,
): Promise<void> {
  if (etag === undefined) await ledger.create(key, applied);
  else await ledger.replace(key, applied, etag);
}

function translated(bucket: string, chunk: number, error: unknown): unknown {
  if (!passesByItself(error)) return error;
  const said = `could not go on with chunk ${chunk} of ${bucket}: ${describeFailure(error)}`;
  return new TryAgain(said, { cause: error });
}

/** The name is a hash: a key may have 1,024 bytes itself. */
function uploadMemory(ledger: Ledger, { folder }: PlanFiles, object: string): UploadMemory {
  const key = `${folder}/uploads/${createHash('sha256').update(object).digest('hex')}.json`;
  return {
    recall: async () => (await ledger.read<{ readonly uploadId: string }>(key))?.value.uploadId ?? null,
    async remember(uploadId) {
      const known = await ledger.read<unknown>(key);
      const value = { key: object, uploadId };
      const kept = known ? await ledger.replace(key, value, known.etag) : await ledger.create(key, value);
      if (!kept) throw new TryAgain(`another run copies ${object} now; this one stops`);
    },
  };
}

function answer(
  status: StepStatus,
  bucket: string,
  chunk: number,
  applied: AppliedChunk,
  done: boolean,
  summary = sentence(bucket, chunk, applied),
): Output {
  const { conflicts, failures } = applied;
  return {
    step,
    status,
    summary: done ? summary : `${summary}; not all of it is done`,
    before: null,
    after: null,
    done,
    conflicts: conflicts.length,
    failures: failures.length,
  };
}
