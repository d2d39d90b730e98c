import { atMost } from '../aws/at-most.ts';
import { describeFailure, passesByItself } from '../aws/api-failure.ts';
import { objectClient } from '../aws/s3-client.ts';
import { isAbsent, objectProblem } from '../aws/s3-failure.ts';
import { headObject, type ObjectHead } from '../aws/s3-object.ts';
import type {
  PlannedObject,
  PlanTotals,
  ProblemObject,
  RestorePlan,
  WrittenObject,
} from '../configuration/contract.ts';
import type { RestorePlaces } from '../configuration/place.ts';
import { chunkFile, writtenFile, type PlanFiles } from '../configuration/plan-files.ts';
import { judged, type Judgement } from '../configuration/standing.ts';
import { InvalidInput, TryAgain } from '../incident/errors.ts';
import type { Ledger } from '../incident/ledger.ts';
import type { Output } from './contract.ts';
import { counted, cursorFile, emptyTotals, numbersOf, type Cursor, type Finding } from './cursor.ts';

const looks = 64;
const shownProblems = 20;

interface Verifying {
  readonly ledger: Ledger;
  readonly files: PlanFiles;
  readonly plan: RestorePlan;
  readonly bucket: string;
  readonly places: RestorePlaces;
  readonly until: number;
  readonly requireLock: () => Promise<void>;
  readonly incident: string;
}

/** `verified/<incident>.json`: how many chunks were looked at. Each incident looks anew; its own retry goes on. */
interface Place {
  readonly chunks: number;
  readonly totals: PlanTotals;
  readonly conflicts: number;
  readonly problems: readonly ProblemObject[];
}

/**
 * Look at every object of the plan, and count what is not as it was wanted. By the version that applying wrote, and
 * its content by ETag or checksum against the plan. What was unchanged when the plan was made is not looked at again.
 *
 * @throws InvalidInput when the plan is not complete
 */
export async function verifyBucket(verifying: Verifying): Promise<Output> {
  const { ledger, files, bucket, places, until, requireLock, incident } = verifying;
  const cursor = (await ledger.read<Cursor>(`${files.folder}/${cursorFile}`))?.value;
  if (cursor?.done !== true)
    throw new InvalidInput(`${files.folder} is not planned to its end; nothing was changed`);
  const chunks = numbersOf(cursor.chunks);
  const key = `${files.folder}/verified/${incident}.json`;
  const stored = await ledger.read<Place>(key);
  let etag = stored?.etag;
  let place: Place = stored?.value ?? {
    chunks: 0,
    totals: { ...emptyTotals(), unchanged: cursor.totals.unchanged, problems: cursor.totals.problems },
    conflicts: 0,
    problems: [],
  };
  const turn = atMost(looks);
  while (place.chunks < chunks.length) {
    const number = chunks[place.chunks] ?? 0;
    place = added(place, await lookAtChunk(verifying, number, turn));
    const last = place.chunks === chunks.length;
    if (!last && Date.now() < until) continue;
    await requireLock();
    const kept =
      etag === undefined ? await ledger.create(key, place) : await ledger.replace(key, place, etag);
    etag = (await ledger.read<Place>(key))?.etag;
    if (!kept) throw new TryAgain(`another run verifies ${files.folder} now; this one stops`);
    if (!last) break;
  }
  const done = place.chunks === chunks.length;
  return {
    bucket,
    done,
    totals: place.totals,
    chunks: done ? chunks : [],
    problems: place.problems,
    conflicts: place.conflicts,
    summary: summaryOf(places.own.bucket, place, done ? null : `${place.chunks} of ${chunks.length} chunks`),
  };
}

interface Looked {
  readonly finding: Finding;
  readonly problem?: ProblemObject;
  readonly conflict: boolean;
}

async function lookAtChunk(
  { files, places }: Verifying,
  number: number,
  turn: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<readonly Looked[]> {
  const planned = await files.read<PlannedObject>(chunkFile(number));
  if (!planned)
    throw new InvalidInput(`${files.folder}/${chunkFile(number)} is not there; nothing was changed`);
  const written = new Map(
    ((await files.read<WrittenObject>(writtenFile(number))) ?? []).map((each) => [each.key, each]),
  );
  const { region, bucket } = places.own;
  const s3 = objectClient(region);
  return Promise.all(
    planned.map((object) =>
      turn(async () => {
        let standing: ObjectHead | null = null;
        try {
          standing = await headObject(s3, { bucket, key: object.key });
        } catch (error) {
          if (passesByItself(error)) {
            throw new TryAgain(`could not look at ${bucket}/${object.key}: ${describeFailure(error)}`, {
              cause: error,
            });
          }
          if (!isAbsent(error)) return looked(object, 'differs', objectProblem(error, places.own));
        }
        return looked(object, judged(object, standing, written.get(object.key)));
      }),
    ),
  );
}

function looked(planned: PlannedObject, judgement: Judgement, problem?: string): Looked {
  const { key, wanted } = planned;
  if (judgement === 'as-wanted') {
    const finding: Finding = wanted ? { kind: 'unchanged', bytes: wanted.size } : { kind: 'absent' };
    return { finding, conflict: false };
  }
  if (judgement === 'conflict') {
    const said = 'somebody else wrote or deleted it after the plan was made; it is left as it is';
    return { finding: { kind: 'absent' }, problem: { key, problem: said }, conflict: true };
  }
  const said = problem ?? 'it is not as it was at the recovery point';
  return { finding: { kind: 'planned', planned }, problem: { key, problem: said }, conflict: false };
}

function added(place: Place, looks: readonly Looked[]): Place {
  const problems = looks.flatMap(({ problem }) => (problem ? [problem] : []));
  return {
    chunks: place.chunks + 1,
    totals: counted(
      place.totals,
      looks.map(({ finding }) => finding),
    ),
    conflicts: place.conflicts + looks.filter(({ conflict }) => conflict).length,
    problems: [...place.problems, ...problems].slice(0, shownProblems),
  };
}

function summaryOf(bucket: string, { totals, conflicts }: Place, unfinished: string | null): string {
  const { bringBack, overwrite, remove, unchanged } = totals;
  const differing = bringBack.objects + overwrite.objects + remove.objects;
  const found =
    differing === 0 ? 'nothing differs from the plan' : `${differing} objects differ from the plan`;
  return [
    `${bucket}: ${found}, ${unchanged.objects} are as they were`,
    ...(conflicts > 0 ? [`${conflicts} were written by somebody else since`] : []),
    ...(unfinished === null ? [] : [`after ${unfinished}`]),
  ].join(', ');
}
