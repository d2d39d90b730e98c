import { exported, leftOut, sameObject, type ReadObject } from '../configuration/cluster-objects.ts';
import type {
  ClusterExport,
  ClusterTotals,
  ExportedObject,
  ProblemObject,
} from '../configuration/contract.ts';

export type Kind = 'ConfigMap' | 'Secret';

/** An object of the cluster as it is now. */
export interface Present extends ReadObject {
  readonly metadata: ReadObject['metadata'] & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
  };
}

export interface Namespace {
  readonly ConfigMap: readonly Present[];
  readonly Secret: readonly Present[];
}

/** What is to be done with one object. `recreate`: what differs is immutable. */
export interface Change {
  readonly kind: Kind;
  readonly name: string;
  readonly action: 'bring-back' | 'overwrite' | 'recreate' | 'remove';
  /** The version that was seen; null when there was none. Nothing but this one is written over. */
  readonly seen: Seen | null;
}

export interface Seen {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Of whoever put them there: they stay. */
  readonly finalizers?: readonly string[];
}

export interface Comparison {
  readonly changes: readonly Change[];
  readonly unchanged: number;
  readonly problems: readonly ProblemObject[];
}

/** `restores/<id>/cluster.json` on the ledger. Names and versions, never contents. */
export interface ClusterPlan extends Comparison {
  readonly at: string;
  readonly exportKey: string;
}

const kinds = ['ConfigMap', 'Secret'] as const;

/** `ConfigMap erlmcp`: how an object is called wherever it is told of. */
export function called({ kind, name }: Pick<Change, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

export function wantedOf(wanted: ClusterExport, kind: Kind): readonly ExportedObject[] {
  return kind === 'ConfigMap' ? wanted.configMaps : wanted.secrets;
}

/** What would have to be done for the cluster to hold what the export holds. */
export function compare(wanted: ClusterExport, now: Namespace, exclude: readonly string[]): Comparison {
  const left = new Set(wanted.leftOut);
  const found = kinds.map((kind) =>
    compareKind(
      kind,
      wantedOf(wanted, kind),
      now[kind].filter(({ metadata: { name } }) => !left.has(called({ kind, name }))),
      exclude,
    ),
  );
  return {
    changes: found.flatMap(({ changes }) => changes),
    unchanged: found.reduce((all, { unchanged }) => all + unchanged, 0),
    problems: found.flatMap(({ problems }) => problems),
  };
}

function compareKind(
  kind: Kind,
  wanted: readonly ExportedObject[],
  now: readonly Present[],
  exclude: readonly string[],
): Comparison {
  const present = new Map(now.map((object) => [object.metadata.name, object]));
  const changes: Change[] = [];
  const problems: ProblemObject[] = [];
  let unchanged = 0;
  for (const object of wanted) {
    const { name } = object.metadata;
    if (exclude.includes(name)) continue;
    const current = present.get(name);
    const obstacle = current && obstacleOf(current, exclude);
    if (!current) changes.push({ kind, name, action: 'bring-back', seen: null });
    else if (obstacle === null && sameObject(object, exported(current))) unchanged += 1;
    else if (typeof obstacle === 'string') problems.push({ key: called({ kind, name }), problem: obstacle });
    else {
      const action = isRefusedInPlace(object, current) ? 'recreate' : 'overwrite';
      changes.push({ kind, name, action, seen: versionOf(current) });
    }
  }
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  for (const object of now) {
    const { name } = object.metadata;
    if (names.has(name) || obstacleOf(object, exclude) !== null) continue;
    changes.push({ kind, name, action: 'remove', seen: versionOf(object) });
  }
  return { changes, unchanged, problems };
}

/** Why an object of this name cannot be written or deleted. */
function obstacleOf(object: Present, exclude: readonly string[]): string | null {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp !== undefined) {
    return `it is being deleted, and waits for its finalizers (${finalizers.join(', ')})`;
  }
  const reason = leftOut(object, exclude);
  return reason === null ? null : `it is not restored: ${reason}`;
}

/** Kubernetes refuses to change what is immutable, and the type of a Secret: it is deleted and created. */
function isRefusedInPlace({ content }: ExportedObject, current: Present): boolean {
  if (content['type'] !== current['type']) return true;
  if (current['immutable'] !== true) return false;
  const { content: standing } = exported(current);
  return !sameObject({ metadata: { name: '' }, content }, { metadata: { name: '' }, content: standing });
}

function versionOf({ metadata: { uid, resourceVersion, finalizers = [] } }: Present): Seen {
  return { uid, resourceVersion, ...(finalizers.length === 0 ? {} : { finalizers }) };
}

/**
 * Leave out what is not in the snapshot as it is now: somebody wrote it since, and it would be lost. What somebody has
 * deleted since is in the snapshot.
 */
export function within(
  snapshot: ClusterExport,
  { changes, ...comparison }: Comparison,
  now: Namespace,
): Comparison {
  const kept = new Map(
    kinds.flatMap((kind) =>
      wantedOf(snapshot, kind).map((object) => [called({ kind, name: object.metadata.name }), object]),
    ),
  );
  const present = new Map(
    kinds.flatMap((kind) =>
      now[kind].map((object) => [called({ kind, name: object.metadata.name }), object]),
    ),
  );
  return {
    ...comparison,
    changes: changes.filter((change) => {
      const current = present.get(called(change));
      const copy = kept.get(called(change));
      return !current || (copy !== undefined && sameObject(copy, exported(current)));
    }),
  };
}

/** What of a plan is still to be done, and what somebody has written since it was made. */
export function remaining(
  plan: Pick<ClusterPlan, 'changes'>,
  now: Comparison,
): { readonly standing: readonly Change[]; readonly conflicts: readonly string[] } {
  const planned = new Map(plan.changes.map((change) => [called(change), change]));
  const standing: Change[] = [];
  const conflicts: string[] = [];
  for (const change of now.changes) {
    const before = planned.get(called(change));
    // Between the two halves of a recreation it is gone, and by no other hand.
    const halfDone = before?.action === 'recreate' && change.seen === null;
    const same =
      before?.seen?.uid === change.seen?.uid &&
      before?.seen?.resourceVersion === change.seen?.resourceVersion;
    if (before && (same || halfDone)) standing.push({ ...before, seen: change.seen });
    else conflicts.push(called(change));
  }
  return { standing, conflicts };
}

export function totalsOf({ changes, unchanged, problems }: Comparison): ClusterTotals {
  const names = (...actions: readonly Change['action'][]) =>
    changes.filter(({ action }) => actions.includes(action)).map(called);
  return {
    bringBack: names('bring-back'),
    overwrite: names('overwrite', 'recreate'),
    remove: names('remove'),
    unchanged,
    problems,
  };
}

/** What of the plan is as it was wanted. */
export function doneOf(plan: ClusterPlan, now: Comparison): readonly Change[] {
  const open = new Set([...now.changes.map(called), ...now.problems.map(({ key }) => key)]);
  return plan.changes.filter((change) => !open.has(called(change)));
}
