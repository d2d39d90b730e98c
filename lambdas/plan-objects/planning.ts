import { atMost } from '../aws/at-most.ts';
import { describeFailure, passesByItself } from '../aws/api-failure.ts';
import { objectClient } from '../aws/s3-client.ts';
import type { ProblemObject, RestorePlan } from '../configuration/contract.ts';
import type { RestorePlaces } from '../configuration/place.ts';
import type { PlanFiles } from '../configuration/plan-files.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import type { Ledger } from '../incident/ledger.ts';
import { refusal, replicaUnreadable, requireVersions } from './bucket-check.ts';
import type { Output } from './contract.ts';
import { newCursor, numbersOf, type Cursor } from './cursor.ts';
import { findingOf, type Sides } from './look.ts';
import { PlanProgress } from './progress.ts';
import { shardsOf } from './shards.ts';
import { walk } from './walk.ts';

/** Ranges that are listed side by side. */
const walkers = 16;
/** Ranges that a bucket is cut into: more than walkers, because some are longer than others. */
const ranges = 64;
/** Calls under way that look at single objects. */
const looks = 64;
const secondsBetweenSaves = 5;

interface Planning {
  readonly ledger: Ledger;
  readonly files: PlanFiles;
  readonly plan: RestorePlan;
  readonly bucket: string;
  readonly places: RestorePlaces;
  /** When this slice is over; milliseconds. */
  readonly until: number;
  readonly requireLock: () => Promise<void>;
}

/**
 * List the versions of a bucket and write down what a restore to the recovery point would do, for a slice of time.
 *
 * @throws UnsafePlan when nothing of the bucket was there at the recovery point, so that a restore would empty it
 */
export async function planBucket(planning: Planning): Promise<Output> {
  const { ledger, files, plan, bucket, places } = planning;
  const progress = await PlanProgress.open(ledger, files, async () => {
    await requireVersions(places);
    return newCursor(plan.recoveryPoint, await cut(places));
  });
  const known = progress.cursor;
  if (known.recoveryPoint !== plan.recoveryPoint) {
    throw new UnsafePlan(
      `the plan ${plan.id} of ${bucket} was made for ${known.recoveryPoint}, and ${plan.recoveryPoint} is asked for. ` +
        'Nothing was changed. Start a new restore for another recovery point.',
    );
  }
  if (!known.done) {
    await list(planning, progress);
    if (progress.cursor.shards.every(({ done }) => done)) await progress.close();
    else await progress.save(true);
  }
  refuseEmptying(planning, progress.cursor);
  return told(planning, progress.cursor);
}

async function cut({ own, replica, prefixes }: RestorePlaces) {
  const here = { s3: objectClient(own.region), bucket: own.bucket };
  const limit = Math.max(1, Math.floor(ranges / Math.max(1, prefixes.length)));
  try {
    const shards = await Promise.all(prefixes.map((prefix) => shardsOf([here], prefix, limit)));
    if (!replica || shards.some((each) => each.length > 1)) return shards.flat();
    // What is small here may be large there: a bucket that was made anew is empty.
    const there = { s3: objectClient(replica.region), bucket: replica.bucket };
    return (
      await Promise.all(
        prefixes.map((prefix) =>
          shardsOf([there], prefix, limit).catch(() => [{ prefix, after: '', until: null }]),
        ),
      )
    ).flat();
  } catch (error) {
    throw refusal(own.bucket, error);
  }
}

async function list({ plan, places, until, requireLock }: Planning, progress: PlanProgress): Promise<void> {
  const { own, replica } = places;
  const unread = await replicaUnreadable(places);
  if (unread !== null) progress.replicaUnread(unread);
  const sides: Sides = {
    own: { s3: objectClient(own.region), place: own },
    replica: replica && unread === null ? { s3: objectClient(replica.region), place: replica } : null,
    turn: atMost(looks),
  };
  const point = Date.parse(plan.recoveryPoint);
  const waiting = progress.cursor.shards.flatMap((shard, number) => (shard.done ? [] : [{ shard, number }]));
  const failures: unknown[] = [];
  let saved = Date.now();
  const over = () => failures.length > 0 || Date.now() >= until;
  const keepPlace = async () => {
    if (Date.now() - saved < secondsBetweenSaves * 1_000) return;
    saved = Date.now();
    await requireLock();
    await progress.save();
  };
  const listRange = async ({ shard, number }: (typeof waiting)[number]) => {
    const here = { s3: sides.own.s3, bucket: own.bucket };
    const there = sides.replica && { s3: sides.replica.s3, bucket: sides.replica.place.bucket };
    for await (const { batch, versions, oldest, over: done } of walk(here, there, shard, shard.at, point)) {
      const findings = await Promise.all(batch.map((joined) => findingOf(joined, sides)));
      await progress.add({
        shard: number,
        findings,
        at: batch.at(-1)?.own.key,
        versions,
        oldest,
        over: done,
      });
      await keepPlace();
      if (over()) return;
    }
  };
  const walker = async () => {
    // At least one page, however short the slice: whoever asks again and again comes to an end.
    for (let next = waiting.shift(); next; next = over() ? undefined : waiting.shift()) await listRange(next);
  };
  await Promise.all(
    Array.from({ length: Math.min(walkers, waiting.length) }, () =>
      walker().catch((error: unknown) => void failures.push(error)),
    ),
  );
  if (failures.length === 0) return;
  const [first] = failures;
  if (passesByItself(first)) {
    await progress.save(true);
    throw new TryAgain(`could not go on listing ${own.bucket}: ${describeFailure(first)}`, { cause: first });
  }
  throw refusal(own.bucket, first);
}

function refuseEmptying({ bucket, plan }: Planning, { done, totals, oldest }: Cursor): void {
  const { bringBack, overwrite, remove, unchanged } = totals;
  if (!done || remove.objects === 0) return;
  if (bringBack.objects + overwrite.objects + unchanged.objects > 0) return;
  throw new UnsafePlan(
    `at ${plan.recoveryPoint} there was nothing in ${bucket}: its oldest version that is kept is of ${oldest ?? 'no time'}. ` +
      `A restore to that point would remove all ${remove.objects} objects. Nothing was changed. ` +
      'Give a recovery point after that version, or, when versions were removed since, restore from a backup.',
  );
}

function told({ bucket, places }: Planning, cursor: Cursor): Output {
  const { totals, versions, done, replicaUnread, firstProblems } = cursor;
  return {
    bucket,
    done,
    totals,
    chunks: done ? numbersOf(cursor.chunks) : [],
    problems: firstProblems.map(short),
    conflicts: 0,
    summary:
      `${bucket}: ${sentence(cursor)}${done ? '' : `, after ${versions} versions; more are to be listed`}` +
      (replicaUnread === null
        ? ''
        : `; the replica ${places.replica?.bucket ?? ''} could not be read (${replicaUnread}), so what ${bucket} has lost was not looked for there`),
  };
}

function sentence({ totals: { bringBack, overwrite, remove, unchanged, problems } }: Cursor): string {
  return [
    `${bringBack.objects} objects to bring back (${bringBack.bytes} bytes)`,
    `${overwrite.objects} to overwrite (${overwrite.bytes} bytes)`,
    `${remove.objects} to remove`,
    `${unchanged.objects} unchanged`,
    ...(problems > 0 ? [`${problems} that cannot be restored`] : []),
  ].join(', ');
}

/** An answer travels through state machines, which take 256 KB. */
function short({ key, problem }: ProblemObject): ProblemObject {
  return { key, problem: problem.slice(0, 500) };
}
