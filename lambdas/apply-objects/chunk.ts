import type { AppliedChunk, PlannedObject, WrittenObject } from '../configuration/contract.ts';

/** What is left of a chunk, and what became of it. Pure. */

/**
 * Objects that are still to be done. What another incident could not do is tried again; its own retry would fail the
 * same way, and a conflict stays one.
 */
export function left(
  planned: readonly PlannedObject[],
  written: readonly WrittenObject[],
  tryFailuresAgain: boolean,
): readonly PlannedObject[] {
  const settled = new Set(
    written.flatMap(({ key, outcome }) => (outcome === 'failure' && tryFailuresAgain ? [] : [key])),
  );
  return planned.filter(({ key }) => !settled.has(key));
}

export function summed(incident: string, written: readonly WrittenObject[]): AppliedChunk {
  const restored = written.filter(({ outcome }) => outcome === 'restored');
  const keys = (wanted: WrittenObject['outcome']) =>
    written.flatMap(({ key, outcome }) => (outcome === wanted ? [key] : []));
  return {
    incident,
    restored: { objects: restored.length, bytes: restored.reduce((sum, { bytes = 0 }) => sum + bytes, 0) },
    removed: keys('removed').length,
    alreadyThere: keys('already-there').length,
    conflicts: keys('conflict'),
    failures: written.flatMap(({ key, outcome, problem = 'no reason is known' }) =>
      outcome === 'failure' ? [{ key, problem }] : [],
    ),
  };
}

export function sentence(
  bucket: string,
  chunk: number,
  { restored, removed, alreadyThere, conflicts, failures }: AppliedChunk,
): string {
  return [
    `${bucket}, chunk ${chunk}: ${restored.objects} objects restored (${restored.bytes} bytes), ${removed} removed`,
    ...(alreadyThere > 0 ? [`${alreadyThere} were so already`] : []),
    ...(conflicts.length > 0
      ? [`${conflicts.length} written by somebody else since, and left as they are`]
      : []),
    ...(failures.length > 0
      ? [`${failures.length} could not be restored: ${failures[0]?.problem ?? ''}`]
      : []),
  ].join(', ');
}
