import { isOpaque, sameContent, type ObjectHead } from '../aws/s3-object.ts';
import type { PlannedObject, WantedVersion, WrittenObject } from './contract.ts';

/** What stands at a key, judged by the plan. Pure. */
export type Judgement = 'as-wanted' | 'differs' | 'conflict';

/**
 * Judge what stands there after the plan was applied: as wanted, still as it was when the plan was made, or written
 * by somebody else since, which is no fault of the restore.
 *
 * @param standing null: nothing, or a delete marker
 */
export function judged(
  { wanted, current }: PlannedObject,
  standing: ObjectHead | null,
  written: WrittenObject | undefined,
): Judgement {
  const wrote = written?.versionId !== undefined && standing?.versionId === written.versionId;
  if (standing === null) {
    if (wanted === null) return 'as-wanted';
    const stoodSomething = current !== null && !current.marker;
    return stoodSomething || written?.outcome === 'restored' || written?.outcome === 'already-there'
      ? 'conflict'
      : 'differs';
  }
  if (wanted === null) return standing.versionId === current?.versionId ? 'differs' : 'conflict';
  const same = isContentOf(standing, wanted);
  if (wrote) return same === false ? 'differs' : 'as-wanted';
  if (standing.versionId === current?.versionId) return 'differs';
  return same === true ? 'as-wanted' : 'conflict';
}

/** Undefined where neither ETag nor checksum can tell: under a KMS key, of an object that was written without checksum. */
export function isContentOf(
  standing: Pick<ObjectHead, 'etag' | 'checksum' | 'encryption'> & { readonly size?: number },
  wanted: WantedVersion,
): boolean | undefined {
  return sameContent(standing, wanted, !isOpaque(standing) && !isOpaque(wanted));
}
