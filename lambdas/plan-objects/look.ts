import type { S3Client } from '@aws-sdk/client-s3';
import { passesByItself } from '../aws/api-failure.ts';
import { isAbsent, objectProblem } from '../aws/s3-failure.ts';
import { headObject, isKms, isOpaque, sameContent, tagsOf, type ObjectHead } from '../aws/s3-object.ts';
import { comesBefore } from '../aws/s3-versions.ts';
import type { BucketPlace, PlannedObject, WantedVersion } from '../configuration/contract.ts';
import { lookOf, replicaKnowsMore, type KeyHistory, type Restorable } from '../configuration/versions.ts';
import type { Finding } from './cursor.ts';
import type { Joined } from './walk.ts';

export interface Looked {
  readonly s3: S3Client;
  readonly place: BucketPlace;
}

export interface Sides {
  readonly own: Looked;
  readonly replica: Looked | null;
  /** Calls that look at single objects wait their turn here. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * What becomes of a key, exactly: what the listing leaves open is looked up, for those keys only.
 *
 * @throws what passes by itself
 */
export async function findingOf({ own, replica }: Joined, sides: Sides): Promise<Finding> {
  let here = own;
  if (own.rival !== null) here = await settled(own, sides.own, sides);
  if (replicaKnowsMore(here, replica) && (await wasReplicated(replica, sides)))
    here = { ...here, then: null };
  const look = lookOf(here, replica);
  if (look.kind === 'restore') return restoring(look.planned, sides);
  return look.kind === 'remove' ? { kind: 'planned', planned: look.planned } : look;
}

/** A version and a marker of the same second: the order in which S3 lists them says which is newer. */
async function settled(history: KeyHistory, { s3, place }: Looked, { turn }: Sides): Promise<KeyHistory> {
  const { key, then, rival } = history;
  if (!then || !rival) return history;
  const newer = await turn(() => comesBefore(s3, place.bucket, key, rival.versionId, then.versionId));
  return newer ? { ...history, then: rival } : history;
}

/** Only what came by replication was ever in the bucket itself; what was written to the replica directly was not. */
async function wasReplicated(replica: KeyHistory | null, { replica: side, turn }: Sides): Promise<boolean> {
  const versionId = replica?.then?.versionId;
  if (!side || !replica || versionId === undefined) return false;
  const head = await turn(() => attempt(side, replica.key, versionId));
  return typeof head !== 'string' && head?.replicationStatus === 'REPLICA';
}

async function restoring(planned: Restorable, sides: Sides): Promise<Finding> {
  const { key } = planned;
  const found = await wantedHead(planned, sides);
  if (typeof found === 'string') return { kind: 'problem', problem: { key, problem: found } };
  const { head, from } = found;
  if (head.archived && !head.retrieved) {
    const problem =
      `its version is archived (${head.storageClass}, InvalidObjectState): restore it in ` +
      `${(from === 'own' ? sides.own : (sides.replica ?? sides.own)).place.bucket} first (RestoreObject), then start again`;
    return { kind: 'problem', problem: { key, problem } };
  }
  if (planned.current && !planned.current.marker && (await isAlike(planned, found, sides))) {
    return { kind: 'unchanged', bytes: planned.current.size };
  }
  const { encryption, kmsKey, bucketKey, checksum, redirect } = head;
  const wanted: WantedVersion = {
    ...planned.wanted,
    from,
    ...(isKms(encryption) && encryption !== undefined ? { encryption } : {}),
    ...(isKms(encryption) && kmsKey !== undefined ? { kmsKey } : {}),
    ...(isKms(encryption) && bucketKey !== undefined ? { bucketKey } : {}),
    ...(checksum === undefined ? {} : { checksum }),
    ...(redirect === undefined ? {} : { redirect }),
  };
  return { kind: 'planned', planned: { ...planned, wanted } };
}

interface Found {
  readonly head: ObjectHead;
  readonly from: 'own' | 'replica';
}

/** Of the bucket itself, or of the replica when the version has gone since it was listed; else why it cannot be had. */
async function wantedHead(
  { key, wanted: { versionId, from } }: Restorable,
  sides: Sides,
): Promise<Found | string> {
  const { own, replica, turn } = sides;
  const side = from === 'own' ? own : replica;
  const head = side ? await turn(() => attempt(side, key, versionId)) : null;
  if (head !== null) return typeof head === 'string' ? head : { head, from };
  const other = from === 'own' && replica ? await turn(() => attempt(replica, key, versionId)) : null;
  if (other !== null && typeof other !== 'string') return { head: other, from: 'replica' };
  const replicated = replica ? `, and ${replica.place.bucket} has not got it either` : '';
  return `its version ${versionId} is gone: a lifecycle rule or somebody removed it${replicated}`;
}

/** Null when it is not there; a sentence when it is not to be had. */
async function attempt(
  { s3, place }: Looked,
  key: string,
  versionId: string,
): Promise<ObjectHead | string | null> {
  try {
    return await headObject(s3, { bucket: place.bucket, key, versionId });
  } catch (error) {
    if (passesByItself(error)) throw error;
    return isAbsent(error) ? null : objectProblem(error, place);
  }
}

/**
 * Whether what stands there is what is wanted, though it is another version: content, metadata, tags and key. Only
 * looked at where the listing allows it: of the same size, and of the same ETag unless that does not tell.
 *
 * The storage class does not count, as long as it can be read: lifecycle rules change it by themselves.
 */
async function isAlike(
  { key, wanted, current }: PlannedObject,
  { head, from }: Found,
  sides: Sides,
): Promise<boolean> {
  if (wanted === null || current === null) return false;
  if (wanted.size !== current.size) return false;
  if (wanted.etag !== current.etag && !isOpaque(head)) return false;
  const { own, replica, turn } = sides;
  const standing = await turn(() => attempt(own, key, current.versionId));
  if (standing === null || typeof standing === 'string') return false;
  if (sameContent(head, standing, false) !== true || head.described !== standing.described) return false;
  if (standing.archived && !standing.retrieved) return false;
  const keyed = from === 'own' && isKms(head.encryption);
  if (keyed && (head.encryption !== standing.encryption || head.kmsKey !== standing.kmsKey)) return false;
  if (head.tags !== standing.tags) return false;
  if (head.tags === 0) return true;
  const source = from === 'own' ? own : (replica ?? own);
  const [then, now] = await Promise.all([
    turn(() => tagsOf(source.s3, { bucket: source.place.bucket, key, versionId: wanted.versionId })),
    turn(() => tagsOf(own.s3, { bucket: own.place.bucket, key, versionId: current.versionId })),
  ]);
  return JSON.stringify(then) === JSON.stringify(now);
}
