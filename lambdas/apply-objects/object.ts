import { passesByItself } from '../aws/api-failure.ts';
import { objectClient } from '../aws/s3-client.ts';
import { copyVersion, singleCopyBytes, type Condition, type Copied, type CopyOrder } from '../aws/s3-copy.ts';
import { deleteCurrent } from '../aws/s3-delete.ts';
import { isAbsent, isOutrun, objectProblem } from '../aws/s3-failure.ts';
import { copyInParts, type UploadMemory } from '../aws/s3-multipart.ts';
import { headObject, tagsOf, type ObjectHead } from '../aws/s3-object.ts';
import type { BucketPlace, PlannedObject, WantedVersion, WrittenObject } from '../configuration/contract.ts';
import type { RestorePlaces } from '../configuration/place.ts';
import { isContentOf } from '../configuration/standing.ts';

export interface Applying {
  readonly places: RestorePlaces;
  /** Calls wait their turn here, those of parts among them. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly memoryOf: (key: string) => UploadMemory;
  /** Whether the slice is over, or the lock lost. */
  readonly stopped: () => boolean;
  /** Bytes up to which a copy is one call. */
  readonly singleCopy?: number;
}

/** Tries of one object while it still is as the plan has it and S3 says that another write is under way. */
const tries = 4;

/**
 * Bring one object to what the plan wants, if it still is as the plan found it; null when it was stopped before.
 *
 * A condition that does not hold is looked into: what is wanted may be there already, by an earlier try whose answer
 * was lost. Otherwise somebody wrote since, and that stays. A refusal is the failure of this object only.
 *
 * @throws what passes by itself
 */
export async function applyObject(planned: PlannedObject, applying: Applying): Promise<WrittenObject | null> {
  try {
    return planned.wanted === null
      ? await remove(planned, applying)
      : await restore(planned, planned.wanted, applying);
  } catch (error) {
    if (passesByItself(error)) throw error;
    return failed(planned.key, objectProblem(error, applying.places.own));
  }
}

async function remove(planned: PlannedObject, { places, turn }: Applying): Promise<WrittenObject> {
  const { key, current } = planned;
  const { bucket, region } = places.own;
  const s3 = objectClient(region);
  for (let attempt = 1; ; attempt++) {
    try {
      const marker = await turn(() => deleteCurrent(s3, bucket, key, current?.etag ?? ''));
      return { key, outcome: 'removed', ...(marker === undefined ? {} : { versionId: marker }) };
    } catch (error) {
      if (!isOutrun(error) && !isAbsent(error)) throw error;
      const standing = await turn(() => standingAt(places.own, key));
      if (standing === null) return { key, outcome: 'already-there' };
      if (standing.versionId !== current?.versionId || attempt === tries) return { key, outcome: 'conflict' };
    }
  }
}

async function restore(
  planned: PlannedObject,
  wanted: WantedVersion,
  applying: Applying,
): Promise<WrittenObject | null> {
  const { key, current } = planned;
  const { places, turn } = applying;
  const standing = current && !current.marker ? current : null;
  // The condition looks at the ETag only, which is alike when metadata alone differ: one's own copy would pass too.
  if (standing?.etag === wanted.etag) {
    const now = await turn(() => standingAt(places.own, key));
    const settled =
      now?.versionId === standing.versionId ? null : await judge(planned, wanted, now, applying);
    if (settled !== null) return settled;
  }
  const condition: Condition = standing ? { IfMatch: standing.etag } : { IfNoneMatch: '*' };
  let from: WantedVersion = wanted;
  for (let attempt = 1; ; attempt++) {
    const source = from.from === 'own' ? places.own : places.replica;
    if (!source)
      return failed(key, 'its version is in a replica that the environment does not name any more');
    const order: CopyOrder = {
      s3: objectClient(places.own.region),
      target: places.own,
      source,
      key,
      wanted: from,
      condition,
    };
    try {
      const copied = await copy(order, applying);
      return copied && checked(key, wanted, copied);
    } catch (error) {
      if (!isOutrun(error) && !isAbsent(error)) throw error;
      const now = await turn(() => standingAt(places.own, key));
      const settled = await judge(planned, wanted, now, applying);
      if (settled !== null) return settled;
      // It still is as the plan has it: the source is what was not found, or another write was under way.
      const sourceGone = isAbsent(error) && (await turn(() => isGone(source, key, from.versionId)));
      if (sourceGone && (from.from === 'replica' || !places.replica)) throw error;
      if (sourceGone) from = { ...from, from: 'replica' };
      else if (attempt >= tries) return { key, outcome: 'conflict' };
    }
  }
}

