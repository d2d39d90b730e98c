import type { AppliedChunk, PlanTotals } from '../configuration/contract.ts';

/** What became of one bucket. */
export interface BucketEnd {
  readonly bucket: string;
  readonly planned: PlanTotals;
  readonly chunks: readonly AppliedChunk[];
  /** What verifying found to differ still. */
  readonly differs: PlanTotals;
}

export interface BucketStory {
  readonly status: 'changed' | 'already-there' | 'refused';
  readonly summary: string;
  readonly conflicts: number;
  /** What was to be restored and is not; empty when all is, or somebody else has written it since. */
  readonly lacking: readonly string[];
}

/** Of many keys, so many are named in a sentence; the ledger has all of them. */
const named = 5;

/** Tell what was done to a bucket, and what was not. */
export function storyOf({ bucket, planned, chunks, differs }: BucketEnd): BucketStory {
  const restored = chunks.reduce((sum, chunk) => sum + chunk.restored.objects, 0);
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.restored.bytes, 0);
  const removed = chunks.reduce((sum, chunk) => sum + chunk.removed, 0);
  const there = chunks.reduce((sum, chunk) => sum + chunk.alreadyThere, 0);
  const conflicts = chunks.flatMap((chunk) => chunk.conflicts);
  const failures = chunks.flatMap((chunk) => chunk.failures);
  const done = restored + removed;
  const wanted = planned.bringBack.objects + planned.overwrite.objects + planned.remove.objects;
  const lost = wanted - done - there - conflicts.length - failures.length;
  const different = differs.bringBack.objects + differs.overwrite.objects + differs.remove.objects;
  const lacking = [
    ...failures.slice(0, named).map(({ key, problem }) => `${bucket}/${key}: ${problem}`),
    ...(failures.length > named ? [`${failures.length - named} more objects of ${bucket}`] : []),
    ...(lost > 0 ? [`${lost} objects of ${bucket} were planned and are not told of`] : []),
    ...(different > 0 ? [`${different} objects of ${bucket} still differ from the plan`] : []),
  ];
  const parts = [
    `${restored} objects (${bytes} bytes) restored`,
    `${removed} removed`,
    ...(there > 0 ? [`${there} were so already`] : []),
    `${planned.unchanged.objects} unchanged`,
    ...(conflicts.length > 0
      ? [
          `${conflicts.length} written by somebody else meanwhile and left alone ` +
            `(${conflicts.slice(0, named).join(', ')}${conflicts.length > named ? ', …' : ''})`,
        ]
      : []),
    ...(failures.length > 0 ? [`${failures.length} could not be restored`] : []),
  ];
  return {
    status: lacking.length > 0 ? 'refused' : done > 0 ? 'changed' : 'already-there',
    summary: `${bucket}: ${parts.join(', ')}`,
    conflicts: conflicts.length,
    lacking,
  };
}
