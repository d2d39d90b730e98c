import type { Counted, PlannedObject, PlanTotals, ProblemObject } from '../configuration/contract.ts';
import type { Shard } from './shards.ts';

/** A range of keys, and the last key of it that is planned, or the one before its first. */
export interface PlacedShard extends Shard {
  readonly at: string;
  readonly done: boolean;
}

/**
 * `restores/<id>/<bucket>/cursor.json`: how far the listing has come, and which chunks count.
 *
 * It alone decides: a chunk that it does not name is not part of the plan, whoever wrote it. Each run takes numbers
 * that no other run takes, writes its chunks, and then says so here on condition that nobody else has; so a run that
 * dies between the two leaves a file that nobody reads, and goes over the same keys again.
 */
export interface Cursor {
  readonly recoveryPoint: string;
  /** Of the run that wrote it last: two runs that know the same would write the same. */
  readonly run: string;
  readonly shards: readonly PlacedShard[];
  readonly totals: PlanTotals;
  /** Versions of the bucket itself that were listed. */
  readonly versions: number;
  /** Runs of numbers, the last included: `[[0, 12], [5000, 5003]]`. */
  readonly chunks: readonly (readonly [number, number])[];
  readonly problemParts: readonly number[];
  /** The first number that no run has taken. */
  readonly free: number;
  /** Planned, and not yet in a chunk. */
  readonly pending: readonly PlannedObject[];
  readonly pendingProblems: readonly ProblemObject[];
  readonly firstProblems: readonly ProblemObject[];
  /** When the oldest version was written; null: none was seen. */
  readonly oldest: string | null;
  /** Why the replica could not be read, in the last run that could not. */
  readonly replicaUnread: string | null;
  readonly done: boolean;
}

export const cursorFile = 'cursor.json';
const shownProblems = 20;

export function emptyTotals(): PlanTotals {
  const none = { objects: 0, bytes: 0 };
  return { bringBack: none, overwrite: none, remove: none, unchanged: none, problems: 0 };
}

export function newCursor(recoveryPoint: string, shards: readonly Shard[]): Cursor {
  return {
    recoveryPoint,
    run: '',
    shards: shards.map((shard) => ({ ...shard, at: shard.after, done: false })),
    totals: emptyTotals(),
    versions: 0,
    chunks: [],
    problemParts: [],
    free: 0,
    pending: [],
    pendingProblems: [],
    firstProblems: [],
    oldest: null,
    replicaUnread: null,
    done: false,
  };
}

/** What came out for one key. */
export type Finding =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unchanged'; readonly bytes: number }
  | { readonly kind: 'planned'; readonly planned: PlannedObject }
  | { readonly kind: 'problem'; readonly problem: ProblemObject };

/** A batch of keys of one range, in order. */
export interface Batch {
  readonly shard: number;
  readonly findings: readonly Finding[];
  /** The last key; undefined: the batch is empty. */
  readonly at: string | undefined;
  readonly versions: number;
  /** Of the versions so far; Infinity when there was none. */
  readonly oldest: number;
  /** Nothing is left of the range. */
  readonly over: boolean;
}

export function advanced(cursor: Cursor, { shard, findings, at, versions, oldest, over }: Batch): Cursor {
  const problems = findings.flatMap((each) => (each.kind === 'problem' ? [each.problem] : []));
  const known = cursor.oldest === null ? Infinity : Date.parse(cursor.oldest);
  return {
    ...cursor,
    shards: cursor.shards.map((each, index) =>
      index === shard ? { ...each, at: at ?? each.at, done: each.done || over } : each,
    ),
    totals: counted(cursor.totals, findings),
    versions: cursor.versions + versions,
    pending: [
      ...cursor.pending,
      ...findings.flatMap((each) => (each.kind === 'planned' ? [each.planned] : [])),
    ],
    pendingProblems: [...cursor.pendingProblems, ...problems],
    firstProblems: [...cursor.firstProblems, ...problems].slice(0, shownProblems),
    oldest: oldest < known ? new Date(oldest).toISOString() : cursor.oldest,
  };
}

/** Also of what differs still, when a restore is verified. */
export function counted(totals: PlanTotals, findings: readonly Finding[]): PlanTotals {
  const sums = {
    bringBack: { ...totals.bringBack },
    overwrite: { ...totals.overwrite },
    remove: { ...totals.remove },
    unchanged: { ...totals.unchanged },
  };
  const add = (sum: { -readonly [Part in keyof Counted]: Counted[Part] }, bytes: number) => {
    sum.objects += 1;
    sum.bytes += bytes;
  };
  let { problems } = totals;
  for (const finding of findings) {
    if (finding.kind === 'unchanged') add(sums.unchanged, finding.bytes);
    if (finding.kind === 'problem') problems += 1;
    if (finding.kind !== 'planned') continue;
    const { action, wanted, current } = finding.planned;
    if (action === 'remove') add(sums.remove, current?.size ?? 0);
    else add(action === 'overwrite' ? sums.overwrite : sums.bringBack, wanted?.size ?? 0);
  }
  return { ...sums, problems };
}

/** `[[0, 12], [5000, 5003]]` with 5004: the last run is longer by one. */
export function withNumber(runs: Cursor['chunks'], number: number): Cursor['chunks'] {
  const last = runs.at(-1);
  if (last?.[1] !== number - 1) return [...runs, [number, number]];
  return [...runs.slice(0, -1), [last[0], number]];
}

export function numbersOf(runs: Cursor['chunks']): readonly number[] {
  return runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
}