function copy(order: CopyOrder, applying: Applying): Promise<Copied | null> {
  const { turn, stopped, memoryOf, singleCopy = singleCopyBytes } = applying;
  if (order.wanted.size <= singleCopy) return turn(() => copyVersion(order));
  return copyInParts({ ...order, turn, stopped, memory: memoryOf(order.key) });
}

function checked(key: string, wanted: WantedVersion, copied: Copied): WrittenObject {
  const { versionId, etag } = copied;
  if (isContentOf(copied, wanted) === false) {
    const problem =
      `S3 copied it, and the copy is not what the plan wants: ETag ${etag}, checksum ${copied.checksum ?? 'none'}; ` +
      `wanted are ${wanted.etag} and ${wanted.checksum ?? 'none'}. What stood there before is kept as an older version`;
    return { ...failed(key, problem), ...(versionId === undefined ? {} : { versionId }), etag };
  }
  return {
    key,
    outcome: 'restored',
    bytes: wanted.size,
    etag,
    ...(versionId === undefined ? {} : { versionId }),
  };
}

/** What the object is by now, or null when it still is as the plan found it. */
async function judge(
  { key, current }: PlannedObject,
  wanted: WantedVersion,
  standing: ObjectHead | null,
  { places, turn }: Applying,
): Promise<WrittenObject | null> {
  if (standing === null) return current === null || current.marker ? null : { key, outcome: 'conflict' };
  if (standing.versionId === current?.versionId) return null;
  const { versionId, etag } = standing;
  const there =
    isContentOf(standing, wanted) === true && (await isDescribedAs(wanted, standing, key, places, turn));
  return there ? { key, outcome: 'already-there', versionId, etag } : { key, outcome: 'conflict' };
}

/** Headers, metadata and tags; when the version that is wanted has gone since, its content alone must do. */
async function isDescribedAs(
  wanted: WantedVersion,
  standing: ObjectHead,
  key: string,
  places: RestorePlaces,
  turn: Applying['turn'],
): Promise<boolean> {
  const source = wanted.from === 'own' ? places.own : places.replica;
  if (!source) return true;
  const there = objectClient(source.region);
  const which = { bucket: source.bucket, key, versionId: wanted.versionId };
  let head: ObjectHead;
  try {
    head = await turn(() => headObject(there, which));
  } catch (error) {
    if (isAbsent(error)) return true;
    throw error;
  }
  if (head.described !== standing.described || head.tags !== standing.tags) return false;
  if (head.tags === 0) return true;
  const { bucket, region } = places.own;
  const [then, now] = await Promise.all([
    turn(() => tagsOf(there, which)),
    turn(() => tagsOf(objectClient(region), { bucket, key, versionId: standing.versionId })),
  ]);
  return JSON.stringify(then) === JSON.stringify(now);
}

async function standingAt({ bucket, region }: BucketPlace, key: string): Promise<ObjectHead | null> {
  try {
    return await headObject(objectClient(region), { bucket, key });
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

async function isGone({ bucket, region }: BucketPlace, key: string, versionId: string): Promise<boolean> {
  try {
    await headObject(objectClient(region), { bucket, key, versionId });
    return false;
  } catch (error) {
    if (isAbsent(error)) return true;
    throw error;
  }
}

function failed(key: string, problem: string): WrittenObject {
  return { key, outcome: 'failure', problem };
}
